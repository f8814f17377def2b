#!/usr/bin/env node
/** The entry of the command: real effects in, exit code out. Everything else is commands/run-line.ts. */
import { loaders } from "./commands/registry.ts";
import { runLine } from "./commands/run-line.ts";
import { actionsLog, plainLog } from "./effects/log.ts";
import { realEffects } from "./effects/real.ts";
import { version } from "./version.ts";

const cancel = new AbortController();
const stop = (signal: NodeJS.Signals): void => {
  // A second signal means now.
  if (cancel.signal.aborted) process.exit(4);
  cancel.abort(new Error(`cancelled by ${signal}`));
  // Whatever does not listen is ended with the process.
  setTimeout(() => process.exit(4), 6500).unref();
};
process.on("SIGINT", stop);
process.on("SIGTERM", stop);
// A reader that went away (`trt-gate … | head`) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
});

// In a workflow the command annotates as the action does.
const log = (process.env.GITHUB_ACTIONS === "true" ? actionsLog : plainLog)({
  write: (text) => process.stderr.write(text),
  isTerminal: process.stderr.isTTY === true && process.env.CI === undefined,
  monotonicMs: () => performance.now(),
  debug: process.env.RUNNER_DEBUG === "1",
});
const effects = realEffects({ env: { ...process.env }, cwd: process.cwd(), log, cancelled: cancel.signal });
try {
  process.exitCode = await runLine(process.argv.slice(2), {
    effects,
    io: { out: (text) => process.stdout.write(text), isTerminal: process.stdout.isTTY === true },
    version,
    loaders,
  });
} finally {
  await effects.dispose();
}
