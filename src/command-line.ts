/** The entry of the command: real effects in, exit code out. Everything else is commands/run-line.ts. */
import { loaders } from "./commands/registry.ts";
import { runLine } from "./commands/run-line.ts";
import { actionsLog, plainLog } from "./effects/log.ts";
import { ownCommand, plainCommand } from "./effects/own-command.ts";
import { realEffects } from "./effects/real.ts";
import { exitCodes, overallExitCode } from "./gate/exit-code.ts";
import { shellLine } from "./model/shell-word.ts";
import { guardProcess } from "./process-guard.ts";
import { explainFailure } from "./run/explain-failure.ts";
import { version } from "./version.ts";

/** Sets the exit code of the process and leaves its end to Node. */
export async function runCommandLine(): Promise<void> {
  const guard = guardProcess();
  const { env, argv, execPath } = process;
  const cwd = process.cwd();
  // In a workflow the command annotates as the action does, and its readers call it as the documentation has it.
  const isWorkflow = env.GITHUB_ACTIONS === "true";
  const command = isWorkflow ? plainCommand : shellLine(ownCommand({ script: argv[1] ?? "", node: execPath, env, cwd }));
  const log = (isWorkflow ? actionsLog : plainLog)({
    command,
    cwd,
    write: (text) => process.stderr.write(text),
    isTerminal: process.stderr.isTTY === true && env.CI === undefined,
    monotonicMs: () => performance.now(),
    debug: env.RUNNER_DEBUG === "1",
    every: (ms, tick) => void setInterval(tick, ms).unref(),
  });
  const effects = realEffects({ env: { ...env }, cwd, command, log, cancelled: guard.cancelled });
  guard.onBug(async (error) => {
    process.once("exit", effects.removeFoldersNow);
    explainFailure(error, effects);
    await effects.dispose();
  });
  const print = (text: string) => {
    log.clear();
    process.stdout.write(text);
  };
  let exitCode = await runLine(argv.slice(2), {
    effects,
    io: { out: print, isTerminal: process.stdout.isTTY === true },
    version,
    loaders,
  });
  log.clear();
  await effects.dispose();
  const failure = guard.outputFailure();
  if (failure !== undefined) {
    log.error(`The result could not be written to standard output (${failure}). Free space there, or write it to another place.`);
    exitCode = overallExitCode([exitCode, exitCodes.undecided]);
  }
  // A bug meanwhile has set its own code already.
  process.exitCode ??= exitCode;
}
