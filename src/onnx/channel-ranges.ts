/** Weights of a Q/DQ model that have one scale for all their output channels, and how far the ranges of these lie apart. */
import type { Files } from "../effects/effects.ts";
import { elementsOf, storedValues } from "./constants.ts";
import { type NodeProto, nodeLabel, type TensorProto, tensorShape } from "./model.ts";
import { type Network, producers } from "./network.ts";
import { isDequantize, storedSource } from "./qdq.ts";
import { channelLayout, weightScales } from "./quantize.ts";
import { channelAxis, computeOps } from "./units.ts";

export interface ChannelRange {
  /** Of the compute node. */
  readonly node: string;
  /** Largest magnitude of the widest channel to that of the middle one; channels of zeros do not count. */
  readonly ratio: number;
}

/** In the order of the network. Empty where no weight is quantised with a single scale, or where its values are no numbers. */
export async function channelRanges(network: Network, files: Files): Promise<ChannelRange[]> {
  const makers = producers(network.nodes);
  const found: ChannelRange[] = [];
  for (const node of network.nodes.filter(({ opType }) => computeOps.has(opType))) {
    const weight = sharedScaleWeight(network, makers, makers.get(node.input[1] ?? ""));
    const axis = weight && channelAxis(node, 1, tensorShape(weight).length);
    if (weight === undefined || axis === undefined) continue;
    const values = Float32Array.from((await storedValues(weight, network.folder, files)) ?? []);
    if (values.length === 0) continue;
    const ranges = [...weightScales(values, channelLayout(tensorShape(weight), axis))]
      .filter((scale) => scale !== zeroScale)
      .toSorted((a, b) => a - b);
    const middle = ranges[Math.floor(ranges.length / 2)];
    if (middle !== undefined) found.push({ node: nodeLabel(node), ratio: (ranges.at(-1) ?? middle) / middle });
  }
  return found;
}

/** What `weightScales` gives a channel of zeros. */
const zeroScale = 1;

/** The constant behind a DequantizeLinear with one scale, as stored or as the QuantizeLinear before it takes it. */
function sharedScaleWeight(
  network: Network,
  makers: ReadonlyMap<string, NodeProto>,
  dequantize: NodeProto | undefined,
): TensorProto | undefined {
  if (dequantize === undefined || !isDequantize(dequantize)) return undefined;
  const scale = network.constants.get(dequantize.input[1] ?? "");
  if (scale === undefined || elementsOf(scale) !== 1) return undefined;
  return network.constants.get(storedSource(makers, dequantize));
}
