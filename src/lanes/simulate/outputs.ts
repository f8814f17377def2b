/**
 * Final outputs of both sides, sample by sample. The reference is run once a sample and remembered within a byte budget, since a search asks again and again.
 * Small models hold one candidate session for all choices of units; large ones are built anew for each choice.
 */

import type { TensorPair } from "../../model/engine.ts";
import type { Tensor } from "../../model/tensor.ts";
import { assign, gateName, switchable } from "./candidate.ts";
import { mentionsHalf } from "./half-in-float.ts";
import type { Sides } from "./quantized-pair.ts";
import type { RunContext } from "./run-context.ts";
import type { Session } from "./session.ts";

type Outputs = ReadonlyMap<string, Tensor>;
/** A switchable model holds every weight twice: beyond this, one choice at a time. */
const gatedWeightBytes = 300e6;
const rememberedBytes = 256e6;

export interface OutputRunner {
  /** Runs the reference for these samples ahead; frees its session where it is large and all fitted. */
  prepare(samples: readonly number[]): Promise<void>;
  pairs(sample: number, keep: ReadonlySet<string>): AsyncIterable<TensorPair>;
  /** Closes the candidate of a large model, so that layers can be run in its place. */
  yieldMemory(): Promise<void>;
  /** The next candidate run builds its session anew. */
  rebuild(): Promise<void>;
  close(): Promise<void>;
}

/** Opens nothing before it is asked. */
export function outputRunner(bench: RunContext, sides: Sides): OutputRunner {
  const bytes = sides.candidate.units.reduce((sum, unit) => sum + unit.weightBytes, 0);
  // Half precision runs in float32 between casts, which are not put into bodies.
  const large = bytes > gatedWeightBytes || mentionsHalf(sides.candidate.network);
  const reference = referenceRunner(bench, sides);
  const candidate = large ? strippedRunner(bench, sides) : gatedRunner(bench, sides);
  return {
    prepare: async (samples) => {
      const all = await reference.remember(samples);
      if (large && all) await reference.close();
    },
    pairs: async function* (sample, keep) {
      const [ours, theirs] = [await reference.run(sample), await candidate.run(sample, keep)];
      for (const { name } of sides.reference.outputs) {
        yield { sample, tensor: name, role: "output", reference: ours.get(name), candidate: theirs.get(name) };
      }
    },
    yieldMemory: async () => {
      if (large) await candidate.close();
    },
    rebuild: () => candidate.close(),
    close: async () => {
      await reference.close();
      await candidate.close();
    },
  };
}

function referenceRunner(bench: RunContext, sides: Sides) {
  const remembered = new Map<number, Outputs>();
  let heldBytes = 0;
  let session: Session | undefined;
  const run = async (sample: number): Promise<Outputs> => {
    const known = remembered.get(sample);
    if (known !== undefined) return known;
    session ??= await bench.open(sides.reference, "float reference");
    const outputs = await session.run(await bench.job.validation.feed(sample));
    const sizeBytes = [...outputs.values()].reduce((sum, tensor) => sum + tensor.data.byteLength, 0);
    if (heldBytes + sizeBytes <= rememberedBytes) {
      heldBytes += sizeBytes;
      remembered.set(sample, outputs);
    }
    return outputs;
  };
  return {
    run,
    /** True when all of them are remembered. Stops at the first that does not fit. */
    remember: async (samples: readonly number[]): Promise<boolean> => {
      for (const sample of samples) {
        if (heldBytes >= rememberedBytes) break;
        bench.checkTime();
        await run(sample);
        if (!remembered.has(sample)) break;
      }
      return samples.every((sample) => remembered.has(sample));
    },
    close: async () => {
      await session?.release();
      session = undefined;
    },
  };
}

interface CandidateRunner {
  run(sample: number, keep: ReadonlySet<string>): Promise<Outputs>;
  close(): Promise<void>;
}

function gatedRunner(bench: RunContext, sides: Sides): CandidateRunner {
  let session: Session | undefined;
  return {
    run: async (sample, keep) => {
      session ??= await bench.open(switchable(sides.candidate), "candidate");
      const gates = sides.candidate.units.map(
        (unit, i): Tensor => ({ name: gateName(i), dtype: "bool", shape: [1], data: Uint8Array.of(keep.has(unit.id) ? 1 : 0) }),
      );
      const feed = await bench.job.validation.feed(sample);
      return session.run(new Map([...feed, ...gates.map((gate) => [gate.name, gate] as const)]));
    },
    close: async () => {
      await session?.release();
      session = undefined;
    },
  };
}

function strippedRunner(bench: RunContext, sides: Sides): CandidateRunner {
  let open: { readonly session: Session; readonly keep: ReadonlySet<string> } | undefined;
  const close = async () => {
    await open?.session.release();
    open = undefined;
  };
  return {
    run: async (sample, keep) => {
      if (open === undefined || keep.symmetricDifference(open.keep).size > 0) {
        await close();
        open = {
          session: await bench.open(assign(sides.candidate, keep), `candidate with ${keep.size} units in float`),
          keep: new Set(keep),
        };
      }
      return open.session.run(await bench.job.validation.feed(sample));
    },
    close,
  };
}
