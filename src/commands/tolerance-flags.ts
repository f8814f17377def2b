/** The tolerance of a command from `--tolerance` or `--tolerance-file`; the default limits without either. */
import { resolve } from "node:path";
import { parse } from "yaml";
import { readTolerance } from "../config/tolerance.ts";
import { toleranceSchema } from "../config/tolerance-schema.ts";
import { toleranceFromFlag } from "../config/tolerance-text.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Tolerance } from "../gate/verdict.ts";
import type { Parsed } from "./command.ts";

/** A file holds a `tolerance:` block, or its content alone. Throws ConfigError with every problem. */
export async function toleranceOf(parsed: Parsed, effects: Effects): Promise<Tolerance> {
  const file = parsed.text("tolerance-file");
  const flag = parsed.text("tolerance");
  if (file !== undefined && flag !== undefined) throw new ConfigError("--tolerance and --tolerance-file are both given; keep one.");
  return file === undefined ? toleranceFromFlag(flag) : readFile(file, effects);
}

async function readFile(file: string, { files, cwd }: Effects): Promise<Tolerance> {
  const path = resolve(cwd, file);
  if ((await files.stat(path))?.kind !== "file") throw new ConfigError(`${file} does not exist. Name a YAML file with a tolerance block.`);
  const value = parseYaml(await files.readText(path), file);
  const block = typeof value === "object" && value !== null && "tolerance" in value ? value.tolerance : value;
  const read = toleranceSchema.safeParse(block);
  if (read.success) return readTolerance(read.data);
  throw new ConfigError(read.error.issues.map((issue) => `${file}: ${issue.path.join(".") || "tolerance"}: ${issue.message}.`));
}

function parseYaml(text: string, file: string): unknown {
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw new ConfigError(
      `${file} is no YAML (${error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error)}). Correct it.`,
    );
  }
}
