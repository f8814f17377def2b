/** The flags of `compare` that need more than reading: the mapping of names and the number of threads. */
import { availableParallelism } from "node:os";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Parsed } from "./command.ts";

/** Files of together fewer bytes are compared in this thread: starting others would take longer. */
const smallBytes = 16 * 2 ** 20;
const mostThreads = 8;

/** `REFERENCE=CANDIDATE` pairs. Throws ConfigError with every problem. */
export function mapOf(pairs: readonly string[]): Map<string, string> {
  const map = new Map<string, string>();
  const problems: string[] = [];
  for (const pair of pairs) {
    const [from, to, ...rest] = pair.split("=");
    if (!from || !to || rest.length > 0) problems.push(`--map is "${pair}"; write REFERENCE=CANDIDATE.`);
    else if (map.has(from)) problems.push(`--map gives "${from}" twice; keep one.`);
    else map.set(from, to);
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return map;
}

/** 0: small files, no threads. */
export async function threadsFor(paths: readonly string[], parsed: Parsed, { files }: Effects): Promise<number> {
  const asked = parsed.number("threads");
  if (asked !== undefined && !(Number.isInteger(asked) && asked >= 1))
    throw new ConfigError(`--threads is ${asked}; write a whole number from 1.`);
  const stats = await Promise.all(paths.map((path) => files.stat(path)));
  const sizeBytes = stats.reduce((sum, stat) => sum + (stat?.kind === "file" ? stat.sizeBytes : 0), 0);
  const anyFolder = stats.some((stat) => stat?.kind === "folder");
  return sizeBytes < smallBytes && !anyFolder ? 0 : (asked ?? Math.min(mostThreads, availableParallelism()));
}
