/** One command line from its words to its exit code. Prints results to `io`, problems to the log; never exits and never reads a global. */
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { exitCodeOfFailure } from "../gate/exit-code.ts";
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

export async function runLine(argv: readonly string[], { effects, io, version, loaders }: LineParts): Promise<number> {
  try {
    const line = parseLine(argv, specs);
    if (line.kind === "version") io.out(`${version}\n`);
    else if (line.kind === "help") io.out(line.spec === undefined ? overview(specs) : commandHelp(line.spec));
    if (line.kind !== "run") return 0;
    const load = loaders[line.spec.name];
    if (load === undefined) throw new Error(`no file runs "${line.spec.name}"`);
    const { run } = await load();
    return await run(line.parsed, effects, io);
  } catch (failure) {
    if (effects.cancelled.aborted) {
      effects.log.error("Cancelled before the end; nothing is decided.");
      return 4;
    }
    explain(failure, effects);
    return exitCodeOfFailure(failure);
  }
}

/** Known failures are worded by whoever threw them; anything else is our bug and keeps its stack. */
function explain(failure: unknown, { log }: Effects): void {
  if (failure instanceof ConfigError) for (const problem of failure.problems) log.error(problem);
  else if (exitCodeOfFailure(failure) === 5)
    log.error(
      `This is a bug in the gate; please report it with the text below.\n${failure instanceof Error ? (failure.stack ?? failure.message) : String(failure)}`,
    );
  else log.error(failure instanceof Error ? failure.message : String(failure));
  if (failure instanceof ToolError) for (const line of failure.tail) log.info(`  ${line}`);
}
