/** The tolerance of a command from `--tolerance` or `--tolerance-file`; the default limits without either. */
import { resolve } from "node:path";
import { toleranceFromFile, toleranceFromFlag } from "../config/tolerance-text.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Tolerance } from "../gate/verdict.ts";
import type { Parsed } from "./command.ts";

/** Throws ConfigError with every problem. */
export async function toleranceOf(parsed: Parsed, { files, cwd }: Effects): Promise<Tolerance> {
  const file = parsed.text("tolerance-file");
  const flag = parsed.text("tolerance");
  if (file !== undefined && flag !== undefined) throw new ConfigError("--tolerance and --tolerance-file are both given; keep one.");
  if (file === undefined) return toleranceFromFlag(flag);
  const path = resolve(cwd, file);
  if ((await files.stat(path))?.kind !== "file") throw new ConfigError(`${file} does not exist. Name a YAML file with a tolerance block.`);
  return toleranceFromFile({ path: file, text: await files.readText(path) });
}
