/** `trt-gate render`: an existing report as comment, summary or page. Measures and judges nothing. */
import { dirname, resolve } from "node:path";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { fromHere, type Typed } from "../effects/own-command.ts";
import { shellWord } from "../model/shell-word.ts";
import { fixScripts } from "../publish/fix-scripts.ts";
import { type FixScript, renderComment } from "../report/comment.ts";
import { renderHtml } from "../report/html/page.ts";
import { type Report, reportSchema } from "../report/schema.ts";
import { renderSummary } from "../report/summary.ts";
import type { RunCommand } from "./command.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const path = resolve(effects.cwd, parsed.positionals[0] ?? "");
  const form = parsed.text("as") ?? "comment";
  const report = await readReport(path, effects.files);
  const typed = { command: effects.command, report: shellWord(fromHere(path, effects.cwd)) };
  const text = rendering(form, report, { scripts: await fixScripts(report, dirname(path), effects.files), typed });
  const output = parsed.text("output");
  if (output === undefined || output === "-") io.out(text);
  else await effects.files.writeText(resolve(effects.cwd, output), text);
  return 0;
};

/** A report that fits the schema; FileError for anything else, with the first place that does not fit. */
export async function readReport(path: string, files: Effects["files"]): Promise<Report> {
  const parsed = reportSchema.safeParse(parseJson(path, await files.readText(path)));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new FileError(
    path,
    `is not a report of this gate: ${issue?.path.join(".") || "top level"}: ${issue?.message ?? "wrong shape"}. Give the report.json that a check wrote.`,
  );
}

/** A comment and a summary are for the readers of a pull request, who call the gate as the documentation has it. */
function rendering(form: string, report: Report, { scripts, typed }: { scripts: readonly FixScript[]; typed: Typed }): string {
  const options = { jobKey: report.environment.jobKey, fixScripts: scripts, runUrl: report.environment.runUrl ?? undefined };
  if (form === "comment") return renderComment(report, options);
  if (form === "summary") return renderSummary(report, options);
  if (form === "html") return renderHtml(report, typed);
  throw new ConfigError(`--as is "${form}". Write comment, summary or html.`);
}

function parseJson(path: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new FileError(
      path,
      `is not JSON: ${cause instanceof Error ? cause.message : String(cause)}. Give the report.json that a check wrote.`,
    );
  }
}
