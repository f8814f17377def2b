/**
 * Finds the activations that a quantiser made superfluous and its exporter left out: ONNX Runtime's drops a Relu or Clip where the quantised range does
 * its work, so that the graph without Q/DQ is another function. Decides which activation stands before a quantiser; putting it back is float-view.ts.
 */
import { smallValues } from "./constants.ts";
import { attribute, isStandard, type NodeProto, type TensorProto } from "./model.ts";
import { consumers, type Network, producers } from "./network.ts";
import { type ClampRange, clampRange, isDequantize, isQuantize } from "./qdq.ts";

/** Bounds of the clamp; `high` is Infinity for a Relu. */
export interface Activation {
  readonly low: number;
  readonly high: number;
}

/**
 * What stood before each quantiser. Where the float model has the tensor it is read there; else a range that ends at zero is a Relu (no exporter chooses it for values
 * of both signs), and one that spans a whole number is a Clip: a measured range does not.
 */
export function removedActivations(network: Network, float: Network | undefined): (quantize: NodeProto) => Activation | undefined {
  const makers = producers(network.nodes);
  const floatMakers = producers(float?.nodes ?? []);
  const readers = consumers(network.nodes);
  const finals = new Set(network.outputs.map(({ name }) => name));
  const known = new Map<string, boolean>();
  return (quantize) => {
    const source = quantize.input[0] ?? "";
    const maker = makers.get(source);
    // What others read as it is was never changed, and neither is an input of the model.
    if (maker === undefined || finals.has(source) || (readers.get(source) ?? []).some((node) => !isQuantize(node))) return undefined;
    const original = floatMakers.get(source);
    if (float !== undefined && original !== undefined)
      return original.opType === maker.opType ? undefined : activationOf(original, float.constants);
    const range = clampRange(network.constants, quantize);
    if (range === undefined) return undefined;
    if (range.low !== 0) return clipOf(range, maker);
    return isNeverNegative(known, network, makers, source) ? undefined : { low: 0, high: wholeNumber(range.high) };
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

/** A scale is a float32 quotient: its product comes back to a few units in the last place. Infinity where it is not whole. */
const wholeNumber = (size: number): number =>
  Math.round(size) >= 1 && Math.abs(size - Math.round(size)) <= size * 2 ** -22 ? Math.round(size) : Number.POSITIVE_INFINITY;

/** A scale of a power of two spans 255 steps of it, and so no whole number below this; one of a largest magnitude (amax / 127) spans one as rarely as any. */
const widestClip = 128;

/** A range on both sides of zero that spans a whole number, its ends moved to steps by the rounding of the zero point. */
function clipOf({ low, high, step }: ClampRange, maker: NodeProto): Activation | undefined {
  const isNear = (bound: number) => Math.abs(bound - Math.round(bound)) <= step;
  const isClip = wholeNumber(high - low) < widestClip && isNear(low) && isNear(high);
  return isClip && !neverNegative.has(maker.opType) && maker.opType !== "Tanh"
    ? { low: Math.round(low), high: Math.round(high) }
    : undefined;
}

/** Never below zero, or an activation that the exporter did keep. */
const neverNegative: ReadonlySet<string> = new Set(["Relu", "Clip", "Sigmoid", "HardSigmoid", "Softmax", "Softplus", "Abs", "Exp", "Sqrt"]);
/** No Relu or Clip behind it was left out: it bounds its results by itself, or it is one that was kept. */
export const isBounded = ({ opType }: NodeProto): boolean => neverNegative.has(opType) || opType === "Tanh";

/** Operators whose results lie within the range of what they read. */
const withinRange: ReadonlySet<string> = new Set([
  ...["MaxPool", "AveragePool", "GlobalAveragePool", "GlobalMaxPool", "ReduceMean", "ReduceMax", "ReduceMin", "Concat", "Identity", "Cast"],
  ...["Reshape", "Flatten", "Transpose", "Squeeze", "Unsqueeze", "Slice", "Split", "Expand", "Tile", "Dropout"],
]);

/** Step by step instead of by recursion: a chain may be longer than the stack is deep. */
function isNeverNegative(known: Map<string, boolean>, network: Network, makers: ReadonlyMap<string, NodeProto>, name: string): boolean {
  const waiting = [name];
  for (let at = waiting.at(-1); at !== undefined; at = waiting.at(-1)) {
    const answer = known.get(at) ?? askMaker(network, makers, makers.get(at), known);
    if (typeof answer === "boolean") {
      known.set(at, answer);
      waiting.pop();
    } else waiting.push(...answer);
  }
  return known.get(name) ?? false;
}

/** The answer, or the tensors whose answers it needs and `known` does not have. */
function askMaker(
  network: Network,
  makers: ReadonlyMap<string, NodeProto>,
  maker: NodeProto | undefined,
  known: ReadonlyMap<string, boolean>,
): boolean | readonly string[] {
  if (maker === undefined) return false;
  if (isDequantize(maker)) {
    const quantize = makers.get(maker.input[0] ?? "");
    if (quantize === undefined || !isQuantize(quantize)) return false;
    // What stands before that quantiser has its own activation put back.
    return clampRange(network.constants, quantize)?.low === 0 || all([quantize.input[0] ?? ""], known);
  }
  if (!isStandard(maker)) return false;
  if (neverNegative.has(maker.opType)) return true;
  const read = maker.opType === "Concat" ? maker.input : maker.input.slice(0, 1);
  return withinRange.has(maker.opType) && read.length > 0 ? all(read, known) : false;
}

function all(names: readonly string[], known: ReadonlyMap<string, boolean>): boolean | readonly string[] {
  const unknown = names.filter((name) => !known.has(name));
  return unknown.length > 0 ? unknown : names.every((name) => known.get(name));
}
