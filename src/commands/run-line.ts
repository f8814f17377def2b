/** One command line from its words to its exit code. Prints results to `io`, problems to the log; never exits and never reads a global. */
import type { Effects } from "../effects/effects.ts";
import { asTyped } from "../effects/own-command.ts";
import type { ExitCode } from "../gate/exit-code.ts";
import { explainFailure } from "../run/explain-failure.ts";
import type { CommandIo, RunCommand } from "./command.ts";
import { commandHelp, overview } from "./help.ts";
import { parseLine } from "./parse.ts";
import { specs } from "./specs.ts";

export interface LineParts {
  readonly effects: Effects;
  readonly io: CommandIo;
  readonly version: string;
  readonly loaders: Readonly<Record<string, () => Promise<{ readonly run: RunCommand }>>>;
}

/** Never rejects: what is thrown is told in the log and becomes its exit code. */
export async function runLine(argv: readonly string[], { effects, io, version, loaders }: LineParts): Promise<ExitCode> {
  try {
    const line = parseLine(argv, specs);
    if (line.kind === "version") io.out(`${version}\n`);
    else if (line.kind === "help") io.out(asTyped(line.spec === undefined ? overview(specs) : commandHelp(line.spec), effects));
    if (line.kind !== "run") return 0;
    const load = loaders[line.spec.name];
    if (load === undefined) throw new Error(`no file runs "${line.spec.name}"`);
    const { run } = await load();
    return await run(line.parsed, effects, io);
  } catch (failure) {
    return explainFailure(failure, effects);
  }
}
