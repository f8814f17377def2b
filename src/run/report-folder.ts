/** Where a run may write: not through links and not over files that a change brings, which could lead out of the workspace or pose as an earlier run's. */
import { relative, sep } from "node:path";
import type { Checkout } from "../changes/checkout.ts";
import type { Effects } from "../effects/effects.ts";
import { TrustError } from "../effects/failure.ts";
import { realWorkspace } from "../effects/workspace.ts";

/** Throws TrustError for a proposal that holds files in the report folder. A folder outside the workspace is the workflow's own choice. */
export async function refuseForeignReportFolder(folder: string, { trust, head, git }: Checkout, { cwd }: Effects): Promise<void> {
  const path = relative(cwd, folder).split(sep).join("/");
  if (!trust.isProposal || head === undefined || path.startsWith("../") || path.startsWith("/")) return;
  const next = "Remove it from the repository, or give report-dir another folder.";
  const wrong = realWorkspace(cwd).checkPath(path);
  if (wrong !== undefined) throw new TrustError(`The report folder ${path} ${wrong}. ${next}`);
  const tracked = [...(await git.tracked()).files].find((name) => name === path || name.startsWith(`${path}/`));
  if (tracked !== undefined) throw new TrustError(`The commit holds ${tracked}, inside the report folder ${path}. ${next}`);
}
