/** The entry after the step, also after a cancelled one: removes what the run wrote down that it made. Uploads nothing and never fails the job. */
import { sanitizeLog } from "./effects/sanitize-log.ts";
import { cleanUp, stateName } from "./github/post-state.ts";

const say = (line: string) => process.stdout.write(`${sanitizeLog(line)}\n`);

try {
  for (const name of await cleanUp(process.env[`STATE_${stateName}`], process.env.RUNNER_TEMP)) say(`Removed ${name}`);
} catch (error) {
  say(`Not everything could be removed: ${error instanceof Error ? error.message : String(error)}`);
}
