/** Smallest and largest weight of a compute node by output channel, as the candidate takes them. Explains a layer's error; nothing is judged by it. */
import type { Files } from "../effects/effects.ts";
import { elementsOf, floatValues, intValues, isFloatTensor, storedValues } from "./constants.ts";
import { attribute, type NodeProto, nodeLabel, type TensorProto, tensorShape } from "./model.ts";
import { type Network, producers } from "./network.ts";
import { isDequantize, storedSource } from "./qdq.ts";
import { type ChannelLayout, channelLayout } from "./quantize.ts";
import { channelAxis, isCompute } from "./units.ts";

export interface WeightRange {
  readonly channels: number;
  /** One entry a channel, in order; of neighbouring channels together where there are more than `mostEntries`. */
  readonly low: readonly number[];
  readonly high: readonly number[];
}

export const mostEntries = 256;

/**
 * Of the compute node of this name. Undefined where it has no constant weight, where that is reordered on its way, or where its numbers are not in
 * the model. Values that are not finite do not count; a channel of nothing else is 0.
 */
export async function weightRange(network: Network, node: string, files: Files): Promise<WeightRange | undefined> {
  const compute = network.nodes.find((one) => isCompute(one) && nodeLabel(one) === node);
  if (compute === undefined) return undefined;
  const makers = producers(network.nodes);
  for (const slot of [1, 0]) {
    const weight = await weightValues(network, makers, compute.input[slot] ?? "", files);
    if (weight === undefined || weight.values.length === 0) continue;
    return rangesOf(weight.values, channelLayout(weight.shape, channelAxis(compute, slot, weight.shape.length)));
  }
  return undefined;
}

interface Weight {
  readonly values: ArrayLike<number>;
  readonly shape: readonly number[];
}

/** A float constant itself, one that is quantised and dequantised again, or stored integers times their scale. */
async function weightValues(
  network: Network,
  makers: ReadonlyMap<string, NodeProto>,
  name: string,
  files: Files,
): Promise<Weight | undefined> {
  const constant = network.constants.get(name);
  if (constant !== undefined) return await floatWeight(constant, network, files);
  const dequantize = makers.get(name);
  if (dequantize === undefined || !isDequantize(dequantize)) return undefined;
  const stored = network.constants.get(storedSource(makers, dequantize));
  if (stored === undefined) return undefined;
  return isFloatTensor(stored) ? await floatWeight(stored, network, files) : await scaledWeight(stored, dequantize, network, files);
}

const floatWeight = async (tensor: TensorProto, { folder }: Network, files: Files): Promise<Weight | undefined> =>
  isFloatTensor(tensor) ? { values: await floatValues(tensor, folder, files), shape: tensorShape(tensor) } : undefined;

async function scaledWeight(stored: TensorProto, dequantize: NodeProto, network: Network, files: Files): Promise<Weight | undefined> {
  const [, scaleName = "", zeroName = ""] = dequantize.input;
  const scale = network.constants.get(scaleName);
  const zero = network.constants.get(zeroName);
  const values = await storedValues(stored, network.folder, files);
  if (scale === undefined || !isFloatTensor(scale) || values === undefined) return undefined;
  const scales = await floatValues(scale, network.folder, files);
  const zeros = zero === undefined ? [] : (intValues(zero) ?? []);
  const shape = tensorShape(stored);
  const axis = Number(attribute(dequantize, "axis")?.i ?? 1);
  const { channels, inner } = channelLayout(shape, elementsOf(scale) === 1 ? undefined : (axis + shape.length) % shape.length);
  // Scales by block have another shape: which one serves a value is not told by an axis alone.
  if (scales.length !== channels) return undefined;
  const at = (i: number) => (channels === 1 ? 0 : Math.floor(i / inner) % channels);
  return { values: Float64Array.from(values, (value, i) => (value - (zeros[at(i)] ?? 0)) * (scales[at(i)] ?? Number.NaN)), shape };
}

function rangesOf(values: ArrayLike<number>, { channels, inner }: ChannelLayout): WeightRange {
  const together = Math.ceil(channels / mostEntries);
  const entries = Math.ceil(channels / together);
  const low = new Array<number>(entries).fill(Number.POSITIVE_INFINITY);
  const high = new Array<number>(entries).fill(Number.NEGATIVE_INFINITY);
  for (let i = 0; i < values.length; i++) {
    const value = values[i] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    const entry = Math.floor((channels === 1 ? 0 : Math.floor(i / inner) % channels) / together);
    if (value < (low[entry] ?? 0)) low[entry] = value;
    if (value > (high[entry] ?? 0)) high[entry] = value;
  }
  const known = (value: number) => (Number.isFinite(value) ? value : 0);
  return { channels, low: low.map(known), high: high.map(known) };
}
