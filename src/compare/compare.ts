/**
 * Measures two saved sides, tensor by tensor in the reference's order, in constant memory and on several cores.
 * Decides what is shared out; pairing is match-tensors.ts, judging is the caller's.
 */

import { elementBytes } from "../formats/dtypes.ts";
import type { Closeness } from "../measure/accumulate.ts";
import { mergeValues, type ValueCounts } from "../measure/by-value.ts";
import { type EntrySums, mergeEntries } from "../measure/entries.ts";
import type { Measurement } from "../measure/measurement.ts";
import { mergeSums } from "../measure/sums.ts";
import { type SampleSums, type TensorSums, toMeasurement } from "../measure/tensor-sums.ts";
import { isFloat } from "../model/tensor.ts";
import type { PairedSides, TensorPairs } from "./match-tensors.ts";
import { type RangeJob, rangesOf } from "./measure-range.ts";
import type { WorkerPool } from "./worker-pool.ts";

export interface CompareOptions extends Closeness {
  readonly topK: number;
  readonly seed: number;
  /** Tensors whose decisions (arg-max) are compared too; they are read twice. */
  readonly decisions: (tensor: string) => boolean;
  /** Told of every tensor that is done, with the bytes of both arrays. */
  readonly onTensor?: (tensor: string, bytes: number) => void;
}

/** Elements of one piece of work. */
const pieceElements = 2 ** 22;
interface Share {
  readonly tensor: TensorPairs;
  readonly sample: number;
  readonly job: RangeJob;
}

/** One measurement a tensor, each as soon as it is known; closing the pool stops the rest. Throws FileError for damaged arrays. */
export async function* measureSides(sides: PairedSides, options: CompareOptions, pool: WorkerPool): AsyncGenerator<Measurement> {
  const shares = sides.tensors.flatMap((tensor) => sharesOf(tensor, options));
  const sums = shares.map(({ job }) => pool.measure(job));
  for (const pending of sums) pending.catch(() => {});
  let at = 0;
  for (const tensor of sides.tensors) {
    const samples: SampleSums[] = [];
    let bytes = 0;
    let entries: readonly EntrySums[] | undefined;
    let byValue: ValueCounts | undefined;
    for (; shares[at]?.tensor === tensor; at++) {
      const share = shares[at];
      const part = await sums[at];
      if (!share || !part) throw new Error("a share of the comparison has no result");
      addPart(samples, share.sample, part.sums);
      if (entries && part.entries) mergeEntries(entries, part.entries);
      else entries ??= part.entries;
      if (byValue && part.byValue) mergeValues(byValue, part.byValue);
      else byValue ??= part.byValue;
      bytes += jobBytes(share.job);
    }
    options.onTensor?.(tensor.tensor, bytes);
    yield toMeasurement(sumsOf(tensor, samples, { entries, byValue }), { seed: options.seed });
  }
}

function sharesOf(tensor: TensorPairs, options: CompareOptions): Share[] {
  return tensor.pairs.flatMap(({ sample, reference, candidate }) => {
    const topK = options.decisions(tensor.tensor) ? options.topK : undefined;
    const byEntry = topK !== undefined && isFloat(reference.header.dtype);
    const byValue = !isFloat(reference.header.dtype);
    return rangesOf(reference, candidate, pieceElements).map(({ first, count }) => ({
      tensor,
      sample,
      // Decisions do not fit into pieces: the first piece compares them all.
      job: {
        reference,
        candidate,
        first,
        count,
        topK: first === 0 ? topK : undefined,
        byEntry,
        byValue,
        atol: options.atol,
        rtol: options.rtol,
      },
    }));
  });
}

const jobBytes = ({ reference, candidate, count }: RangeJob): number =>
  count * (elementBytes(reference.header.dtype) + elementBytes(candidate.header.dtype));

/** Pieces of one sample are merged into one. */
function addPart(samples: SampleSums[], sample: number, sums: SampleSums["sums"]): void {
  const last = samples.at(-1);
  if (last?.sample === sample) mergeSums(last.sums, sums);
  else samples.push({ sample, sums });
}

type Breakdown = { readonly entries: readonly EntrySums[] | undefined; readonly byValue: ValueCounts | undefined };

function sumsOf(tensor: TensorPairs, samples: SampleSums[], { entries, byValue }: Breakdown): TensorSums {
  const { fault, note, pairs } = tensor;
  const dtype = pairs[0]?.reference.header.dtype;
  const kind = dtype === undefined || isFloat(dtype) ? "quantity" : "index";
  return {
    tensor: tensor.tensor,
    role: "output",
    kind,
    samples,
    entries,
    byValue,
    fault,
    note,
  };
}
