/** The action behind its launcher: inputs from the environment, log commands on stdout, exit code of the verdict. */

import { inputSpecs } from "./config/inputs.ts";
import { actionsLog } from "./effects/log.ts";
import { realEffects } from "./effects/real.ts";
import { endWithout, runAction } from "./entry.ts";
import { recordResource } from "./github/post-state.ts";
import { guardProcess } from "./process-guard.ts";

/** Ends the process. */
export async function runActionProcess(): Promise<never> {
  const { env } = process;
  const guard = guardProcess();
  const log = actionsLog({
    write: (text) => process.stdout.write(text),
    isTerminal: false,
    monotonicMs: () => performance.now(),
    debug: env.RUNNER_DEBUG === "1",
    every: (ms, tick) => void setInterval(tick, ms).unref(),
  });
  const token = env["INPUT_GITHUB-TOKEN"];
  if (token) process.stdout.write(`::add-mask::${token}\n`);
  const memory = recordResource(env.GITHUB_STATE, env.RUNNER_TEMP);
  const effects = realEffects({
    env: { ...env },
    cwd: env.GITHUB_WORKSPACE || process.cwd(),
    log,
    cancelled: guard.cancelled,
    onRun: memory.run,
    onTempFolder: memory.folder,
    onChild: memory.child,
  });
  guard.onBug(async (error) => {
    process.once("exit", effects.removeFoldersNow);
    await endWithout(error, effects);
    await effects.dispose();
  });

  // Absent is not empty: an empty artifact-name means "no upload".
  const inputs = Object.fromEntries(
    inputSpecs.flatMap(({ name }) => {
      const text = env[`INPUT_${name.toUpperCase()}`];
      return text === undefined ? [] : [[name, text.trim()]];
    }),
  );
  const exitCode = await runAction({ inputs }, effects);
  await effects.dispose();
  // Open sockets of the API client may keep the process alive: the job waits for nobody.
  process.exit(process.exitCode ?? exitCode);
}
