/**
 * Files that lie beside the report: fixes, scripts, engines. A folder that cannot be written costs them and a warning, never the verdict;
 * a full disk is told by effects/ and stays this model's failure.
 */
import { join } from "node:path";
import { UnwritableError } from "../effects/failure.ts";
import type { CheckContext } from "../prepare/context.ts";

/** Runs one write below the report's folder; `path` is relative to it. False, with a warning, where the folder cannot be written. */
export async function writeBeside(
  path: string,
  { reportFolder, effects }: Pick<CheckContext, "reportFolder" | "effects">,
  write: (target: string) => Promise<void>,
): Promise<boolean> {
  try {
    await write(join(reportFolder, path));
    return true;
  } catch (error) {
    if (!(error instanceof UnwritableError)) throw error;
    effects.log.warning(`${path} was not written to ${reportFolder}: ${error.message} The verdict stands.`);
    return false;
  }
}
