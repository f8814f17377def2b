/** The rows of saved arrays as iterations of their own, for files whose axis 0 counts samples. Reads nothing: a row is a place in its array's file. */
import { elementBytes } from "./dtypes.ts";
import type { Iteration } from "./saved-file.ts";
import { isRowMajor, type StoredArray } from "./stored-array.ts";

/** Number of rows that all arrays of an iteration have in common; 1 where they have none, or one row, or lie column by column. */
export function commonRows(iteration: Iteration): number {
  const counts = new Set([...iteration.values()].map(({ header }) => (isRowMajor(header) ? (header.shape[0] ?? 1) : 1)));
  const [only] = counts;
  return counts.size === 1 && only !== undefined && only > 0 ? only : 1;
}

/** One iteration a row, in order; the iteration itself where it has one row in common. */
export function rowsAsIterations(iteration: Iteration): Iteration[] {
  const count = commonRows(iteration);
  if (count === 1) return [iteration];
  return Array.from({ length: count }, (_, row) => new Map([...iteration].map(([name, array]) => [name, rowOf(array, row)])));
}

function rowOf(array: StoredArray, row: number): StoredArray {
  const { header } = array;
  const shape = [1, ...header.shape.slice(1)];
  const dataBytes = shape.reduce((product, size) => product * size, elementBytes(header.dtype));
  return { ...array, header: { ...header, shape, dataBytes, dataOffset: header.dataOffset + row * dataBytes } };
}
