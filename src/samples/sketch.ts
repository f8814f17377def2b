/**
 * What an array of floats holds, told coarsely, and when two hold nearly the same: near-copies (another gain in the fifth digit, rounding to half precision or
 * to 8 bits) are no new samples. How many of them there are is fingerprints.ts.
 */

/** Of so few values each one is told by itself: columns of a table differ in scale. */
const mostSingle = 64;
const buckets = 64;
/** Of each value: half precision rounds by half of it at most. */
const single = 2 ** -10;
/** Of the root of the energy about the mean: 8 bits round a picture of little contrast by about as much. */
const apart = 2 ** -6;
/** Of the root of the whole energy, where an offset is nearly all of it: single precision rounds by less. */
const rounding = 2 ** -16;
/** Values of which one may be beyond `single`, being near zero. */
const mostBeyond = 1 / 16;
/** A value that holds more of the energy is a column of its own scale: then the values are not told together. */
const leadingShare = 3 / 4;

export interface Sketch {
  readonly size: number;
  /** The values themselves, or sums of them with signs over scattered places, whose distances are near those of the values. */
  readonly sums: Float64Array;
  readonly energy: number;
  /** About the mean. */
  readonly varied: number;
  readonly isLed: boolean;
}

/** Of no values: that of zeros. NaN and infinities are refused before (fingerprints.ts). */
export function sketchOf(values: Float32Array | Float64Array): Sketch {
  const size = values.length;
  const sums = size <= mostSingle ? Float64Array.from(values) : scattered(values);
  const origin = values[0] ?? 0;
  let [energy, largest, sum, squares] = [0, 0, 0, 0];
  for (let i = 0; i < size; i++) {
    const value = values[i] ?? 0;
    const distance = value - origin;
    energy += value * value;
    largest = Math.max(largest, value * value);
    sum += distance;
    squares += distance * distance;
  }
  const varied = size === 0 ? 0 : Math.max(0, squares - (sum * sum) / size);
  return { size, sums, energy, varied, isLed: largest > leadingShare * energy };
}

/** Charikar, Chen and Farach-Colton's count sketch: each place has a bucket and a sign, the same in every array. */
function scattered(values: Float32Array | Float64Array): Float64Array {
  const sums = new Float64Array(buckets);
  for (let i = 0; i < values.length; i++) {
    let bits = Math.imul(i + 1, 0x9e3779b1);
    bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
    bits ^= bits >>> 13;
    const bucket = bits & (buckets - 1);
    sums[bucket] = (sums[bucket] ?? 0) + ((bits & buckets) === 0 ? 1 : -1) * (values[i] ?? 0);
  }
  return sums;
}

/** True for equal arrays; false for arrays of different lengths. */
export function areNear(a: Sketch, b: Sketch): boolean {
  if (a.size !== b.size) return false;
  const most = Math.max(apart ** 2 * Math.min(a.varied, b.varied), rounding ** 2 * Math.min(a.energy, b.energy));
  if (a.size > mostSingle) return isWithin(a.sums, b.sums, most);
  const isOneScale = a.size * mostBeyond >= 1 && !a.isLed && !b.isLed;
  return areNearOneByOne(a, b) || (isOneScale && isWithin(a.sums, b.sums, most));
}

/** Squared distance at most `most`. */
function isWithin(a: Float64Array, b: Float64Array, most: number): boolean {
  let distance = 0;
  for (let i = 0; i < a.length && distance <= most; i++) distance += ((a[i] ?? 0) - (b[i] ?? 0)) ** 2;
  return distance <= most;
}

function areNearOneByOne({ sums, size, energy }: Sketch, { sums: others }: Sketch): boolean {
  let beyond = 0;
  const little = single * Math.sqrt(energy / Math.max(1, size));
  for (let i = 0; i < size; i++) {
    const [x, y] = [sums[i] ?? 0, others[i] ?? 0];
    const distance = Math.abs(x - y);
    if (distance <= single * Math.max(Math.abs(x), Math.abs(y))) continue;
    beyond++;
    if (distance > little || beyond > size * mostBeyond) return false;
  }
  return true;
}
