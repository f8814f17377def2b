/**
 * What samples are by their content: which are equal or nearly so, which stand in another set too; and that every number in them is one.
 * Rows of a batch count one by one, so that another batch size hides nothing. Decides nothing about what that means for a verdict.
 */
import { createHash } from "node:crypto";
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource } from "../model/job.ts";
import { type BatchRows, type Feed, isFloat, type Tensor } from "../model/tensor.ts";
import { areNear, type Sketch, sketchOf } from "./sketch.ts";

/** Of one row of a sample. */
export interface RowPrint {
  /** Names, types and shapes, and what is no float to the last bit. */
  readonly exact: string;
  /** Of the float inputs, by name. */
  readonly floats: readonly Sketch[];
  /** Of everything to the last bit, short enough to be written down: 96 bits of a SHA-256. */
  readonly content: string;
}

/** Of a sample's rows, in order; one for the whole where its inputs have no common first dimension. */
export type Fingerprint = readonly RowPrint[];

export interface FingerprintedSource extends FeedSource {
  /** Of the first `most` samples. Those that were read before are not read again. */
  fingerprints(most?: number): Promise<readonly Fingerprint[]>;
  /** Where a sample's rows lie among those of all samples; undefined while it or one before it was not read yet. */
  rowsOf(sample: number): BatchRows | undefined;
}

/** Calibration samples that nothing else reads are read, or written down, for a comparison alone: not without end. */
export const mostCompared = 4096;

const shown = 3;

/** Remembers what every sample was when it was read. ConfigError for a sample that holds NaN or an infinity. */
export function fingerprinted(source: FeedSource, what: string): FingerprintedSource {
  const known = new Map<number, Fingerprint>();
  const firsts = [0];
  const feed = async (index: number): Promise<Feed> => {
    const read = await source.feed(index);
    if (known.has(index)) return read;
    const fault = nonFinite(read);
    if (fault !== undefined) throw new ConfigError(faultText(source, what, [{ index, fault }], 1));
    known.set(index, fingerprintOf(read));
    return read;
  };
  return {
    ...source,
    feed,
    rowsOf: (sample) => {
      for (let next = firsts.length; next <= sample; next++) {
        const before = known.get(next - 1);
        if (before === undefined) return undefined;
        firsts.push((firsts[next - 1] ?? 0) + before.length);
      }
      const count = known.get(sample)?.length;
      return count === undefined ? undefined : { first: firsts[sample] ?? 0, count };
    },
    fingerprints: async (most = source.count) => {
      const prints: Fingerprint[] = [];
      for (let index = 0; index < Math.min(most, source.count); index++) {
        if (!known.has(index)) await feed(index);
        prints.push(known.get(index) ?? []);
      }
      return prints;
    },
  };
}

/** ConfigError that names some of the samples with NaN or infinities and counts them all. */
export async function refuseNonFinite(source: FeedSource, what: string): Promise<void> {
  const faulty: { index: number; fault: string }[] = [];
  for (let index = 0; index < source.count; index++) {
    const fault = nonFinite(await source.feed(index));
    if (fault !== undefined) faulty.push({ index, fault });
  }
  if (faulty.length > 0) throw new ConfigError(faultText(source, what, faulty, faulty.length));
}

function faultText(
  { description, count }: FeedSource,
  what: string,
  faulty: readonly { index: number; fault: string }[],
  all: number,
): string[] {
  const examples = faulty.slice(0, shown).map(({ index, fault }) => `${description}, sample ${index}: ${fault}.`);
  const total = `${all} of ${count} ${what} samples hold values that are no numbers; a model cannot be judged on them.`;
  return [
    ...examples.slice(0, -1),
    `${examples.at(-1)} ${all > 1 ? total : ""} Correct the samples, or leave them out.`.replaceAll("  ", " "),
  ];
}

/** `input "x" holds 17 NaN or infinite values, the first at index 5`; undefined where all are finite. */
function nonFinite(feed: Feed): string | undefined {
  for (const { name, dtype, data } of feed.values()) {
    if (!isFloat(dtype) || data instanceof BigInt64Array || data instanceof BigUint64Array) continue;
    const first = data.findIndex((value) => !Number.isFinite(value));
    if (first < 0) continue;
    let count = 0;
    for (const value of data) count += Number.isFinite(value) ? 0 : 1;
    return `input "${name}" holds ${count} NaN or infinite values, the first at index ${first}`;
  }
  return undefined;
}

/** One print a row of the batch; a single one where inputs differ in their first dimension or have none. */
export function fingerprintOf(feed: Feed): Fingerprint {
  const tensors = [...feed.values()].toSorted((a, b) => (a.name < b.name ? -1 : 1));
  const rows = new Set(tensors.map(({ shape }) => shape[0] ?? 0));
  const [count = 1] = rows;
  const each = rows.size === 1 && count > 0 && tensors.every(({ shape }) => shape.length > 0) ? count : 1;
  return Array.from({ length: each }, (_, row) => printRow(tensors, row, each));
}

function printRow(tensors: readonly Tensor[], row: number, rows: number): RowPrint {
  const hash = createHash("sha256");
  const content = createHash("sha256");
  const floats: Sketch[] = [];
  for (const { name, dtype, shape, data } of tensors) {
    const size = data.length / rows;
    const part = data.subarray(row * size, (row + 1) * size);
    hash.update(`${name} ${dtype} ${(rows === 1 && shape.length === 0 ? shape : shape.slice(1)).join()};`);
    const bytes = new Uint8Array(part.buffer, part.byteOffset, part.byteLength);
    if (part instanceof Float32Array || part instanceof Float64Array) {
      floats.push(sketchOf(part));
      content.update(bytes);
    } else hash.update(bytes);
  }
  const exact = hash.digest("base64");
  return { exact, floats, content: content.update(exact).digest("base64url").slice(0, 16) };
}

const isNearRow = (a: RowPrint, b: RowPrint): boolean =>
  a.exact === b.exact && a.floats.every((sketch, i) => b.floats[i] !== undefined && areNear(sketch, b.floats[i]));

/** Rows by what they hold: whether one is there already, up to what a copy changes. */
export class RowSet {
  readonly #rows = new Map<string, RowPrint[]>();

  constructor(prints: readonly Fingerprint[]) {
    for (const row of prints.flat()) {
      const alike = this.#rows.get(row.exact);
      if (alike === undefined) this.#rows.set(row.exact, [row]);
      else alike.push(row);
    }
  }

  has(row: RowPrint): boolean {
    return this.#rows.get(row.exact)?.some((other) => isNearRow(row, other)) ?? false;
  }
}

/** For each sample the index of the first one that it is equal to, or a near-copy of, row by row; its own where it is new. */
export function firstAlike(prints: readonly Fingerprint[]): number[] {
  const firsts: number[] = [];
  return prints.map((print, index) => {
    const alike = firsts.find((first) => {
      const other = prints[first] ?? [];
      return other.length === print.length && print.every((row, i) => other[i] !== undefined && isNearRow(row, other[i]));
    });
    if (alike === undefined) firsts.push(index);
    return alike ?? index;
  });
}

export interface Overlap {
  readonly samples: number;
  readonly distinct: number;
  /** Samples all of whose rows stand in the other set; undefined where there is no other set to look at. */
  readonly alsoInOther: number | undefined;
}

/** Another set, by what its samples hold or by the `content` of its rows. */
export type OtherSet = { readonly prints: readonly Fingerprint[] } | { readonly rows: readonly string[] };

/** Compares samples by content. `others`: the calibration data, say; empty where nothing is known of it. */
export function overlapOf(prints: readonly Fingerprint[], others: readonly OtherSet[]): Overlap {
  const found = others.map(holds);
  const isKnown = (row: RowPrint) => found.some((has) => has(row));
  return {
    samples: prints.length,
    distinct: new Set(firstAlike(prints)).size,
    alsoInOther: found.length === 0 ? undefined : prints.filter((print) => print.length > 0 && print.every(isKnown)).length,
  };
}

function holds(other: OtherSet): (row: RowPrint) => boolean {
  if ("prints" in other) {
    const rows = new RowSet(other.prints);
    return (row) => rows.has(row);
  }
  const rows = new Set(other.rows);
  return ({ content }) => rows.has(content);
}
