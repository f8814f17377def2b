/**
 * The story of one run: settle, choose, check each model, report. Publishing is publish/; doors are index.ts and cli.ts.
 * Never reads a global and never exits.
 */
import { dirname, join, resolve } from "node:path";
import { chooseModels, type Selection, withProposed } from "./changes/choose.ts";
import { baselineFolder, codeFolder } from "./changes/commit-folder.ts";
import { type RunEvent, readEvent } from "./changes/event.ts";
import { readTrustedConfig, type TrustedConfig } from "./changes/trusted-config.ts";
import type { CheckContext } from "./check/context.ts";
import { emptyModelReport } from "./check/empty.ts";
import { describeEnvironment } from "./check/environment.ts";
import { checkModel } from "./check/model.ts";
import { readOptions } from "./config/options.ts";
import type { ModelEntry, SearchSettings, Settings } from "./config/settings.ts";
import { settle } from "./config/settle.ts";
import type { Effects } from "./effects/effects.ts";
import { ConfigError, FileError, ToolError, TrustError } from "./effects/failure.ts";
import { realWorkspace } from "./effects/workspace.ts";
import { type ExitCode, exitCodeOfFailure, exitCodeOfVerdict, overallExitCode, overallVerdict } from "./gate/exit-code.ts";
import { reasonOf } from "./gate/reasons.ts";
import { externalReferences } from "./onnx/external.ts";
import { readModel } from "./onnx/read.ts";
import { type ModelReport, modelReport, type Report, reportSchema } from "./report/schema.ts";
import { version } from "./version.ts";

export interface MainRequest {
  /** Action inputs, or flags of the same names: kebab-case name -> text, empty where not given. */
  readonly inputs: Readonly<Record<string, string>>;
  /** Single settings of the search that replace the configuration's (`trt-gate search`). */
  readonly search?: Partial<SearchSettings>;
}

export interface Outcome {
  readonly report: Report;
  readonly settings: Settings;
  readonly event: RunEvent | undefined;
  readonly config: TrustedConfig;
  /** Absolute; holds report.json and the fixes. */
  readonly reportFolder: string;
}

/** Rejects where the run cannot say anything of any model: wrong configuration, refusal for trust, a bug. */
export async function main({ inputs, search }: MainRequest, effects: Effects): Promise<Outcome> {
  const startMs = effects.clock.monotonicMs();
  const { event, config, settings, selection } = await selectModels({ inputs, ...(search ? { search } : {}) }, effects);
  const reportFolder = resolve(effects.cwd, settings.options.reportDir);
  const context = await makeContext({ settings, config, selection, reportFolder, startMs }, effects);
  const checked = await checkAll(selection, context);
  const report = composeReport({ settings, selection, event, checked, startMs }, effects);
  return { report, settings, event, config, reportFolder };
}

export interface Selected {
  readonly event: RunEvent | undefined;
  readonly config: TrustedConfig;
  readonly settings: Settings;
  readonly selection: Selection;
}

/** From inputs to the models that have to be checked; says in the log why. `plan` ends here. */
export async function selectModels({ inputs, search }: MainRequest, effects: Effects): Promise<Selected> {
  const event = await readEvent(effects);
  const { options } = readOptions(inputs, effects.env);
  const config = await readTrustedConfig(options, event, effects);
  const settled = settleAll(inputs, config, effects);
  const settings: Settings = { ...settled, search: { ...settled.search, ...search } };
  for (const notice of settings.notices) effects.log.notice(notice);

  const selection = await chooseModels({ settings, config, effects, externalData: (path) => externalDataOf(path, effects) });
  for (const notice of selection.trust.notices) effects.log.notice(notice);
  effects.log.info(`${selection.jobs.length} of ${settings.models.length} models to check (${selection.why}).`);
  return { event, config, settings, selection };
}

/** Paths relative to the workspace. */
async function externalDataOf(modelPath: string, { cwd, files }: Effects): Promise<readonly string[]> {
  const { references } = externalReferences((await readModel(join(cwd, modelPath), files)).proto);
  return [...new Set(references.map(({ location }) => join(dirname(modelPath), location)))];
}

function settleAll(inputs: MainRequest["inputs"], config: TrustedConfig, effects: Effects): Settings {
  const workspace = realWorkspace(effects.cwd);
  const today = effects.clock.now().toISOString().slice(0, 10);
  const trusted = settle({ inputs, env: effects.env, yaml: config.yaml, trust: config.trust, today, workspace });
  if (config.proposed === undefined) return trusted;
  try {
    return withProposed(
      trusted,
      settle({ inputs, env: effects.env, yaml: config.proposed, trust: "data-only", today, workspace }),
      config.baseText,
    );
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return {
      ...trusted,
      notices: [
        ...trusted.notices,
        ...error.problems.map((problem) => `The proposed configuration does not count yet, and it has a problem: ${problem}`),
      ],
    };
  }
}

interface ContextFacts {
  readonly settings: Settings;
  readonly config: TrustedConfig;
  readonly selection: Selection;
  readonly reportFolder: string;
  readonly startMs: number;
}

async function makeContext({ settings, config, selection, reportFolder, startMs }: ContextFacts, effects: Effects): Promise<CheckContext> {
  const { checkout } = config;
  const needsCode = selection.jobs.some(
    ({ model }) => model.task !== undefined || model.validation?.loader !== undefined || model.quantization?.loader !== undefined,
  );
  return {
    effects,
    settings,
    version,
    today: effects.clock.now().toISOString().slice(0, 10),
    deadlineMs: startMs + settings.options.timeoutMinutes * 60_000,
    codeFolder: needsCode
      ? await codeFolder(
          checkout,
          selection.jobs.map(({ model }) => model),
          effects,
        )
      : effects.cwd,
    trust: checkout.trust,
    isCheckout: checkout.head !== undefined,
    baseFolder: async (entry) =>
      checkout.base?.isLocal ? { folder: await baselineFolder(checkout, entry, effects), commit: checkout.base.sha } : undefined,
    earlier: await readEarlier(join(reportFolder, "report.json"), effects),
    versions: {},
    reportFolder,
  };
}

/** Models of the report that lies in the folder from an earlier run; empty where there is none or it cannot be read: it only helps to rank. */
async function readEarlier(path: string, { files }: Effects): Promise<ReadonlyMap<string, ModelReport>> {
  if ((await files.stat(path)) === undefined) return new Map();
  try {
    const json: unknown = JSON.parse(await files.readText(path));
    const models = typeof json === "object" && json !== null && "models" in json && Array.isArray(json.models) ? json.models : [];
    return new Map(models.flatMap((model) => modelReport.safeParse(model).data ?? []).map((model) => [model.name, model]));
  } catch {
    return new Map();
  }
}

interface Checked {
  readonly models: readonly ModelReport[];
  readonly codes: readonly ExitCode[];
  /** False where the run was cancelled before its end. */
  readonly complete: boolean;
  readonly versions: Readonly<Record<string, string>>;
}

/** One after the other: two models on one machine would measure each other's noise. A model's failure is its own. */
async function checkAll(selection: Selection, context: CheckContext): Promise<Checked> {
  const models: ModelReport[] = [];
  const codes: ExitCode[] = [];
  const { effects, settings } = context;
  for (const { model, why } of selection.jobs) {
    const report = await effects.log.group(`${model.name} (${why})`, () => checkOne(model, context));
    models.push(report.model);
    codes.push(report.failure ?? exitCodeOfVerdict(report.model.verdict, settings.options.failOn));
    effects.log.info(`${model.name}: ${report.model.verdict} (${report.model.reason}). ${report.model.message}`);
  }
  return { models, codes, complete: !effects.cancelled.aborted, versions: context.versions };
}

async function checkOne(model: ModelEntry, context: CheckContext): Promise<{ model: ModelReport; failure?: ExitCode }> {
  const { effects } = context;
  const stopped = effects.cancelled.aborted ? "cancelled" : effects.clock.monotonicMs() > context.deadlineMs ? "timeout" : undefined;
  if (stopped) return { model: undecidedReport(model, stopped, `${model.name} was not checked. ${reasonOf(stopped).next}`) };
  try {
    const report = await checkModel(model, context);
    // A tool that ended by the cancel says nothing about the model.
    if (!(effects.cancelled.aborted && report.verdict === "undecided")) return { model: report };
    return { model: { ...report, reason: "cancelled", message: cancelledWhile(model) } };
  } catch (error) {
    if (effects.cancelled.aborted) return { model: undecidedReport(model, "cancelled", cancelledWhile(model)) };
    if (error instanceof ToolError) return { model: undecidedReport(model, error.reason, error.message) };
    if (!(error instanceof ConfigError || error instanceof FileError || error instanceof TrustError)) throw error;
    const reason = error instanceof TrustError ? "untrusted-model" : "configuration";
    return { model: { ...undecidedReport(model, reason, error.message), status: "failed" }, failure: exitCodeOfFailure(error) };
  }
}

const cancelledWhile = ({ name }: ModelEntry): string =>
  `${name} was being checked when the run was cancelled. ${reasonOf("cancelled").next}`;

const undecidedReport = (model: ModelEntry, reason: string, message: string): ModelReport => ({
  ...emptyModelReport(model),
  verdict: "undecided",
  reason,
  message,
});

interface ReportFacts {
  readonly settings: Settings;
  readonly selection: Selection;
  readonly event: RunEvent | undefined;
  readonly checked: Checked;
  readonly startMs: number;
}

function composeReport({ settings, selection, event, checked, startMs }: ReportFacts, effects: Effects): Report {
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
    notices: [...settings.notices, ...selection.trust.notices],
    seconds: Math.round((effects.clock.monotonicMs() - startMs) / 10) / 100,
  };
  return reportSchema.parse(report);
}

/** No model at all is undecided; models that exist and did not change are a pass. */
function overall(
  settings: Settings,
  { jobs, removed }: Selection,
  { models, codes }: Checked,
): Pick<Report, "verdict" | "reason" | "exitCode"> {
  if (settings.models.length === 0)
    return { verdict: "undecided", reason: "no-models", exitCode: exitCodeOfVerdict("undecided", settings.options.failOn) };
  if (jobs.length === 0) return { verdict: "pass", reason: removed.length > 0 ? "removed" : "no-model-changed", exitCode: 0 };
  const verdict = overallVerdict(models.map((model) => model.verdict));
  return {
    verdict,
    reason: models.find((model) => model.verdict === verdict)?.reason ?? "nothing-compared",
    exitCode: overallExitCode(codes),
  };
}
