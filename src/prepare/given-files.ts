/** Plans and saved outputs that an entry names: where they are, and that a pull request brings no plan of its own. */
import { join, normalize } from "node:path";
import { placeWords } from "../config/place.ts";
import type { ModelEntry } from "../config/settings.ts";
import { ConfigError, TrustError } from "../effects/failure.ts";
import type { EngineJob, GivenPlan, ReferenceSource } from "../model/job.ts";
import type { CheckContext } from "./context.ts";

/**
 * ConfigError for a file that is not there. TrustError for a plan that the proposal's commit holds: opening a plan runs what it says, so it is
 * trusted only where a step of this very job made it.
 */
export async function givenFiles(entry: ModelEntry, root: string, context: CheckContext): Promise<Pick<EngineJob, "plans" | "reference">> {
  const [reference, candidate] = [await planAt("reference", entry, root, context), await planAt("candidate", entry, root, context)];
  const plans = { ...(reference ? { reference } : {}), ...(candidate ? { candidate } : {}) };
  return { reference: await referenceOf(entry, root, context), ...(reference || candidate ? { plans } : {}) };
}

async function planAt(
  side: "reference" | "candidate",
  entry: ModelEntry,
  root: string,
  context: CheckContext,
): Promise<GivenPlan | undefined> {
  const path = entry.engine[side];
  if (path === undefined) return undefined;
  if (context.trust.isProposal && context.tracked?.has(normalize(path)))
    throw new TrustError(
      `The plan ${path} of "${entry.name}" comes from the pull request's own commit, and opening a plan runs what it holds. Build it in a step of this job; docs/security.md says why.`,
    );
  return await fileAt(path, entry, ["engine", side], root, context);
}

async function referenceOf(entry: ModelEntry, root: string, context: CheckContext): Promise<ReferenceSource> {
  const { reference } = entry;
  if (typeof reference === "string") return { kind: reference };
  return { kind: "saved", ...(await fileAt(reference.outputs, entry, ["reference", "outputs"], root, context)) };
}

async function fileAt(
  path: string,
  entry: ModelEntry,
  keys: readonly string[],
  root: string,
  { effects }: CheckContext,
): Promise<GivenPlan> {
  const full = join(root, path);
  if ((await effects.files.stat(full)) === undefined)
    throw new ConfigError(
      `${placeWords(entry, ...keys)}"${entry.name}" names ${JSON.stringify(path)}, which is not there. Make it in an earlier step, or take it out.`,
    );
  return { path: full, shownAs: path };
}
