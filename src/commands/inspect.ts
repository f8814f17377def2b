/** `trt-gate inspect`: what a file holds, as text or JSON. Finds out what it is by its content; each kind is described in its own file. */
import { resolve } from "node:path";
import { asTyped } from "../effects/own-command.ts";
import type { RunCommand } from "./command.ts";
import { inspectFile } from "./inspect-file.ts";
import { inspectionText } from "./inspect-text.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const inspection = await inspectFile(resolve(effects.cwd, parsed.positionals[0] ?? ""), effects);
  io.out(
    parsed.has("json") ? `${JSON.stringify({ schemaVersion: 1, ...inspection }, null, 2)}\n` : asTyped(inspectionText(inspection), effects),
  );
  return 0;
};
