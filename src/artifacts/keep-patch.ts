/**
 * The fix as a patch of the repository: the keep file, and the line of the configuration that names it. Applied, committed and pushed it makes the
 * change that regressed pass, since how a model is quantised counts with the change that brings it.
 */
import { join } from "node:path";
import { withKeepLine } from "../config/keep-line.ts";
import { commitMessage, type Fix } from "../fix/artifact.ts";
import { keepFileText, keepPath } from "../fix/keep-file.ts";
import { applyCommand, filePatch } from "../fix/patch.ts";
import type { CheckContext } from "../prepare/context.ts";
import type { ModelReport } from "../report/schema.ts";
import { writeBeside } from "./beside-report.ts";

type FixReport = NonNullable<ModelReport["fix"]>;

const patchName = "keep.patch";

/** Nothing where no configuration in the repository names this very model on lines of its own. `place`: a file of the fix as commands name it. */
export async function writeKeepPatch(fix: Fix, folder: string, context: CheckContext): Promise<Pick<FixReport, "files" | "suggestion">> {
  const { effects, settings } = context;
  const file = settings.options.config;
  const text = file.startsWith("/") ? undefined : await textOf(file, effects);
  const edit = text === undefined ? undefined : withKeepLine(text, fix.model, keepPath(fix));
  if (text === undefined || edit === undefined) return { files: [] };
  const keep = keepPath(fix);
  const parts = [
    filePatch(keep, await textOf(keep, effects), keepFileText(fix)),
    edit.text === text ? "" : filePatch(file, text, edit.text),
  ];
  if (parts.some((part) => part === undefined)) return { files: [] };
  const path = join("fix", folder, patchName);
  const isWritten = await writeBeside(path, context, (target) => effects.files.writeText(target, parts.join("")));
  if (!isWritten) return { files: [] };
  const existing = [file, ...((await textOf(keep, effects)) === undefined ? [] : [keep])];
  const areCommitted = (await Promise.all(existing.map((one) => context.isCommitted(one)))).every(Boolean);
  const command = applyCommand({
    patch: fix.place?.(patchName) ?? patchName,
    files: [file, keep],
    inGit: context.isCheckout ? (areCommitted ? "committed" : "changed") : "no-repository",
    message: commitMessage(fix),
  });
  return { files: [{ format: "patch", path, command, leftOut: [] }], ...suggestionOf(fix, text, file) };
}

/** The same in one line of the configuration, the units named in it: what a reviewer can commit by a click. Long lists belong into a file. */
function suggestionOf(fix: Fix, text: string, file: string): Pick<FixReport, "suggestion"> {
  const edit =
    fix.kept.length > 8
      ? undefined
      : withKeepLine(
          text,
          fix.model,
          fix.kept.map(({ unit, nodes }) => nodes[0] ?? unit),
        );
  if (edit === undefined) return {};
  return { suggestion: { file, line: edit.line, lines: [...edit.replacement], replaces: text.split("\n")[edit.line - 1] ?? "" } };
}

async function textOf(path: string, { files, cwd }: CheckContext["effects"]): Promise<string | undefined> {
  const full = join(cwd, path);
  return (await files.lstat(full))?.kind === "file" ? await files.readText(full) : undefined;
}
