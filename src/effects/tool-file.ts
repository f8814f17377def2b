/** Files that a tool of this run wrote: where one is missing or damaged, the tool failed, not the user. */
import type { Files } from "./effects.ts";
import { FileError, ToolError } from "./failure.ts";

/** `read` of `path`, with its FileError as ToolError: `no-result` where nothing lies there, else `bad-dump`. */
export async function fromTool<T>(path: string, files: Pick<Files, "stat">, read: () => Promise<T>): Promise<T> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof FileError)) throw error;
    if ((await files.stat(path)) === undefined)
      throw new ToolError("no-result", `The tool ended well, and its result ${path} is not there. Correct what its last lines name.`);
    throw new ToolError("bad-dump", `The tool's result is damaged: ${error.message}`);
  }
}
