/**
 * Quantisers that may stand for a Relu or Clip which the exporter left out, where the file does not say whether there was one: its range was measured, like any other.
 * Finds them and what they clamp; whether values reach the ends is lanes/simulate/reached-clamps.ts.
 */
import type { FloatView } from "./float-view.ts";
import { DataType, type NodeProto, nodeLabel } from "./model.ts";
import { consumers, type Network, producers } from "./network.ts";
import { type ClampRange, clampRange, isDequantize, isQuantize, quantizedType } from "./qdq.ts";
import { isBounded } from "./removed-activation.ts";
import { constantTensors } from "./units.ts";

export interface DoubtedClamp extends ClampRange {
  /** What the quantiser reads in float, with the activation that was put back in front of it. */
  readonly tensor: string;
  /** Node behind which the activation would have stood. */
  readonly label: string;
}

/**
 * `view`: of the same network, without a float model. Empty where every range is symmetric: activations are left out only where a zero point does their work, and where
 * the exporter's ranges have none it kept them all.
 */
export function doubtedClamps(network: Network, view: FloatView): DoubtedClamp[] {
  const makers = producers(network.nodes);
  const readers = consumers(network.nodes);
  const fixed = constantTensors(network);
  const finals = new Set(network.outputs.map(({ name }) => name));
  const activations = network.nodes.filter((node) => isQuantize(node) && !fixed.has(node.input[0] ?? ""));
  if (activations.every((quantize) => isSymmetric(network, quantize))) return [];
  const found = new Map<string, DoubtedClamp>();
  for (const dequantize of network.nodes.filter(isDequantize)) {
    const quantize = makers.get(dequantize.input[0] ?? "");
    const source = quantize?.input[0] ?? "";
    const maker = makers.get(source);
    const range = quantize && isQuantize(quantize) && !fixed.has(source) ? clampRange(network.constants, quantize) : undefined;
    const isRead = finals.has(source) || (readers.get(source) ?? []).some((node) => !isQuantize(node));
    if (range === undefined || maker === undefined || isRead || isBounded(maker)) continue;
    const tensor = view.source(dequantize.output[0] ?? "");
    if (tensor !== dequantize.output[0]) found.set(tensor, { ...range, tensor, label: nodeLabel(maker) });
  }
  return [...found.values()];
}

/** A zero point in the middle of its type. */
function isSymmetric({ constants }: Network, quantize: NodeProto): boolean {
  const range = clampRange(constants, quantize);
  const isUnsigned = unsigned.has(quantizedType(constants, quantize));
  return range === undefined || Math.abs(range.low + range.high) <= range.step * (isUnsigned ? 1 : 1.5);
}
const unsigned: ReadonlySet<number> = new Set([DataType.UINT8, DataType.UINT16, DataType.UINT4]);
