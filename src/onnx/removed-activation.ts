/**
 * Finds the activations that a quantiser made superfluous and its exporter left out: ONNX Runtime's drops a Relu or Clip where the quantised range does
 * its work, so that the graph without Q/DQ is another function. Decides which activation stands before a quantiser; putting it back is float-view.ts.
 */
import { smallValues } from "./constants.ts";
import { attribute, isStandard, type NodeProto, type TensorProto } from "./model.ts";
import { consumers, type Network, producers } from "./network.ts";
import { clampRange, isDequantize, isQuantize } from "./qdq.ts";

/** Bounds of the clamp; `high` is Infinity for a Relu. */
export interface Activation {
  readonly low: number;
  readonly high: number;
}

/**
 * What stood before each quantiser. Where the float model has the tensor it is read there; else a range that ends at zero is a Relu (no exporter chooses it for values
 * of both signs), and one that also ends at a whole number is a Clip to it: a measured maximum is none.
 */
export function removedActivations(network: Network, float: Network | undefined): (quantize: NodeProto) => Activation | undefined {
  const makers = producers(network.nodes);
  const floatMakers = producers(float?.nodes ?? []);
  const readers = consumers(network.nodes);
  const finals = new Set(network.outputs.map(({ name }) => name));
  return (quantize) => {
    const source = quantize.input[0] ?? "";
    const maker = makers.get(source);
    // What others read as it is was never changed, and neither is an input of the model.
    if (maker === undefined || finals.has(source) || (readers.get(source) ?? []).some((node) => !isQuantize(node))) return undefined;
    const original = floatMakers.get(source);
    if (float !== undefined && original !== undefined)
      return original.opType === maker.opType ? undefined : activationOf(original, float.constants);
    const range = clampRange(network.constants, quantize);
    return range?.low === 0 && !isNeverNegative(network, makers, source) ? { low: 0, high: wholeNumber(range.high) } : undefined;
  };
}

function activationOf(node: NodeProto, constants: ReadonlyMap<string, TensorProto>): Activation | undefined {
  if (!isStandard(node)) return undefined;
  if (node.opType === "Relu") return { low: 0, high: Number.POSITIVE_INFINITY };
  if (node.opType !== "Clip") return undefined;
  const bound = (slot: number, name: string, open: number): number => {
    const tensor = constants.get(node.input[slot] ?? "");
    return (tensor && smallValues(tensor)?.[0]) ?? attribute(node, name)?.f ?? open;
  };
  return { low: bound(1, "min", Number.NEGATIVE_INFINITY), high: bound(2, "max", Number.POSITIVE_INFINITY) };
}

/** A scale is a float32 quotient: its product comes back to a few units in the last place. */
const wholeNumber = (high: number): number =>
  Math.round(high) >= 1 && Math.abs(high - Math.round(high)) <= high * 2 ** -22 ? Math.round(high) : Number.POSITIVE_INFINITY;

/** Never below zero, or an activation that the exporter did keep. */
const neverNegative: ReadonlySet<string> = new Set(["Relu", "Clip", "Sigmoid", "HardSigmoid", "Softmax", "Softplus", "Abs", "Exp", "Sqrt"]);
/** Operators whose results lie within the range of what they read. */
const withinRange: ReadonlySet<string> = new Set([
  ...["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "ReduceMin", "Concat", "Identity", "Cast"],
  ...["Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Expand", "Tile", "Dropout"],
]);

function isNeverNegative(network: Network, makers: ReadonlyMap<string, NodeProto>, name: string): boolean {
  const maker = makers.get(name);
  if (maker === undefined) return false;
  if (isDequantize(maker)) {
    const quantize = makers.get(maker.input[0] ?? "");
    if (quantize === undefined || !isQuantize(quantize)) return false;
    // What stands before that quantiser has its own activation put back.
    return clampRange(network.constants, quantize)?.low === 0 || isNeverNegative(network, makers, quantize.input[0] ?? "");
  }
  if (!isStandard(maker)) return false;
  if (neverNegative.has(maker.opType)) return true;
  const read = maker.opType === "Concat" ? maker.input : maker.input.slice(0, 1);
  return withinRange.has(maker.opType) && read.length > 0 && read.every((one) => isNeverNegative(network, makers, one));
}
