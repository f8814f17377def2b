/** All models' parts -> the one report, its verdict and exit code. */
import type { Selection } from "../changes/choose.ts";
import type { RunEvent } from "../changes/event.ts";
import type { Settings } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { exitCodeOfVerdict, exitCodes, overallExitCode, overallVerdict } from "../gate/exit-code.ts";
import { reasonOf } from "../gate/reasons.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import { type ModelReport, type Report, reportSchema } from "../report/schema.ts";
import { version } from "../version.ts";
import type { Checked } from "./check-all.ts";
import { describeEnvironment } from "./environment.ts";

export interface ReportFacts {
  readonly settings: Settings;
  readonly selection: Selection;
  readonly event: RunEvent | undefined;
  readonly checked: Checked;
  readonly startMs: number;
  /** Beside those of settings and trust. */
  readonly notices: readonly string[];
}

/** Models as they were checked, removed ones behind them. Throws InvalidReport where the report does not fit its schema. */
export function composeReport({ settings, selection, event, checked, startMs, notices: more }: ReportFacts, effects: Effects): Report {
  const removed = selection.removed.map(
    (model): ModelReport => ({
      ...emptyModelReport(model),
      status: "removed",
      verdict: "pass",
      reason: "removed",
      message: reasonOf("removed").sentence,
    }),
  );
  const { verdict, reason, exitCode } = overall(settings, selection, checked);
  const report: Report = {
    schemaVersion: 1,
    tool: { name: "trt-gate", version, commit: effects.env.GITHUB_ACTION_REF || "local" },
    environment: describeEnvironment(
      {
        event,
        headSha: selection.headSha,
        baseSha: selection.base?.sha,
        jobKey: settings.options.jobKey,
        seed: settings.options.seed,
        versions: checked.versions,
      },
      effects,
    ),
    complete: checked.complete,
    verdict,
    reason,
    exitCode,
    selection: {
      why: selection.why,
      unchanged: selection.unchanged.map(({ name }) => name),
      removed: selection.removed.map(({ name }) => name),
      uncertain: selection.uncertain,
    },
    models: [...checked.models, ...removed],
    notices: [...settings.notices, ...selection.trust.notices, ...more],
    seconds: Math.round((effects.clock.monotonicMs() - startMs) / 10) / 100,
  };
  const parsed = reportSchema.safeParse(report);
  if (!parsed.success) throw new InvalidReport(report, parsed.error.message);
  return parsed.data;
}

/** A bug of ours: the report does not fit its own schema. It carries what there is, so that nothing measured is lost. */
export class InvalidReport extends Error {
  override readonly name = "InvalidReport";
  readonly report: unknown;
  constructor(report: unknown, why: string) {
    super(`the report does not fit schema/report.schema.json: ${why}`);
    this.report = report;
  }
}

/** No model at all is undecided; models that exist and did not change are a pass. */
function overall(
  settings: Settings,
  { removed }: Selection,
  { models, codes, complete }: Checked,
): Pick<Report, "verdict" | "reason" | "exitCode"> {
  // Whatever was found until then, and whatever fail-on says: half a run decides nothing.
  if (!complete) return { verdict: "undecided", reason: "cancelled", exitCode: exitCodes.undecided };
  if (settings.models.length === 0 && models.length === 0)
    return { verdict: "undecided", reason: "no-models", exitCode: exitCodeOfVerdict("undecided", settings.options.failOn) };
  if (models.length === 0)
    return { verdict: "pass", reason: removed.length > 0 ? "removed" : "no-model-changed", exitCode: exitCodes.pass };
  const verdict = overallVerdict(models.map((model) => model.verdict));
  return {
    verdict,
    reason: models.find((model) => model.verdict === verdict)?.reason ?? "nothing-compared",
    exitCode: overallExitCode(codes),
  };
}
