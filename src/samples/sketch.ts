/**
 * What an array of floats holds, told coarsely: near-copies (another gain in the sixth digit, rounding to half precision) give the same sketch, other content
 * another. Sums over stretches, each rounded to about a thousandth of the stretch's size; where an offset is most of that size, also what varies beside it.
 */

const stretches = 16;
/** Of so few values each one is a stretch. */
const mostSingle = 64;
const steps = 1024;
/** Of what varies beside an offset. */
const fineSteps = 256;
/** Shares of the size, squared, between which what varies is told by itself: more is seen in the sums, less may be rounding. */
const leastVaried = 2 ** -28;
const mostVaried = 2 ** -14;

/** Text of rounded sums. A copy that differs by some 1e-7 of each value has another sketch about once in a hundred: a sum may lie between two steps. */
export function sketchOf(values: Float32Array | Float64Array): string {
  const size = values.length <= mostSingle ? 1 : Math.ceil(values.length / stretches);
  const parts: string[] = [];
  for (let from = 0; from < values.length; from += size) parts.push(stretchText(values, from, Math.min(values.length, from + size)));
  return parts.join(";");
}

/** Size in 1/1024 of an octave; sum and a sum of changing signs in 1/1024 of what values of one sign would give. */
function stretchText(values: Float32Array | Float64Array, from: number, to: number): string {
  let [sum, mixed, energy] = [0, 0, 0];
  for (let i = from; i < to; i++) {
    const value = values[i] ?? 0;
    sum += value;
    mixed += isMinus(i - from) ? -value : value;
    energy += value * value;
  }
  if (!(energy > 0)) return "0";
  const most = Math.sqrt(energy * (to - from));
  const sums = [Math.log2(energy) / 2, sum / most, mixed / most].map((part) => Math.round(part * steps));
  return [...sums, ...variedParts(values, from, to, energy)].join();
}

/** Size and changing signs of the distances from the mean. Nothing where no offset hides them. */
function variedParts(values: Float32Array | Float64Array, from: number, to: number, energy: number): number[] {
  const [count, origin] = [to - from, values[from] ?? 0];
  let [sum, squares, mixed, signs] = [0, 0, 0, 0];
  for (let i = from; i < to; i++) {
    const distance = (values[i] ?? 0) - origin;
    const sign = isMinus(i - from) ? -1 : 1;
    sum += distance;
    squares += distance * distance;
    mixed += sign * distance;
    signs += sign;
  }
  const varied = squares - (sum * sum) / count;
  if (!(varied > leastVaried * energy && varied < mostVaried * energy)) return [];
  return [Math.log2(varied) / 2, (mixed - (signs * sum) / count) / Math.sqrt(varied * count)].map((part) => Math.round(part * fineSteps));
}

/** Signs that no picture's pattern follows: the parity of the bits of a scrambled place. */
function isMinus(place: number): boolean {
  let bits = Math.imul(place + 1, 0x9e3779b1);
  bits ^= bits >>> 16;
  bits ^= bits >>> 8;
  bits ^= bits >>> 4;
  return ((0x6996 >>> (bits & 15)) & 1) === 1;
}
