/**
 * Layer tensors of both sides and each unit's injected error, in batches bounded by bytes: one batch of one sample is in memory at a time.
 * With optimisation disabled, marking does not change what is computed.
 */

import type { TensorPair } from "../../model/engine.ts";
import { plural } from "../../model/plural.ts";
import { elementCount, type Feed, isFloat, type Tensor } from "../../model/tensor.ts";
import { guessedTypes } from "../../onnx/element-types.ts";
import { DataType } from "../../onnx/model.ts";
import { nonTensors } from "../../onnx/sequences.ts";
import { injectedName, withInjected, withOutputs } from "./candidate.ts";
import type { Sides } from "./quantized-pair.ts";
import type { RunContext } from "./run-context.ts";
import type { Session } from "./session.ts";

/** Of both sides and the injected tensors of one batch, as float32. */
const batchBytes = 128e6;
/** Sessions of a batch stay open between samples while their weights are small. */
const heldWeightBytes = 100e6;

export interface LayerRunner {
  pairs(sample: number, keep: ReadonlySet<string>): AsyncIterable<TensorPair>;
  close(): Promise<void>;
}

interface BatchSessions {
  readonly reference: Session;
  readonly candidate: Session;
}

/** `shapes`: of each layer tensor, for the size of batches. Sessions stay open between calls only where their weights fit `heldWeightBytes`. */
export function layerRunner(bench: RunContext, sides: Sides, shapes: ReadonlyMap<string, readonly number[]>): LayerRunner {
  const finals = new Set(sides.reference.outputs.map((output) => output.name));
  const batches = batchesOf(layerTensors(sides, finals), shapes);
  const unitByOutput = new Map(sides.candidate.units.map((unit) => [unit.output, unit]));
  const holds = batches.length * sides.candidate.units.reduce((sum, unit) => sum + unit.weightBytes, 0) <= heldWeightBytes;
  const held = new Map<string, BatchSessions>();

  const openReference = (names: readonly string[]) =>
    bench.open(withOutputs(sides.reference, names), `float reference, ${plural(names.length, "tensor")} marked`);
  const openCandidate = (names: readonly string[], keep: ReadonlySet<string>) => {
    const injected = names
      .filter((name) => {
        const unit = unitByOutput.get(name);
        return unit !== undefined && !keep.has(unit.id);
      })
      .map(injectedName);
    return bench.open(
      withOutputs(withInjected(sides.candidate, keep), [...names, ...injected]),
      `candidate, ${plural(names.length, "tensor")} marked`,
    );
  };
  const openBatch = async (index: number, keep: ReadonlySet<string>): Promise<BatchSessions> => {
    const key = `${index}:${[...keep].toSorted().join("\n")}`;
    const known = held.get(key);
    if (known !== undefined) return known;
    if (held.size >= batches.length) await closeHeld(held);
    const names = batches[index] ?? [];
    const opened = await openBoth(
      () => openReference(names),
      () => openCandidate(names, keep),
    );
    held.set(key, opened);
    return opened;
  };
  /** One session at a time: the weights of a large model are in memory once. */
  const runBriefly = async (index: number, keep: ReadonlySet<string>, feed: Feed) => {
    const names = batches[index] ?? [];
    const reference = await runOnce(await openReference(names), feed);
    return { reference, candidate: await runOnce(await openCandidate(names, keep), feed) };
  };

  return {
    pairs: async function* (sample, keep) {
      const feed = await bench.job.validation.feed(sample);
      for (const [index, names] of batches.entries()) {
        bench.checkTime();
        const { reference, candidate } = holds ? await runHeld(await openBatch(index, keep), feed) : await runBriefly(index, keep, feed);
        for (const name of names) yield* pairsOf(sample, name, { reference, candidate, isFinal: finals.has(name) });
      }
    },
    close: () => closeHeld(held),
  };
}

function* pairsOf(
  sample: number,
  name: string,
  sides: { reference: ReadonlyMap<string, Tensor>; candidate: ReadonlyMap<string, Tensor>; isFinal: boolean },
): Iterable<TensorPair> {
  const reference = sides.reference.get(name);
  const candidate = sides.candidate.get(name);
  if (reference === undefined || !isFloat(reference.dtype)) return;
  if (!sides.isFinal) yield { sample, tensor: name, role: "layer", reference, candidate };
  const injected = sides.candidate.get(injectedName(name));
  if (injected !== undefined) yield { sample, tensor: name, role: "injected", reference: { ...injected, name }, candidate };
}

/** A reference whose candidate cannot be opened is let go. */
async function openBoth(openReference: () => Promise<Session>, openCandidate: () => Promise<Session>): Promise<BatchSessions> {
  const reference = await openReference();
  try {
    return { reference, candidate: await openCandidate() };
  } catch (error) {
    await reference.release();
    throw error;
  }
}

const runHeld = async (sessions: BatchSessions, feed: Feed) => ({
  reference: await sessions.reference.run(feed),
  candidate: await sessions.candidate.run(feed),
});

async function runOnce(session: Session, feed: Feed) {
  try {
    return await session.run(feed);
  } finally {
    await session.release();
  }
}

const release = async (sessions: BatchSessions) => {
  await sessions.reference.release();
  await sessions.candidate.release();
};

async function closeHeld(held: Map<string, BatchSessions>): Promise<void> {
  for (const sessions of held.values()) await release(sessions);
  held.clear();
}

/** Tensors that both sides compute; of the final outputs only those that a unit writes, for its injected error. */
function layerTensors(sides: Sides, finals: ReadonlySet<string>): string[] {
  const inCandidate = new Set(sides.candidate.network.nodes.flatMap((node) => node.output));
  const unitOutputs = new Set(sides.candidate.units.map((unit) => unit.output));
  const odd = nonTensors(sides.reference);
  const types = guessedTypes(sides.reference);
  return sides.reference.nodes
    .flatMap((node) => node.output)
    .filter(
      (name) =>
        inCandidate.has(name) &&
        !odd.has(name) &&
        types.get(name) !== DataType.STRING &&
        (!finals.has(name) || unitOutputs.has(name)) &&
        name !== "",
    );
}

function batchesOf(names: readonly string[], shapes: ReadonlyMap<string, readonly number[]>): string[][] {
  const batches: string[][] = [];
  let held = Number.POSITIVE_INFINITY;
  for (const name of names) {
    const sizeBytes = 3 * 4 * elementCount(shapes.get(name) ?? [1]);
    if (held + sizeBytes > batchBytes) {
      batches.push([]);
      held = 0;
    }
    batches.at(-1)?.push(name);
    held += sizeBytes;
  }
  return batches;
}
