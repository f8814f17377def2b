/**
 * Joins the reports of several runners to one. What should have reported and did not is undecided: a lost share never makes a pass.
 * Pure. Reads no file and publishes nothing.
 */
import { basename, dirname, normalize } from "node:path";
import { ConfigError } from "../effects/failure.ts";
import { asExitCode, type ExitCode, exitCodeOfVerdict, exitCodes, overallExitCode, overallVerdict } from "../gate/exit-code.ts";
import { reasonOf } from "../gate/reasons.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import type { ModelReport, Report } from "../report/schema.ts";

export interface Part {
  /** As given on the command line; its folder's name may be the share's. */
  readonly path: string;
  readonly report: Report;
}

export interface JoinRequest {
  readonly parts: readonly Part[];
  /** Names of models or shares; each must have reported. */
  readonly expected: readonly string[];
  /** Files that were given and hold no report, each with why. */
  readonly unreadable: readonly { readonly path: string; readonly why: string }[];
  readonly failOn: ReadonlySet<"regression" | "undecided">;
  /** The joined report's own place: tool, machine and run. */
  readonly tool: Report["tool"];
  readonly environment: Report["environment"];
}

/** Rejects reports of different commits with a ConfigError: their figures do not belong together. */
export function joinReports(request: JoinRequest): Report {
  const { parts, unreadable, expected, failOn } = request;
  refuseMixedCommits(parts);
  const { models, notices } = newestOfEach(parts);
  const missing = [
    ...expected.filter((name) => !hasReported(name, models, parts)).map((name) => missingModel(name, `${name} never reported.`)),
    ...unreadable.map(({ path, why }) => missingModel(path, `${path} holds no report: ${why}`)),
  ];
  const all = [...models, ...missing];
  const judged = all.filter(({ status }) => status !== "removed");
  const kinds = [
    ...judged.map(({ verdict }) => verdict),
    ...parts.filter(({ report }) => report.models.length === 0).map(({ report }) => report.verdict),
  ];
  const nothingPlanned = parts.length === 0 && missing.length === 0;
  const verdict = nothingPlanned || (kinds.length === 0 && parts.length > 0) ? "pass" : overallVerdict(kinds);
  const codes: ExitCode[] = [...judged.map((model) => exitCodeOfModel(model, failOn)), ...emptyPartCodes(parts)];
  return {
    schemaVersion: 1,
    tool: request.tool,
    environment: request.environment,
    complete: missing.length === 0 && parts.every(({ report }) => report.complete),
    verdict,
    reason: judged.find((model) => model.verdict === verdict)?.reason ?? (verdict === "pass" ? "no-model-changed" : "nothing-compared"),
    exitCode: verdict === "pass" && codes.length === 0 ? 0 : overallExitCode(codes),
    selection: joinSelections(parts, models),
    models: all,
    notices: [...new Set([...parts.flatMap(({ report }) => report.notices), ...notices])],
    seconds: parts.reduce((longest, { report }) => Math.max(longest, report.seconds), 0),
  };
}

function refuseMixedCommits(parts: readonly Part[]): void {
  const commits = new Set(parts.map(({ report }) => report.environment.headSha));
  if (commits.size <= 1) return;
  const list = parts.map(({ path, report }) => `${path}: ${report.environment.headSha ?? "no commit"}`).join(", ");
  throw new ConfigError(`The reports are about ${commits.size} different commits (${list}). Merge the reports of one run only.`);
}

/** A repeated job reports again: of two reports of one model the later counts, and it is said. */
function newestOfEach(parts: readonly Part[]): { models: ModelReport[]; notices: string[] } {
  const inTime = parts.toSorted((a, b) => Date.parse(a.report.environment.createdAt) - Date.parse(b.report.environment.createdAt));
  const models = new Map<string, ModelReport>();
  const notices: string[] = [];
  for (const { path, report } of inTime) {
    for (const model of report.models) {
      const before = models.get(model.name);
      if (before) notices.push(`${model.name} was reported twice: ${model.verdict} in ${path} replaces ${before.verdict}.`);
      models.set(model.name, model);
    }
  }
  return { models: [...models.values()], notices };
}

/** A share's report lies in the folder of its name. Folders further up hold other shares as well. */
function hasReported(name: string, models: readonly ModelReport[], parts: readonly Part[]): boolean {
  return models.some((model) => model.name === name) || parts.some(({ path }) => basename(dirname(normalize(path))) === name);
}

const missingModel = (name: string, happened: string): ModelReport => ({
  ...emptyModelReport({ name, path: name }),
  status: "failed",
  verdict: "undecided",
  reason: "share-missing",
  message: `${happened} ${reasonOf("share-missing").next}`,
});

/** As the run that made the model's report: one that was refused, or that the gate itself failed on, keeps its code whatever fail-on says. */
function exitCodeOfModel({ verdict, reason }: ModelReport, failOn: JoinRequest["failOn"]): ExitCode {
  const { exit } = reasonOf(reason);
  const isFailure = exit === exitCodes.trust || exit === exitCodes.configuration || exit === exitCodes.bug;
  return isFailure ? exit : exitCodeOfVerdict(verdict, failOn);
}

/** A part without models says by itself how it ended. */
const emptyPartCodes = (parts: readonly Part[]): ExitCode[] =>
  parts.filter(({ report }) => report.models.length === 0).map(({ report }) => asExitCode(report.exitCode));

/** A model that one part checked is not unchanged because another part was not asked about it. */
function joinSelections(parts: readonly Part[], models: readonly ModelReport[]): Report["selection"] {
  const checked = new Set(models.map(({ name }) => name));
  const union = (pick: (selection: Report["selection"]) => readonly string[]) => [
    ...new Set(parts.flatMap(({ report }) => pick(report.selection))),
  ];
  return {
    why: `${parts.length} reports merged`,
    unchanged: union(({ unchanged }) => unchanged).filter((name) => !checked.has(name)),
    removed: union(({ removed }) => removed),
    uncertain: parts.some(({ report }) => report.selection.uncertain),
  };
}
