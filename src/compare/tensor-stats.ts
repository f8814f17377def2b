/** Smallest, largest, mean and spread of a stored array, block by block in float64. */
import type { FileReader } from "../effects/effects.ts";
import { blockSource } from "../formats/block-source.ts";
import { isRowMajor, readTensor, type StoredArray } from "../formats/stored-array.ts";
import { accumulate } from "../measure/accumulate.ts";
import { type Summary, summarize } from "../measure/moments.ts";
import { numbersOf } from "../measure/numbers.ts";
import { emptySums } from "../measure/sums.ts";
import { elementCount } from "../model/tensor.ts";
import { blockElements } from "./measure-range.ts";

/** Over finite values; all NaN where there is none. Population standard deviation, as numpy's default. */
export async function tensorStats(array: StoredArray, reader: FileReader): Promise<Summary & { nonFinite: number }> {
  const sums = emptySums();
  const add = (values: ReturnType<typeof numbersOf>) => accumulate(sums, values, values, values.length, { atol: 0, rtol: 0 });
  const count = elementCount(array.header.shape);
  if (!isRowMajor(array.header)) add(numbersOf((await readTensor("", array, reader)).data));
  else {
    const source = blockSource(array, reader, blockElements);
    for (let at = 0; at < count; at += blockElements) add(numbersOf(await source.next(at, Math.min(blockElements, count - at))));
    await source.close();
  }
  return { ...summarize(sums.reference), nonFinite: sums.nonFiniteReference };
}
