/**
 * Sums over a range of elements of one array pair, read block by block from both files: what a worker thread does.
 * Neither array is ever whole in memory, except column-major ones and packed ones whose class agreement is asked for.
 */

import { blockSource } from "../formats/block-source.ts";
import type { RangeReader } from "../formats/range-reader.ts";
import { isRowMajor, readTensor, type StoredArray } from "../formats/stored-array.ts";
import { accumulate, type Closeness } from "../measure/accumulate.ts";
import { accumulateAgreement } from "../measure/agreement.ts";
import { addValues, type ValueCounts } from "../measure/by-value.ts";
import { addEntries, type EntrySums, emptyEntries } from "../measure/entries.ts";
import { pairOfNumbers } from "../measure/numbers.ts";
import { emptySums, type Sums } from "../measure/sums.ts";
import { elementCount } from "../model/tensor.ts";
import { addDecisions } from "./agreement.ts";

/** One piece of work. Plain data: it is posted to a thread. */
export interface RangeJob extends Closeness {
  readonly reference: StoredArray;
  readonly candidate: StoredArray;
  readonly first: number;
  readonly count: number;
  /** k of top-k where this job compares the decisions of the whole array too. */
  readonly topK: number | undefined;
  /** Whether figures by entry along its axes are wanted. */
  readonly byEntry: boolean;
  /** Whether agreement by value is wanted: of names. */
  readonly byValue: boolean;
}

/** `entries` and `byValue`: of this range alone, where the job wants them. */
export interface RangeSums {
  readonly sums: Sums;
  readonly entries?: readonly EntrySums[];
  readonly byValue?: ValueCounts;
}

/** Elements read at a time from each side: a multiple of 3, so that base64 blocks begin at whole groups. */
export const blockElements = 48 * 1024;

/** `open` gives a reader per file, kept by the caller. Throws FileError for damage found while reading. */
export async function measureRange(job: RangeJob, open: (file: string) => Promise<RangeReader>): Promise<RangeSums> {
  const { reference, candidate } = job;
  const { shape } = reference.header;
  const entries = job.byEntry ? emptyEntries(shape, "listed") : undefined;
  const byValue: ValueCounts | undefined = job.byValue ? new Map() : undefined;
  const readers = [await open(reference.file), await open(candidate.file)] as const;
  const sums = emptySums();
  if (
    !isRowMajor(reference.header) ||
    !isRowMajor(candidate.header) ||
    (job.topK !== undefined && !(isSeekable(reference) && isSeekable(candidate)))
  ) {
    const [r, c] = pairOfNumbers((await readTensor("", reference, readers[0])).data, (await readTensor("", candidate, readers[1])).data);
    accumulate(sums, r, c, r.length, job);
    if (job.topK !== undefined) accumulateAgreement(sums, r, c, shape, job.topK);
    if (entries) addEntries(entries, r, c, { shape, first: 0, count: r.length });
    if (byValue) addValues(byValue, r, c);
    return { sums, ...(entries ? { entries } : {}), ...(byValue ? { byValue } : {}) };
  }
  const sources = [blockSource(reference, readers[0], blockElements), blockSource(candidate, readers[1], blockElements)] as const;
  const end = job.first + job.count;
  for (let at = job.first; at < end; at += blockElements) {
    const count = Math.min(blockElements, end - at);
    const [r, c] = pairOfNumbers(await sources[0].next(at, count), await sources[1].next(at, count));
    accumulate(sums, r, c, count, job);
    if (entries) addEntries(entries, r, c, { shape, first: at, count });
    if (byValue) addValues(byValue, r, c);
  }
  await sources[0].close();
  await sources[1].close();
  if (job.topK !== undefined) await addDecisions(sums, reference, candidate, readers, job.topK);
  return { sums, ...(entries ? { entries } : {}), ...(byValue ? { byValue } : {}) };
}

/** Arrays that can be read anywhere are shared out in pieces; packed ones are read once from their beginning. */
export function rangesOf(reference: StoredArray, candidate: StoredArray, pieceElements: number): { first: number; count: number }[] {
  const all = elementCount(reference.header.shape);
  const whole = [{ first: 0, count: all }];
  if (all <= pieceElements || ![reference, candidate].every(isSeekable)) return whole;
  return Array.from({ length: Math.ceil(all / pieceElements) }, (_, i) => ({
    first: i * pieceElements,
    count: Math.min(pieceElements, all - i * pieceElements),
  }));
}

function isSeekable({ place, header }: StoredArray): boolean {
  if (!isRowMajor(header)) return false;
  return (
    place.kind === "raw" ||
    place.kind === "base64" ||
    (place.kind === "entry" && place.archive === undefined && place.entry.method === "stored")
  );
}
