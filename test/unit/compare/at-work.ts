/** A temporary folder with real files for the tests of this room. */
import { fileURLToPath } from "node:url";
import { onTestFinished } from "vitest";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

export const fixture = (path: string): string => fileURLToPath(new URL(`../../fixtures/${path}`, import.meta.url));

export async function atWork(): Promise<RunEffects> {
  const effects = await runEffects();
  onTestFinished(() => effects.end());
  return effects;
}

/** Writes bytes or text into the folder and gives the path. */
export async function put(effects: RunEffects, name: string, content: Uint8Array | string): Promise<string> {
  const path = `${effects.folder}/${name}`;
  if (typeof content === "string") await effects.files.writeText(path, content);
  else await effects.files.writeBytes(path, content);
  return path;
}
