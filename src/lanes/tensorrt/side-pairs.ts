/** Final outputs of two engines side by side, and how far apart they are: for keeping or dropping marks. Verdicts come from elsewhere. */
import { measure } from "../../measure/measure.ts";
import type { TensorPair } from "../../model/engine.ts";
import type { Side } from "./session.ts";

export interface Compared {
  readonly reference: Pick<Side, "tensor">;
  readonly candidate: Pick<Side, "tensor">;
  readonly outputs: readonly string[];
}

/** A side that does not give an output has none of it. */
export async function* outputPairs({ reference, candidate, outputs }: Compared, samples: readonly number[]): AsyncGenerator<TensorPair> {
  for (const sample of samples)
    for (const tensor of outputs)
      yield {
        sample,
        tensor,
        role: "output",
        reference: await reference.tensor(sample, tensor),
        candidate: await candidate.tensor(sample, tensor),
      };
}

/** Smallest pooled SQNR of an output, dB. Infinity where all are identical (zeros too), NaN where one cannot be compared or nothing was. */
export async function smallestSqnrDb(pairs: AsyncIterable<TensorPair>): Promise<number> {
  const { measurements } = await measure(pairs, { topK: 1, atol: 0, rtol: 0, seed: 0 });
  const figures = measurements.map(({ metrics }) => metrics.sqnrDb ?? Number.NaN);
  return figures.length === 0 ? Number.NaN : Math.min(...figures);
}
