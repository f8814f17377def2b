/**
 * `trt-gate merge`: the reports of several runners as one report, one comment, one verdict.
 * Reports are data: in a `workflow_run` they may come from a fork, so their links and scripts are left out there.
 */
import { dirname, resolve } from "node:path";
import { z } from "zod";
import { type RunEvent, readEvent } from "../changes/event.ts";
import { decideTrust } from "../changes/trust.ts";
import { readOptions } from "../config/options.ts";
import type { Options } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { asExitCode } from "../gate/exit-code.ts";
import { type Api, openApi } from "../github/api.ts";
import { findPullRequest } from "../github/pull-request.ts";
import { publish } from "../publish/publish.ts";
import { renderLogLine } from "../report/log-line.ts";
import { type Report, reportSchema } from "../report/schema.ts";
import { describeEnvironment } from "../run/environment.ts";
import { version } from "../version.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { joinReports, type Part } from "./join-reports.ts";
import { keepFiles } from "./merged-files.ts";
import { readReport } from "./render.ts";
import { writeWhole } from "./write-whole.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const { options, problems } = readOptions(parsed.inputs, effects.env);
  if (problems.length > 0) throw new ConfigError(problems);
  const output = resolve(effects.cwd, parsed.text("output") ?? "merged/report.json");
  const event = await readEvent(effects);
  const isForeign = event?.workflowRun !== undefined;
  if (!isForeign) decideTrust(event, effects.env, true);
  const { parts, unreadable } = await readParts(parsed, effects);
  if (event) refuseOtherCommit(parts, event);
  const environment = environmentOf(parts, options, event, effects);
  const tool: Report["tool"] = { name: "trt-gate", version, commit: effects.env.GITHUB_ACTION_REF || "local" };
  const joined = joinReports({ parts, unreadable, expected: expectedNames(parsed), failOn: options.failOn, tool, environment });
  const report = reportSchema.parse(await keepFiles(joined, isForeign ? [] : parts, dirname(output), effects));
  await writeWhole(effects.files, output, `${JSON.stringify(report, null, 1)}\n`);
  await tell({ report, options, event, folder: dirname(output) }, effects);
  io.out(parsed.has("json") ? `${JSON.stringify(report, null, 1)}\n` : `${renderLogLine(report)}\n`);
  return asExitCode(report.exitCode);
};

/** `--expect` names, one each, or as the JSON list that `plan` gives. Without any name and any report there is nothing to decide: usage. */
function expectedNames(parsed: Parsed): string[] {
  if (parsed.positionals.length === 0 && !parsed.has("expect")) {
    throw new ConfigError("No report is given. Name the report.json of each share, or with --expect who should have reported.");
  }
  return parsed.list("expect").flatMap(namesIn);
}

/** An empty text is what a failed `plan` leaves behind: only its `[]` says that there was nothing to check. */
function namesIn(text: string): string[] {
  if (text.trim() === "")
    throw new ConfigError(
      "--expect is empty, so it is not known who should have reported. Hand on what the job gave that ran `trt-gate plan`.",
    );
  if (!text.trimStart().startsWith("[")) return [text];
  try {
    return z.array(z.string()).parse(JSON.parse(text));
  } catch {
    throw new ConfigError(
      `--expect is ${text.slice(0, 80)}, which is no JSON list of names. Hand on the output "expect" of \`trt-gate plan\` as it is.`,
    );
  }
}

/** A file that is not there (a glob that matched nothing) or holds no report is what a lost share looks like. */
async function readParts(parsed: Parsed, effects: Effects): Promise<{ parts: Part[]; unreadable: { path: string; why: string }[] }> {
  const parts: Part[] = [];
  const unreadable: { path: string; why: string }[] = [];
  for (const path of parsed.positionals) {
    const full = resolve(effects.cwd, path);
    if (path.includes("*") && (await effects.files.stat(full)) === undefined) continue;
    try {
      parts.push({ path, report: await readReport(full, effects.files) });
    } catch (error) {
      unreadable.push({ path, why: error instanceof Error ? error.message : String(error) });
    }
  }
  return { parts, unreadable };
}

/** A report about another commit must not decide about this one. */
function refuseOtherCommit(parts: readonly Part[], event: RunEvent): void {
  const head = event.pullRequest?.headSha ?? event.workflowRun?.headSha;
  const other = parts.find(({ report }) => head !== undefined && report.environment.headSha !== head);
  if (other) {
    throw new ConfigError(
      `${other.path} is about ${other.report.environment.headSha ?? "no commit"}, this run is about ${head}. Merge the reports of this run only.`,
    );
  }
}

/** Machine and tools are the first report's; run, commit and job key are our own. */
function environmentOf(parts: readonly Part[], options: Options, event: RunEvent | undefined, effects: Effects): Report["environment"] {
  const first = parts[0]?.report.environment;
  const headSha = event?.pullRequest?.headSha ?? event?.workflowRun?.headSha ?? first?.headSha ?? undefined;
  const own = describeEnvironment(
    { event, headSha, baseSha: first?.baseSha ?? undefined, jobKey: options.jobKey, seed: options.seed, versions: {} },
    effects,
  );
  return first ? { ...first, ...own, ...toolsOf(first) } : own;
}

const toolsOf = ({ os, node, onnxruntime, tensorrt, polygraphy, python, gpu, driver }: Report["environment"]) => ({
  os,
  node,
  onnxruntime,
  tensorrt,
  polygraphy,
  python,
  gpu,
  driver,
});

interface Told {
  readonly report: Report;
  readonly options: Options;
  readonly event: RunEvent | undefined;
  readonly folder: string;
}

/** Only in a workflow. Where the pull request of a foreign run cannot be found there is no comment. */
async function tell({ report, options, event, folder }: Told, effects: Effects): Promise<void> {
  if (event === undefined || effects.env.GITHUB_ACTIONS !== "true") return;
  let opened: Promise<Api> | undefined;
  const api = async (): Promise<Api | undefined> => {
    if (options.githubToken === "") return undefined;
    const { apiUrl, repository } = event;
    opened ??= openApi({ apiUrl, repository, token: options.githubToken, clock: effects.clock, cancelled: effects.cancelled });
    return await opened;
  };
  const pullRequest = event.pullRequest ?? (await foreignPullRequest(event, api, effects));
  await publish({ report, options, event, pullRequest, api, reportFolder: folder }, effects);
}

async function foreignPullRequest(event: RunEvent, api: () => Promise<Api | undefined>, { log }: Effects) {
  const remote = event.workflowRun && (await api());
  if (event.workflowRun === undefined || remote === undefined) return undefined;
  const { pullRequest, warning } = await findPullRequest(remote, event.workflowRun);
  if (warning !== undefined) log.warning(warning);
  return pullRequest;
}
