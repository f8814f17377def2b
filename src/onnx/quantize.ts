/**
 * The arithmetic of symmetric INT8: scales per output channel and rounding, as ONNX QuantizeLinear defines them.
 * Pure numbers; which tensors are quantised is decided elsewhere.
 */
import { roundHalfEven } from "../model/half.ts";

/** Where channel `c` of an axis lies in row-major data: index i belongs to channel floor(i / inner) mod channels. */
export interface ChannelLayout {
  readonly channels: number;
  readonly inner: number;
}

/** `axis` undefined: one channel for the whole tensor. */
export function channelLayout(shape: readonly number[], axis: number | undefined): ChannelLayout {
  if (axis === undefined) return { channels: 1, inner: Number.POSITIVE_INFINITY };
  return { channels: shape[axis] ?? 1, inner: shape.slice(axis + 1).reduce((product, dim) => product * dim, 1) };
}

/** Values of one channel that lie together. The loops below go through them run by run: a call or a division a value would cost more than the work. */
const runLength = ({ inner }: ChannelLayout, length: number): number => Math.min(inner, length);

const following = (channel: number, channels: number): number => (channel + 1 === channels ? 0 : channel + 1);

/** amax / 127 of each channel in float32; 1 for a channel of zeros, or of numbers so small that the scale itself would be zero. */
export function weightScales(values: Float32Array, layout: ChannelLayout): Float32Array {
  const amax = new Float32Array(layout.channels);
  const { channels } = layout;
  const run = runLength(layout, values.length);
  for (let start = 0, channel = 0; start < values.length; start += run, channel = following(channel, channels)) {
    let largest = amax[channel] ?? 0;
    for (let i = start; i < start + run; i++) {
      const magnitude = Math.abs(values[i] ?? 0);
      if (magnitude > largest) largest = magnitude;
    }
    amax[channel] = largest;
  }
  return amax.map((value) => Math.fround(value / 127) || 1);
}

/** round(x / scale), ties to even, in -127..127: the division is rounded to float32 first, as ONNX Runtime does. NaN becomes 0. */
export function quantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Int8Array {
  const result = new Int8Array(values.length);
  const { channels } = layout;
  const run = runLength(layout, values.length);
  for (let start = 0, channel = 0; start < values.length; start += run, channel = following(channel, channels)) {
    const scale = scales[channel] ?? 1;
    for (let i = start; i < start + run; i++) {
      const steps = roundHalfEven(Math.fround((values[i] ?? 0) / scale));
      result[i] = Math.min(127, Math.max(-127, steps));
    }
  }
  return result;
}

/** Quantised and back: what the candidate computes with. A weight that is not finite becomes NaN, so that it shows. */
export function fakeQuantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Float32Array {
  const quantized = quantizeWeights(values, scales, layout);
  const result = new Float32Array(values.length);
  const { channels } = layout;
  const run = runLength(layout, values.length);
  for (let start = 0, channel = 0; start < values.length; start += run, channel = following(channel, channels)) {
    const scale = scales[channel] ?? 1;
    for (let i = start; i < start + run; i++) result[i] = Number.isFinite(values[i]) ? (quantized[i] ?? 0) * scale : Number.NaN;
  }
  return result;
}
