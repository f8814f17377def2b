/** `trt-gate render`: an existing report as comment, summary or page. Measures and judges nothing. */
import { dirname, isAbsolute, relative, resolve } from "node:path";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { type FixScript, renderComment } from "../report/comment.ts";
import { renderHtml } from "../report/html/page.ts";
import { type Report, reportSchema } from "../report/schema.ts";
import { offeredFile } from "../report/sections/fix.ts";
import { renderSummary } from "../report/summary.ts";
import type { RunCommand } from "./command.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const path = resolve(effects.cwd, parsed.positionals[0] ?? "");
  const form = parsed.text("as") ?? "comment";
  const report = await readReport(path, effects.files);
  const text = rendering(form, report, await fixScripts(report, dirname(path), effects.files));
  const output = parsed.text("output");
  if (output === undefined) io.out(text);
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

/** Texts of the fix files that the comment offers, as far as they lie where the report names them (relative to the report's folder). */
export async function fixScripts(report: Report, folder: string, files: Effects["files"]): Promise<FixScript[]> {
  const found = await Promise.all(
    report.models.map(async (model): Promise<FixScript[]> => {
      const file = offeredFile(model);
      const path = file && resolve(folder, file.path);
      if (file === undefined || path === undefined || !isInside(folder, path) || (await files.stat(path))?.kind !== "file") return [];
      return [
        { model: model.name, fileName: file.path.split("/").at(-1) ?? file.path, text: await files.readText(path), command: file.command },
      ];
    }),
  );
  return found.flat();
}

function rendering(form: string, report: Report, scripts: readonly FixScript[]): string {
  const options = { jobKey: report.environment.jobKey, fixScripts: scripts, runUrl: report.environment.runUrl ?? undefined };
  if (form === "comment") return renderComment(report, options);
  if (form === "summary") return renderSummary(report, options);
  if (form === "html") return renderHtml(report);
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

/** A report is data: a path that leaves its folder is not read. */
const isInside = (folder: string, path: string): boolean => {
  const way = relative(folder, path);
  return !way.startsWith("..") && !isAbsolute(way);
};
