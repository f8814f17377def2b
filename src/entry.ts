/** Shared by the entries: runs the story, publishes, and turns every ending into an exit code and one message. */
import type { Effects } from "./effects/effects.ts";
import { ConfigError, FileError, ToolError, TrustError } from "./effects/failure.ts";
import { exitCodeOfFailure } from "./gate/exit-code.ts";
import { writeOutputs } from "./github/outputs.ts";
import { type MainRequest, main, type Outcome } from "./main.ts";
import { type Publication, type Published, publish } from "./publish/publish.ts";
import { renderLogLine } from "./report/log-line.ts";
import { renderTerminal } from "./report/terminal.ts";

export interface EntryResult {
  readonly exitCode: number;
  readonly outcome: Outcome | undefined;
  readonly published: Published | undefined;
}

/** For a log that is all a reader has: the figures as a chapter, and the result in its last line. */
export async function runAction(request: MainRequest, effects: Effects): Promise<number> {
  const { exitCode, outcome } = await runWhole(request, effects);
  if (outcome === undefined) return exitCode;
  const { log } = effects;
  const { report } = outcome;
  const checked = report.models.length > 0;
  if (checked) await log.group("Figures", async () => log.info(renderTerminal(report, { ansi: false })));
  log.info(checked ? renderLogLine(report) : `${renderLogLine(report)} (${report.selection.why})`);
  return exitCode;
}

export async function runWhole(request: MainRequest, effects: Effects): Promise<EntryResult> {
  try {
    const outcome = await main(request, effects);
    const published = await publish(publicationOf(outcome), effects);
    return { exitCode: outcome.report.exitCode, outcome, published };
  } catch (error) {
    return { exitCode: await explain(error, effects), outcome: undefined, published: undefined };
  }
}

export const publicationOf = ({ report, settings, event, config, reportFolder }: Outcome): Publication => ({
  report,
  options: settings.options,
  event,
  pullRequest: event?.pullRequest,
  api: () => config.checkout.api(),
  reportFolder,
});

/** Says what happened and what to do; a bug keeps its stack. Gives the exit code. */
async function explain(error: unknown, effects: Effects): Promise<number> {
  const { log } = effects;
  const exitCode = effects.cancelled.aborted ? exitOfCancelled : exitCodeOfFailure(error);
  // Whatever failed then, failed because git, the API or a tool was stopped.
  if (effects.cancelled.aborted) log.error("cancelled: the run was cancelled before it had a result. Start it again.");
  else if (error instanceof ConfigError) for (const problem of error.problems) log.error(problem, placeIn(problem));
  else if (error instanceof TrustError || error instanceof FileError) log.error(error.message);
  else if (error instanceof ToolError) log.error([`${error.reason}: ${error.message}`, ...error.tail.slice(-20)].join("\n"));
  else
    log.error(
      `This is a bug in the gate; please report it with these lines.\n${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
    );
  if (effects.env.GITHUB_ACTIONS === "true") await writeOutputs({ verdict: "undecided" }, effects);
  return exitCode;
}

const exitOfCancelled = 4;

/** `file:line: text` -> a place for the annotation. */
function placeIn(problem: string): { file: string; line: number } | undefined {
  const found = /^([^\s:]+):(\d+): /.exec(problem);
  return found?.[1] === undefined ? undefined : { file: found[1], line: Number(found[2]) };
}
