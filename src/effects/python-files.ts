/** Finds the Python sources that ship with the gate, from the sources and from the bundle alike. */
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Files } from "./effects.ts";
import { ToolError } from "./failure.ts";

/** Absolute path of `python/<name>`. ToolError `lane-unavailable` where the installation is incomplete. */
export async function pythonFile(name: string, files: Files, from = import.meta.url): Promise<string> {
  let folder = dirname(fileURLToPath(from));
  for (let level = 0; level < 5; level++) {
    const path = join(folder, "python", name);
    if ((await files.stat(path))?.kind === "file") return path;
    folder = dirname(folder);
  }
  throw new ToolError("lane-unavailable", `The gate's own file python/${name} is missing. Install the gate again.`);
}
