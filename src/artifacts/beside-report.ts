/**
 * Files that lie beside the report: fixes, scripts, engines. A folder that cannot be written costs them and a warning, never the verdict;
 * a full disk is told by effects/ and stays this model's failure.
 */
import { join } from "node:path";
import type { CheckContext } from "../prepare/context.ts";

const unwritable = new Set(["ENOTDIR", "EACCES", "EROFS", "EPERM", "EEXIST", "EISDIR"]);

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
    const code = error instanceof Error && "code" in error ? String(error.code) : "";
    if (!unwritable.has(code)) throw error;
    effects.log.warning(`${path} was not written to ${reportFolder} (${code}). Free or unlock the folder; the verdict stands.`);
    return false;
  }
}
