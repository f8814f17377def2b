/**
 * Arrays of labels that are moved about as the values of a tensor are: one byte an element, row-major.
 * Geometry only; what a label stands for is output-parts.ts.
 */
import { elementCount } from "../model/tensor.ts";

export interface Labels {
  readonly shape: readonly number[];
  readonly data: Uint8Array;
}

/** Every element has the same label. */
export const filled = (shape: readonly number[], label: number): Labels => ({
  shape,
  data: new Uint8Array(elementCount(shape)).fill(label),
});

/** The same values in another shape of as many elements; undefined where the count differs. */
export const reshaped = ({ data }: Labels, shape: readonly number[]): Labels | undefined =>
  elementCount(shape) === data.length ? { shape, data } : undefined;

/** Along `axis`; undefined where the other dimensions differ. */
export function concatenated(all: readonly Labels[], axis: number): Labels | undefined {
  const [first] = all;
  if (first === undefined || axis < 0 || axis >= first.shape.length) return undefined;
  if (!all.every(({ shape }) => shape.length === first.shape.length && shape.every((dim, i) => i === axis || dim === first.shape[i])))
    return undefined;
  const shape = first.shape.map((dim, i) => (i === axis ? all.reduce((sum, one) => sum + (one.shape[axis] ?? 0), 0) : dim));
  const result = new Uint8Array(elementCount(shape));
  const outer = elementCount(shape.slice(0, axis));
  let at = 0;
  for (let block = 0; block < outer; block++)
    for (const { data } of all) {
      const size = data.length / Math.max(1, outer);
      result.set(data.subarray(block * size, (block + 1) * size), at);
      at += size;
    }
  return { shape, data: result };
}

/** Entries `indices` along `axis`, in that order. Indices outside are undefined behaviour of the model: they give 0. */
export function taken({ shape, data }: Labels, axis: number, indices: readonly number[]): Labels {
  const length = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  const outer = elementCount(shape.slice(0, axis));
  const result = new Uint8Array(outer * indices.length * inner);
  let at = 0;
  for (let block = 0; block < outer; block++)
    for (const index of indices) {
      const start = (block * length + index) * inner;
      if (index >= 0 && index < length) result.set(data.subarray(start, start + inner), at);
      at += inner;
    }
  return { shape: shape.map((dim, i) => (i === axis ? indices.length : dim)), data: result };
}

/** As Transpose does with `perm`. */
export function transposed({ shape, data }: Labels, perm: readonly number[]): Labels {
  const strides = stridesOf(shape);
  const target = perm.map((axis) => shape[axis] ?? 1);
  const steps = perm.map((axis) => strides[axis] ?? 0);
  const result = new Uint8Array(data.length);
  eachIndex(target, (index, at) => {
    let from = 0;
    for (let i = 0; i < steps.length; i++) from += (index[i] ?? 0) * (steps[i] ?? 0);
    result[at] = data[from] ?? 0;
  });
  return { shape: target, data: result };
}

/** By the rules of numpy; undefined where the shapes do not fit. */
export function broadcast(labels: Labels, shape: readonly number[]): Labels | undefined {
  const missing = shape.length - labels.shape.length;
  if (missing < 0) return undefined;
  let result: Labels = { shape: [...Array<number>(missing).fill(1), ...labels.shape], data: labels.data };
  for (const [axis, dim] of shape.entries()) {
    const own = result.shape[axis] ?? 1;
    if (own === dim) continue;
    if (own !== 1) return undefined;
    result = taken(result, axis, Array<number>(dim).fill(0));
  }
  return result;
}

/** True where the label does not depend on the position along `axis`. */
export function isInvariant({ shape, data }: Labels, axis: number): boolean {
  const length = shape[axis] ?? 1;
  const inner = elementCount(shape.slice(axis + 1));
  for (let i = 0; i < data.length; i++) {
    const first = i - (Math.floor(i / inner) % length) * inner;
    if (data[i] !== data[first]) return false;
  }
  return true;
}

/**
 * Where a label lies, as an index expression: `[:, 4:84, :]`, with a step where it is interleaved: `[:, 1:12:2]`. Where no such expression holds it alone, the
 * smallest box around it, and how much of that it is: `32 of the 60 values in [:, 0:12]`. Scalars give `[]`.
 */
export function boxOf({ shape, data }: Labels, label: number): string {
  const used = shape.map((dim) => new Uint8Array(dim));
  let count = 0;
  eachIndex(shape, (index, at) => {
    if (data[at] !== label) return;
    count++;
    for (const [axis, marks] of used.entries()) marks[index[axis] ?? 0] = 1;
  });
  const runs = used.map(runOf);
  const box = `[${runs.map(({ text }) => text).join(", ")}]`;
  const held = elementCount(runs.map(({ size }) => size));
  return held === count ? box : `${count} of the ${held} values in ${box}`;
}

/** The marked places of an axis as a slice with the largest step that holds them all, and how many it holds. */
function runOf(marks: Uint8Array): { readonly text: string; readonly size: number } {
  const places = [...marks.keys()].filter((place) => marks[place] === 1);
  const [first = 0, last = -1] = [places[0], places.at(-1)];
  const step = places.slice(1).reduce((divisor, place, i) => greatestCommonDivisor(divisor, place - (places[i] ?? 0)), 0) || 1;
  const isWhole = step === 1 && first === 0 && last === marks.length - 1;
  return { text: isWhole ? ":" : `${first}:${last + 1}${step > 1 ? `:${step}` : ""}`, size: Math.floor((last - first) / step) + 1 };
}

const greatestCommonDivisor = (a: number, b: number): number => (b === 0 ? a : greatestCommonDivisor(b, a % b));

/** In elements, row-major: 1 for the last axis. */
export function stridesOf(shape: readonly number[]): number[] {
  const strides: number[] = [];
  let stride = 1;
  for (const dim of shape.toReversed()) {
    strides.unshift(stride);
    stride *= dim;
  }
  return strides;
}

function eachIndex(shape: readonly number[], visit: (index: readonly number[], at: number) => void): void {
  const count = elementCount(shape);
  const index = shape.map(() => 0);
  for (let at = 0; at < count; at++) {
    visit(index, at);
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      const next = (index[axis] ?? 0) + 1;
      index[axis] = next === shape[axis] ? 0 : next;
      if (next !== shape[axis]) break;
    }
  }
}
