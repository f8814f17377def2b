/** `trt-gate check`: the whole gate, as in the action, with the result as a table or as JSON. */
import { relative } from "node:path";
import { runWhole } from "../entry.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { RunCommand } from "./command.ts";
import { inputsFromHere, modelFlagsOf } from "./model-flags.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const since = parsed.text("changed-since");
  const inputs = { ...inputsFromHere(parsed, effects.cwd), ...(since === undefined ? {} : { "base-ref": since }) };
  const { exitCode, outcome } = await runWhole({ inputs, flags: modelFlagsOf(parsed, effects.cwd) }, effects);
  if (outcome === undefined) return exitCode;
  if (parsed.has("json")) io.out(`${JSON.stringify(outcome.report, null, 1)}\n`);
  else io.out(`${renderTerminal(outcome.report, { ansi: io.isTerminal, folder: shownFolder(outcome.reportFolder, effects.cwd) })}\n`);
  return exitCode;
};

/** As a user in `cwd` would type it. */
const shownFolder = (folder: string, cwd: string): string => {
  const below = relative(cwd, folder);
  return below === "" || below.startsWith("..") ? folder : below;
};
