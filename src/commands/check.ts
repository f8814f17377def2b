/** `trt-gate check`: the whole gate, as in the action, with the result as a table or as JSON. */
import { runWhole } from "../entry.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { RunCommand } from "./command.ts";
import { inputsFromHere, modelFlagsOf } from "./model-flags.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const since = parsed.text("changed-since");
  const inputs = { ...inputsFromHere(parsed, effects.cwd), ...(since === undefined ? {} : { "base-ref": since }) };
  const { exitCode, outcome, published } = await runWhole({ inputs, flags: modelFlagsOf(parsed, effects.cwd) }, effects);
  if (outcome === undefined) return exitCode;
  if (parsed.has("json")) io.out(`${JSON.stringify(outcome.report, null, 1)}\n`);
  else io.out(`${renderTerminal(outcome.report, { ansi: io.isTerminal })}\n`);
  if (published?.files) effects.log.info(`Report: ${published.files.htmlPath}`);
  return exitCode;
};
