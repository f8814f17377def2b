/**
 * The arithmetic of symmetric INT8: scales per output channel and rounding, as ONNX QuantizeLinear defines them.
 * Pure numbers; which tensors are quantised is decided elsewhere.
 */
import { roundHalfEven } from "./half.ts";

/** Where channel `c` of an axis lies in row-major data: index i belongs to channel floor(i / inner) mod channels. */
export interface ChannelLayout { readonly channels: number; readonly inner: number }

/** `axis` undefined: one channel for the whole tensor. */
export function channelLayout(shape: readonly number[], axis: number | undefined): ChannelLayout {
  if (axis === undefined) return { channels: 1, inner: Number.POSITIVE_INFINITY };
  return { channels: shape[axis] ?? 1, inner: shape.slice(axis + 1).reduce((product, dim) => product * dim, 1) };
}

const channelAt = (i: number, layout: ChannelLayout) => (layout.channels === 1 ? 0 : Math.floor(i / layout.inner) % layout.channels);

/** amax / 127 of each channel in float32; 1 for a channel of zeros. */
export function weightScales(values: Float32Array, layout: ChannelLayout): Float32Array {
  const amax = new Float32Array(layout.channels);
  for (let i = 0; i < values.length; i++) {
    const c = channelAt(i, layout);
    const magnitude = Math.abs(values[i] ?? 0);
    if (magnitude > (amax[c] ?? 0)) amax[c] = magnitude;
  }
  return amax.map((value) => (value === 0 ? 1 : value / 127));
}

/** round(x / scale), ties to even, in -127..127: the division is rounded to float32 first, as ONNX Runtime does. NaN becomes 0. */
export function quantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Int8Array {
  const result = new Int8Array(values.length);
  for (let i = 0; i < values.length; i++) {
    const steps = roundHalfEven(Math.fround((values[i] ?? 0) / (scales[channelAt(i, layout)] ?? 1)));
    result[i] = Math.min(127, Math.max(-127, steps));
  }
  return result;
}

/** Quantised and back: what the candidate computes with. A weight that is not finite becomes NaN, so that it shows. */
export function fakeQuantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Float32Array {
  const quantized = quantizeWeights(values, scales, layout);
  return Float32Array.from(quantized, (steps, i) => (Number.isFinite(values[i]) ? steps * (scales[channelAt(i, layout)] ?? 1) : Number.NaN));
}
