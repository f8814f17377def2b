/** Whoever wants the plain candidate's final outputs besides the judge: each sample runs once, and its tensors go to all of them. */
import type { TensorPair } from "../model/engine.ts";
import type { Tensor } from "../model/tensor.ts";

export type Side = "reference" | "candidate";
export const sides: readonly Side[] = ["reference", "candidate"];

export interface OutputSink {
  take(pair: TensorPair): Promise<void>;
  /** After the last pair of a stream that ended well. */
  end(): Promise<void>;
}

/** Passes every pair on after the sinks have taken it. */
export async function* fanOut(pairs: AsyncIterable<TensorPair>, sinks: readonly OutputSink[]): AsyncGenerator<TensorPair> {
  for await (const pair of pairs) {
    for (const sink of sinks) await sink.take(pair);
    yield pair;
  }
  for (const sink of sinks) await sink.end();
}

/** Is told how many samples have begun; keeps nothing. */
export function hearSamples(hear: (begun: number) => void): OutputSink {
  const begun = new Set<number>();
  return {
    take: async ({ sample }) => {
      if (!begun.has(sample)) hear(begun.add(sample).size);
    },
    end: async () => {},
  };
}

export interface SampleSink {
  /** All outputs that each side gave for one sample; samples in the order of the stream. */
  sample(index: number, outputs: Readonly<Record<Side, readonly Tensor[]>>): Promise<void>;
  end(): Promise<void>;
}

/** Gathers the pairs of each sample: one sample's tensors are held, and no more. */
export function bySample(sink: SampleSink): OutputSink {
  let current: number | undefined;
  let held: Record<Side, Tensor[]> = { reference: [], candidate: [] };
  const flush = async () => {
    if (current !== undefined) await sink.sample(current, held);
    held = { reference: [], candidate: [] };
  };
  return {
    take: async ({ sample, reference, candidate }) => {
      if (sample !== current) await flush();
      current = sample;
      if (reference) held.reference.push(reference);
      if (candidate) held.candidate.push(candidate);
    },
    end: async () => {
      await flush();
      await sink.end();
    },
  };
}
