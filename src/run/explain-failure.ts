/** What ended a run or a command, as messages of the log: what happened and what to do. The one place that words it. */
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError, TrustError } from "../effects/failure.ts";
import { type ExitCode, exitCodeOfFailure, exitCodes } from "../gate/exit-code.ts";

/** Gives the exit code. Known failures are worded by whoever threw them; anything else is our bug and keeps its stack. */
export function explainFailure(failure: unknown, { log, cancelled }: Pick<Effects, "log" | "cancelled">): ExitCode {
  // Whatever failed then, failed because git, the API or a tool was stopped.
  if (cancelled.aborted) {
    log.error("cancelled: the run was cancelled before it had a result. Start it again.");
    return exitCodes.undecided;
  }
  if (failure instanceof ConfigError) for (const problem of failure.problems) log.error(problem, placeIn(problem));
  else if (failure instanceof TrustError || failure instanceof FileError) log.error(failure.message);
  else if (failure instanceof ToolError) log.error([`${failure.reason}: ${failure.message}`, ...failure.tail.slice(-20)].join("\n"));
  else log.error(`This is a bug in the gate; please report it with these lines.\n${stackOf(failure)}`);
  return exitCodeOfFailure(failure);
}

const stackOf = (failure: unknown): string => (failure instanceof Error ? (failure.stack ?? failure.message) : String(failure));

/** `file:line: text` -> a place for the annotation. */
function placeIn(problem: string): { file: string; line: number } | undefined {
  const found = /^([^\s:]+):(\d+): /.exec(problem);
  return found?.[1] === undefined ? undefined : { file: found[1], line: Number(found[2]) };
}
