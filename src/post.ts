/** The door after the step, also after a cancelled one: removes what the run wrote down that it made. Uploads nothing, judges nothing. */
import { pathToFileURL } from "node:url";
import { inert } from "./effects/inert.ts";
import { stateName, takeAway } from "./github/left-behind.ts";

/** Never fails the job: what cannot be removed is said. */
export async function post(env: Readonly<Record<string, string | undefined>>, write: (line: string) => void): Promise<void> {
  try {
    const gone = await takeAway(env[`STATE_${stateName}`], env.RUNNER_TEMP);
    for (const name of gone) write(inert(`Removed ${name}`));
  } catch (error) {
    write(inert(`Not everything could be removed: ${error instanceof Error ? error.message : String(error)}`));
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await post(process.env, (line) => process.stdout.write(`${line}\n`));
}
