/** Shared by the entries: runs the story, publishes, and turns every ending into an exit code and one message. */
import type { Effects } from "./effects/effects.ts";
import { asExitCode, type ExitCode, exitCodes, overallExitCode } from "./gate/exit-code.ts";
import { writeOutputs } from "./github/outputs.ts";
import { type MainRequest, main, type Outcome } from "./main.ts";
import { type Publication, type Published, publish } from "./publish/publish.ts";
import { renderLogLine } from "./report/log-line.ts";
import { renderTerminal } from "./report/terminal.ts";
import { explainFailure } from "./run/explain-failure.ts";

export interface EntryResult {
  readonly exitCode: ExitCode;
  readonly outcome: Outcome | undefined;
  readonly published: Published | undefined;
}

/** For a log that is all a reader has: the figures as a chapter, and the result in its last line. */
export async function runAction(request: MainRequest, effects: Effects): Promise<ExitCode> {
  const { exitCode, outcome } = await runWhole(request, effects);
  if (outcome === undefined) return exitCode;
  const { log } = effects;
  const { report } = outcome;
  const checked = report.models.length > 0;
  if (checked) await log.group("Figures", async () => log.info(renderTerminal(report, { ansi: false })));
  log.info(checked ? renderLogLine(report) : `${renderLogLine(report)} (${report.selection.why})`);
  return exitCode;
}

/** Never rejects: what is thrown ends in an exit code and its message in the log. */
export async function runWhole(request: MainRequest, effects: Effects): Promise<EntryResult> {
  try {
    const outcome = await main(request, effects);
    const published = await publish(publicationOf(outcome), effects);
    return { exitCode: exitCodeOf(outcome, published), outcome, published };
  } catch (error) {
    return { exitCode: await endWithout(error, effects), outcome: undefined, published: undefined };
  }
}

/** The verdict stands where the report could not be written, but nobody can read what a pass rests on. */
function exitCodeOf({ report }: Outcome, { files }: Published): ExitCode {
  const exitCode = asExitCode(report.exitCode);
  return files === undefined ? overallExitCode([exitCode, exitCodes.undecided]) : exitCode;
}

/** What publishing needs of a run's outcome. */
export const publicationOf = ({ report, settings, event, config, reportFolder }: Outcome): Publication => ({
  report,
  options: settings.options,
  event,
  pullRequest: event?.pullRequest,
  api: () => config.checkout.api(),
  reportFolder,
});

/** There is no report to publish: the log says why, and a workflow still gets its output. Gives the exit code. */
export async function endWithout(failure: unknown, effects: Effects): Promise<ExitCode> {
  const exitCode = explainFailure(failure, effects);
  if (effects.env.GITHUB_ACTIONS === "true") await writeOutputs({ verdict: "undecided" }, effects);
  return exitCode;
}
