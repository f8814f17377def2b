/** Texts of the fix files that a comment offers. A report is data: what is not there, or lies outside its folder, is left out and never an error. */
import type { Effects } from "../effects/effects.ts";
import { ownFile } from "../effects/own-file.ts";
import type { Report } from "../report/schema.ts";
import { type FixScript, offeredFile } from "../report/sections/fix.ts";

/** `folder`: where the report lies; its files' paths are relative to it. */
export async function fixScripts(report: Report, folder: string, files: Effects["files"]): Promise<FixScript[]> {
  const found = await Promise.all(
    report.models.map(async (model): Promise<FixScript[]> => {
      const file = offeredFile(model);
      const path = file && (await ownFile(folder, file.path, files));
      if (file === undefined || path === undefined) return [];
      const fileName = file.path.split("/").at(-1) ?? file.path;
      return [{ model: model.name, fileName, text: await files.readText(path), command: file.command }];
    }),
  );
  return found.flat();
}
