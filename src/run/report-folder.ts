/**
 * Where a run may write: not through links and not over files that a change brings, which could lead out of the workspace or pose as an earlier run's.
 * And what of an earlier run's must be gone before this one writes.
 */
import { join, relative, sep } from "node:path";
import type { Checkout } from "../changes/checkout.ts";
import type { Effects } from "../effects/effects.ts";
import { TrustError } from "../effects/failure.ts";
import { realWorkspace } from "../effects/workspace.ts";

/** Throws TrustError for a proposal that holds files in the report folder. A folder outside the workspace is the workflow's own choice. */
export async function refuseForeignReportFolder(folder: string, { trust, head, git }: Checkout, { cwd }: Effects): Promise<void> {
  const path = insideOf(cwd, folder);
  if (!trust.isProposal || head === undefined || path === undefined) return;
  const next = "Remove it from the repository, or give report-dir another folder.";
  const wrong = realWorkspace(cwd).checkPath(path);
  if (wrong !== undefined) throw new TrustError(`The report folder ${path} ${wrong}. ${next}`);
  const tracked = [...(await git.tracked()).files].find((name) => path === "" || name === path || name.startsWith(`${path}/`));
  if (tracked !== undefined) throw new TrustError(`The commit holds ${tracked}, inside the report folder ${path || "."}. ${next}`);
}

/** Relative to the workspace with `/`, "" for the workspace itself; undefined for a folder outside it. */
function insideOf(cwd: string, folder: string): string | undefined {
  const path = relative(cwd, folder).split(sep).join("/");
  return path === ".." || path.startsWith("../") || path.startsWith("/") ? undefined : path;
}

/** What a run writes at its end. A search's journal is not among it: the next run takes up from there. */
const writtenAtEnd = ["report.html", "comment.md", "report.invalid.json"];
/** Folders with one of `<model>-<hash>` for each model: the artefacts of its fix (artifacts/fix.ts), the script that reproduces it (artifacts/reproduction.ts). */
const folders = ["fix", "reproduce"];
/** Other folders beside them are somebody else's. */
const ownName = /-[0-9a-f]{8}$/;

/** Takes away what an earlier run wrote: whatever this run ends in, no page, comment or fix of another run lies beside its report. What cannot be removed stays. */
export async function clearReportFolder(folder: string, { files }: Effects): Promise<void> {
  const remove = (name: string) => files.remove(join(folder, name)).catch(() => undefined);
  await Promise.all(writtenAtEnd.map(remove));
  for (const name of folders) {
    const path = join(folder, name);
    if ((await files.lstat(path).catch(() => undefined))?.kind !== "folder") continue;
    await Promise.all((await files.list(path)).filter((one) => ownName.test(one)).map((one) => remove(join(name, one))));
    if ((await files.list(path)).length === 0) await remove(name);
  }
}

/** For a run that ended before it knew its models: the earlier report goes too. Nothing is touched through a link that a change may have brought. */
export async function clearAfterFailure(folder: string, effects: Effects): Promise<void> {
  const path = insideOf(effects.cwd, folder);
  if (path !== undefined && realWorkspace(effects.cwd).checkPath(path) !== undefined) return;
  await effects.files.remove(join(folder, "report.json")).catch(() => undefined);
  await clearReportFolder(folder, effects);
}
