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

/** Calls back for each run of values that share a channel: a division per value would dominate on large weights. */
function forEachRun(length: number, layout: ChannelLayout, visit: (start: number, end: number, channel: number) => void): void {
  const inner = Math.min(layout.inner, length);
  for (let start = 0, channel = 0; start < length; start += inner) {
    visit(start, start + inner, channel);
    channel = channel + 1 === layout.channels ? 0 : channel + 1;
  }
}

/** amax / 127 of each channel in float32; 1 for a channel of zeros, or of numbers so small that the scale itself would be zero. */
export function weightScales(values: Float32Array, layout: ChannelLayout): Float32Array {
  const amax = new Float32Array(layout.channels);
  forEachRun(values.length, layout, (start, end, channel) => {
    let largest = amax[channel] ?? 0;
    for (let i = start; i < end; i++) {
      const magnitude = Math.abs(values[i] ?? 0);
      if (magnitude > largest) largest = magnitude;
    }
    amax[channel] = largest;
  });
  return amax.map((value) => Math.fround(value / 127) || 1);
}

/** round(x / scale), ties to even, in -127..127: the division is rounded to float32 first, as ONNX Runtime does. NaN becomes 0. */
export function quantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Int8Array {
  const result = new Int8Array(values.length);
  forEachRun(values.length, layout, (start, end, channel) => {
    const scale = scales[channel] ?? 1;
    for (let i = start; i < end; i++) {
      const steps = roundHalfEven(Math.fround((values[i] ?? 0) / scale));
      result[i] = Math.min(127, Math.max(-127, steps));
    }
  });
  return result;
}

/** Quantised and back: what the candidate computes with. A weight that is not finite becomes NaN, so that it shows. */
export function fakeQuantizeWeights(values: Float32Array, scales: Float32Array, layout: ChannelLayout): Float32Array {
  const quantized = quantizeWeights(values, scales, layout);
  const result = new Float32Array(values.length);
  forEachRun(values.length, layout, (start, end, channel) => {
    const scale = scales[channel] ?? 1;
    for (let i = start; i < end; i++) result[i] = Number.isFinite(values[i]) ? (quantized[i] ?? 0) * scale : Number.NaN;
  });
  return result;
}
