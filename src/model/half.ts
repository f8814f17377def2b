/** IEEE 754 half precision, both ways. Rounds to nearest, ties to even; NaN and infinities stay what they are. */

const float = new Float32Array(1);
const bits = new Uint32Array(float.buffer);

/** `half`: the 16 bits as an integer. Exact. */
export function halfToFloat(half: number): number {
  const sign = half & 0x8000 ? -1 : 1;
  const exponent = (half >> 10) & 0x1f;
  const fraction = half & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The 16 bits as an integer. The value is rounded to float32 first; from 65,520 on it is an infinity. */
export function floatToHalf(value: number): number {
  float[0] = value;
  const word = bits[0] ?? 0;
  const sign = (word >>> 16) & 0x8000;
  const magnitude = Math.abs(float[0] ?? 0);
  if (Number.isNaN(magnitude)) return sign | 0x7e00;
  if (magnitude >= 65520) return sign | 0x7c00;
  const exponent = Math.max(((word >>> 23) & 0xff) - 127, -14);
  const step = 2 ** (exponent - 10);
  const steps = roundHalfEven(magnitude / step);
  return sign | (steps + (exponent + 14) * 1024);
}

/** Adding and taking away 1.5 * 2^52 leaves a double no room for a fraction, so the processor rounds it, ties to even. Valid below 2^51. */
export const roundHalfEven = (value: number): number => value + 6_755_399_441_055_744 - 6_755_399_441_055_744;
