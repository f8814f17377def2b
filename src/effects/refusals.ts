/**
 * What the system refuses to do with a path, by who must act: whoever named it (FileError, UnwritableError), or the machine's owner (ToolError). None
 * of it is a bug of the gate. Anything else is thrown on.
 */
import { FileError, ToolError, UnwritableError } from "./failure.ts";

const byPath: Readonly<Record<string, string>> = {
  ENOENT: "is not there",
  ENOTDIR: "passes through a file as if it were a folder",
  EEXIST: "passes through a file as if it were a folder",
  ENAMETOOLONG: "is longer than a path may be",
  EISDIR: "is a folder",
  ELOOP: "is a link that leads back to itself",
  EACCES: "is closed to this user",
  EPERM: "is closed to this user",
  EROFS: "lies on a file system that cannot be written",
  ENXIO: "is no regular file",
  ERR_INVALID_ARG_VALUE: "holds a zero character",
  ERR_FS_FILE_TOO_LARGE: "is larger than 2 GiB, too much to be read at once",
};
const byFullDisk: ReadonlySet<string> = new Set(["ENOSPC", "EFBIG", "EDQUOT"]);
const byMachine: ReadonlySet<string> = new Set(["EIO", "EMFILE", "ENFILE", "ENOMEM", "ESTALE", "EBUSY", "ETIMEDOUT", "EREMOTEIO"]);

const errorCode = (error: unknown): string => (error instanceof Error && "code" in error ? String(error.code) : "");

/** True where no file can be at the path: that is an answer, not a failure. */
export const isNowhere = (error: unknown): boolean =>
  ["ENOENT", "ENOTDIR", "ENAMETOOLONG", "ELOOP", "ERR_INVALID_ARG_VALUE"].includes(errorCode(error));

/** Runs `read`, which reads this path. */
export async function readable<T>(path: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    throw readFault(path, error);
  }
}

/** What to throw where reading this path failed with `error`. */
export function readFault(path: string, error: unknown): unknown {
  const fault = byPath[errorCode(error)];
  return fault === undefined ? machineFault(`Reading ${path}`, error) : new FileError(path, `${fault}. Name a file that can be read.`);
}

/** Runs `write`, which writes this path or makes it. */
export async function writable<T>(path: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const fault = byPath[errorCode(error)];
    if (fault !== undefined) throw new UnwritableError(path, `${fault}. Name a place that can be written.`);
    throw machineFault(`Writing ${path}`, error);
  }
}

/** Runs `make`, which makes a file or folder where the machine, by `variable`, says that such ones go. ToolError `file-system`. */
export async function temporary<T>(path: string, make: () => Promise<T>, variable = "RUNNER_TEMP or TMPDIR"): Promise<T> {
  try {
    return await make();
  } catch (error) {
    const fault = byPath[errorCode(error)];
    if (fault === undefined) throw machineFault(`Making ${path}`, error);
    throw new ToolError("file-system", `The temporary folder ${path} ${fault}. Point ${variable} to a folder that can be written.`);
  }
}

/** A full or failing disk never turns into a verdict. */
function machineFault(doing: string, error: unknown): unknown {
  const code = errorCode(error);
  if (byFullDisk.has(code)) return new ToolError("disk-full", `${doing} failed: the disk is full. Free space on the runner and run again.`);
  if (!byMachine.has(code)) return error;
  return new ToolError("file-system", `${doing} failed with ${code}. Check the runner's disk and its limits, then run again.`);
}
