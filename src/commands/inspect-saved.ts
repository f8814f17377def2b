/** Saved outputs or inputs: type, shape and statistics of every tensor of every iteration. */
import { openReaders } from "../compare/open-readers.ts";
import { tensorStats } from "../compare/tensor-stats.ts";
import type { Files } from "../effects/effects.ts";
import type { Iteration, SavedFile } from "../formats/saved-file.ts";
import { toNum } from "../report/schema.ts";
import type { Inspection, TensorFacts } from "./inspection.ts";

/** Reads every element once; one array is in memory at a time. */
export async function inspectSaved(saved: SavedFile, files: Files): Promise<Inspection> {
  const readers = openReaders(files);
  try {
    const runners = [];
    for (const { name, iterations } of saved.runners) {
      const facts: TensorFacts[][] = [];
      for (const iteration of iterations) facts.push(await factsOf(iteration, readers.open));
      runners.push({ name, iterations: facts });
    }
    return { kind: saved.holds, path: saved.path, format: saved.format, runners };
  } finally {
    await readers.close();
  }
}

async function factsOf(iteration: Iteration, open: ReturnType<typeof openReaders>["open"]): Promise<TensorFacts[]> {
  const facts: TensorFacts[] = [];
  for (const [tensor, array] of iteration) {
    const { min, max, mean, std, nonFinite } = await tensorStats(array, await open(array.file));
    facts.push({
      tensor,
      dtype: array.header.dtype,
      shape: array.header.shape,
      min: toNum(min),
      max: toNum(max),
      mean: toNum(mean),
      std: toNum(std),
      nonFinite,
      ...(array.isMadeUp ? { isMadeUp: true } : {}),
    });
  }
  return facts;
}
