/**
 * Agreement of classes between two stored arrays, in blocks that hold whole decisions: rows of classes along the last axis,
 * or the channels of some pixels. What a decision is stays with measure/agreement.ts.
 */

import { type BlockSource, blockSource } from "../formats/block-source.ts";
import type { RangeReader } from "../formats/range-reader.ts";
import type { StoredArray } from "../formats/stored-array.ts";
import type { Numbers } from "../measure/accumulate.ts";
import { accumulateAgreement } from "../measure/agreement.ts";
import { pairOfNumbers } from "../measure/numbers.ts";
import type { Sums } from "../measure/sums.ts";
import { elementCount } from "../model/tensor.ts";

/** Elements of a block, unless one decision alone has more. */
const blockElements = 256 * 1024;
/** A longer last axis is no list of classes, and would have to be whole in memory. */
const mostClasses = 2 ** 20;

/** Adds rows and pixels to `sums`; shapes without classes add nothing. Both arrays are row-major and readable anywhere. */
export async function addDecisions(
  sums: Sums,
  reference: StoredArray,
  candidate: StoredArray,
  readers: readonly [RangeReader, RangeReader],
  k: number,
): Promise<void> {
  const { shape } = reference.header;
  const isMap = shape.length >= 4;
  const classes = (isMap ? shape[1] : shape.at(-1)) ?? 1;
  if (classes < 2 || classes > mostClasses || elementCount(shape) === 0 || shape.length > 5) return;
  const most = Math.max(blockElements, classes);
  const sources = [blockSource(reference, readers[0], most), blockSource(candidate, readers[1], most)] as const;
  if (isMap) await addPixels(sums, sources, shape, Math.max(1, Math.floor(most / classes)), k);
  else await addRows(sums, sources, elementCount(shape) / classes, classes, Math.max(1, Math.floor(most / classes)), k);
  for (const source of sources) await source.close();
}

type Sources = readonly [BlockSource, BlockSource];

async function addRows(sums: Sums, sources: Sources, rows: number, classes: number, rowsAtOnce: number, k: number): Promise<void> {
  for (let row = 0; row < rows; row += rowsAtOnce) {
    const count = Math.min(rowsAtOnce, rows - row);
    const [r, c] = pairOfNumbers(
      await sources[0].next(row * classes, count * classes),
      await sources[1].next(row * classes, count * classes),
    );
    accumulateAgreement(sums, r, c, [count, classes], k);
  }
}

async function addPixels(sums: Sums, sources: Sources, shape: readonly number[], pixelsAtOnce: number, k: number): Promise<void> {
  const [images = 1, channels = 1] = shape;
  const plane = elementCount(shape.slice(2));
  for (let image = 0; image < images; image++) {
    for (let pixel = 0; pixel < plane; pixel += pixelsAtOnce) {
      const count = Math.min(pixelsAtOnce, plane - pixel);
      const [r, c] = [new Float64Array(channels * count), new Float64Array(channels * count)];
      for (let channel = 0; channel < channels; channel++) {
        const first = (image * channels + channel) * plane + pixel;
        const block: readonly [Numbers, Numbers] = pairOfNumbers(await sources[0].next(first, count), await sources[1].next(first, count));
        r.set(block[0].subarray(0, count), channel * count);
        c.set(block[1].subarray(0, count), channel * count);
      }
      accumulateAgreement(sums, r, c, [1, channels, count, 1], k);
    }
  }
}
