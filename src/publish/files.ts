/** Writes the report and its renderings into the report folder. A report that does not fit its schema is never written as if it did. */
import { join } from "node:path";
import type { Effects } from "../effects/effects.ts";
import { fromHere } from "../effects/own-command.ts";
import { shellWord } from "../model/shell-word.ts";
import { commentBudget, renderComment } from "../report/comment.ts";
import { renderHtml } from "../report/html/page.ts";
import type { Report } from "../report/schema.ts";
import type { FixScript } from "../report/sections/fix.ts";
import { fixScripts } from "./fix-scripts.ts";

export interface WrittenFiles {
  readonly reportPath: string;
  readonly htmlPath: string;
  readonly commentPath: string;
  /** Absolute; undefined where there is no fix. */
  readonly fixFolder: string | undefined;
  readonly scripts: readonly FixScript[];
  /** Absolute paths of everything that was written, the fixes included. */
  readonly all: readonly string[];
}

/** Rejects where the report itself cannot be written. */
export async function writeFiles(report: Report, folder: string, { files, command, cwd }: Effects): Promise<WrittenFiles> {
  const at = (name: string) => join(folder, name);
  const scripts = await fixScripts(report, folder, files);
  await files.replaceText(at("report.json"), `${JSON.stringify(report, null, 1)}\n`);
  await files.writeText(at("report.html"), renderHtml(report, { command, report: shellWord(fromHere(at("report.json"), cwd)) }));
  await files.writeText(
    at("comment.md"),
    renderComment(report, { jobKey: report.environment.jobKey, budget: commentBudget, fixScripts: scripts }),
  );
  return {
    reportPath: at("report.json"),
    htmlPath: at("report.html"),
    commentPath: at("comment.md"),
    fixFolder: report.models.some((model) => (model.fix?.files.length ?? 0) > 0) ? at("fix") : undefined,
    scripts,
    all: [
      ...["report.json", "report.html", "comment.md"],
      ...report.models.flatMap((model) => (model.fix?.files ?? []).map(({ path }) => path)),
      ...report.models.flatMap(({ engines = [] }) => engines.flatMap(({ path }) => path ?? [])),
      ...report.models.flatMap(({ reproduction }) => (reproduction ? [reproduction.script, ...reproduction.files] : [])),
    ].map(at),
  };
}
