/** `trt-gate check`: the whole gate, as in the action, with the result as a table or as JSON. */
import { fromHere } from "../effects/own-command.ts";
import { runWhole } from "../entry.ts";
import { shellLine } from "../model/shell-word.ts";
import { renderTerminal } from "../report/terminal.ts";
import type { RunCommand } from "./command.ts";
import { inputsFromHere, modelFlagsOf } from "./model-flags.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const since = parsed.text("changed-since");
  const inputs = { ...inputsFromHere(parsed, effects.cwd), ...(since === undefined ? {} : { "base-ref": since }) };
  const { exitCode, outcome, published } = await runWhole(
    { inputs, flags: modelFlagsOf(parsed, effects.cwd), withoutBase: parsed.has("no-base") },
    effects,
  );
  if (outcome === undefined) return exitCode;
  const shown = {
    ansi: io.isTerminal,
    folder: fromHere(outcome.reportFolder, effects.cwd),
    isWritten: published?.files !== undefined,
    command: effects.command,
    searching: `${effects.command} ${shellLine(["check", "--search", "on-regression", ...withoutSearch(parsed.words)])}`,
  };
  io.out(`${parsed.has("json") ? JSON.stringify(outcome.report, null, 1) : renderTerminal(outcome.report, shown)}\n`);
  return exitCode;
};

/** The words of a line without its own `--search`. */
const withoutSearch = (words: readonly string[]): string[] =>
  words.filter((word, i) => word !== "--search" && !word.startsWith("--search=") && words[i - 1] !== "--search");
