/** The fixed Q/DQ model in the place of the repository's own: what is judged then is what ships. */
import { comesAsQdq, commitMessage, type Fix, raisesByName } from "../fix/artifact.ts";
import { fixedModel, placeOf } from "../fix/nodes.ts";
import { pathArgument, shellLine } from "../model/shell-word.ts";
import type { CheckContext } from "../prepare/context.ts";
import type { ModelReport } from "../report/schema.ts";

type FixFile = NonNullable<ModelReport["fix"]>["files"][number];

/**
 * The same files, the fixed model with the command that commits it in its place. Without one where scales quantise the model, where git does
 * not track its file, and where kept units need the builder told beside the file. */
export async function withReplacement(files: readonly FixFile[], fix: Fix, context: CheckContext): Promise<FixFile[]> {
  const own = fix.qdqPath ?? fix.model.path;
  if (!comesAsQdq(fix) || raisesByName(fix) || !(await context.isTracked(own))) return [...files];
  const path = pathArgument(own);
  const commands = [
    ["cp", placeOf(fix, fixedModel), path],
    ["git", "commit", "-m", commitMessage(fix), "--", path],
  ];
  const commit = commands.map(shellLine).join(" && ");
  return files.map((file) => (file.format === "qdq" && file.path.endsWith(`/${fixedModel}`) ? { ...file, commit } : file));
}
