/** Brings the fix files of the parts beside the merged report. A file that is not there, or that leads elsewhere, is left out of the report. */
import { dirname, join, resolve, sep } from "node:path";
import type { Effects } from "../effects/effects.ts";
import type { ModelReport, Report } from "../report/schema.ts";
import type { Part } from "./join-reports.ts";

/** `parts`: whose files may be used; none for reports of foreign origin. */
export async function keepFixFiles(report: Report, parts: readonly Part[], folder: string, effects: Effects): Promise<Report> {
  return { ...report, models: await Promise.all(report.models.map((model) => keepModel(model, parts, folder, effects))) };
}

async function keepModel(model: ModelReport, parts: readonly Part[], folder: string, { files, cwd }: Effects): Promise<ModelReport> {
  if (model.fix === null) return model;
  const home = parts.find(({ report }) => report.models.includes(model));
  const kept: NonNullable<ModelReport["fix"]>["files"] = [];
  for (const file of home === undefined ? [] : model.fix.files) {
    const source = inside(resolve(cwd, dirname(home?.path ?? "")), file.path);
    const target = inside(folder, file.path);
    if (source === undefined || target === undefined || (await files.lstat(source))?.kind !== "file") continue;
    if (source !== target) await files.copy(source, target);
    kept.push(file);
  }
  return { ...model, fix: { ...model.fix, files: kept } };
}

function inside(folder: string, path: string): string | undefined {
  const full = join(folder, path);
  return full.startsWith(folder + sep) ? full : undefined;
}
