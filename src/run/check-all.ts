/** Checks the chosen models one after the other; what one of them fails with stays its own, and the others go on. */

import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError, TrustError } from "../effects/failure.ts";
import { type ExitCode, exitCodeOfFailure, exitCodeOfVerdict } from "../gate/exit-code.ts";
import { reasonOf } from "../gate/reasons.ts";
import type { CheckContext } from "../prepare/context.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import { type ModelReport, modelReport } from "../report/schema.ts";
import type { Selected } from "./select.ts";

export interface Checked {
  readonly models: readonly ModelReport[];
  readonly codes: readonly ExitCode[];
  /** False where the run was cancelled before its end. */
  readonly complete: boolean;
  readonly versions: Readonly<Record<string, string>>;
}

/** One after the other: two models on one machine would measure each other's noise. A model's failure is its own. */
export async function checkAll({ selection, foreign }: Pick<Selected, "selection" | "foreign">, context: CheckContext): Promise<Checked> {
  const models: ModelReport[] = [];
  const codes: ExitCode[] = [];
  const { effects, settings } = context;
  for (const { model, why } of selection.jobs) {
    const report = await effects.log.group(`${model.name} (${why})`, async () => {
      const checked = await checkOne(model, context);
      // Why is told once, with the figures.
      effects.log.info(`${model.name}: ${checked.model.verdict} (${checked.model.reason})`);
      return checked;
    });
    models.push(report.model);
    codes.push(report.failure ?? exitCodeOfVerdict(report.model.verdict, settings.options.failOn));
  }
  for (const model of foreign) {
    models.push(undecidedReport(model, "config-not-on-base", onlyInFork(model)));
    codes.push(exitCodeOfVerdict("undecided", settings.options.failOn));
  }
  return { models, codes, complete: !effects.cancelled.aborted, versions: context.versions };
}

async function checkOne(model: ModelEntry, context: CheckContext): Promise<{ model: ModelReport; failure?: ExitCode }> {
  const { effects } = context;
  const stopped = effects.cancelled.aborted ? "cancelled" : effects.clock.monotonicMs() > context.deadlineMs ? "timeout" : undefined;
  if (stopped) return { model: undecidedReport(model, stopped, `${model.name} was not checked. ${reasonOf(stopped).next}`) };
  try {
    // Engines and model files are loaded only now: most runs find that nothing changed.
    const { checkModel } = await import("../check/model.ts");
    const report = validModel(await checkModel(model, context));
    // A tool that ended by the cancel says nothing about the model.
    if (!(effects.cancelled.aborted && report.verdict === "undecided")) return { model: report };
    return { model: { ...report, reason: "cancelled", message: cancelledWhile(model) } };
  } catch (error) {
    if (effects.cancelled.aborted) return { model: cancelledModel(model) };
    if (error instanceof ToolError) return { model: { ...undecidedReport(model, error.reason, error.message), toolTail: [...error.tail] } };
    return { model: { ...failedReport(model, error, effects), status: "failed" }, failure: exitCodeOfFailure(error) };
  }
}

/** A bug of ours ends this model's check alone: the stack goes to the log, and the run's exit code is 5 once all others are judged and told. */
function failedReport(model: ModelEntry, error: unknown, { log, cwd }: Effects): ModelReport {
  if (error instanceof TrustError) return undecidedReport(model, "untrusted-model", error.message);
  // Files are named as the configuration names them, not by where this machine keeps the workspace.
  if (error instanceof ConfigError || error instanceof FileError)
    return undecidedReport(model, "configuration", error.message.replaceAll(`${cwd.replace(/\/$/, "")}/`, ""));
  const [what, stack] = error instanceof Error ? [error.message, error.stack ?? error.message] : [String(error), String(error)];
  log.error(`This is a bug in the gate; please report it with these lines.\n${stack}`);
  return undecidedReport(
    model,
    "internal",
    `The gate failed on ${model.name} with an error of its own: ${firstLine(what)}. ${reasonOf("internal").next}`,
  );
}

const firstLine = (text: string): string => (text.split("\n")[0] ?? "").slice(0, 300).replace(/\.$/, "");

/** Throws what fails: a part that does not fit the report's schema must not spoil the others' report. */
function validModel(report: ModelReport): ModelReport {
  const parsed = modelReport.safeParse(report);
  if (parsed.success) return report;
  throw new Error(`the model's report does not fit schema/report.schema.json: ${parsed.error.message.replaceAll("\n", " ")}`);
}

const onlyInFork = ({ name, place }: ModelEntry): string =>
  `${name} is named only by this fork's ${place.file} (line ${place.line}), which does not count. A maintainer adds it to the base branch first.`;

const cancelledModel = (model: ModelEntry): ModelReport => undecidedReport(model, "cancelled", cancelledWhile(model));

/** What stands for a model until its check ends: the run may be killed at any moment. */
export const unfinishedModel = (model: ModelEntry): ModelReport =>
  undecidedReport(model, "unfinished", `${model.name} was not judged: the run ended before. ${reasonOf("unfinished").next}`);

const cancelledWhile = ({ name }: ModelEntry): string =>
  `${name} was being checked when the run was cancelled. ${reasonOf("cancelled").next}`;

const undecidedReport = (model: ModelEntry, reason: string, message: string): ModelReport => ({
  ...emptyModelReport(model),
  verdict: "undecided",
  reason,
  message,
});
