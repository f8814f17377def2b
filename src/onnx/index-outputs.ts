/**
 * Tells names from numbers: whether the values of a tensor are indices, class numbers or truth values, which are equal or not, or quantities, which have a
 * distance; and whether how many there are depends on the data. Says nothing where only the element type can tell.
 */
import { DataType, intAttribute, isStandard, type NodeProto, nodeLabel } from "./model.ts";
import type { Network } from "./network.ts";
import { constantTensors } from "./units.ts";

/** By operator, the outputs that hold indices or truth values. */
const makesIndices: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ["ArgMax", [0]],
  ["ArgMin", [0]],
  ["TopK", [1]],
  ["NonZero", [0]],
  ["NonMaxSuppression", [0]],
  ["Unique", [1, 2, 3]],
  ["MaxPool", [1]],
  ["Hardmax", [0]],
  ["Multinomial", [0]],
  ["Bernoulli", [0]],
  ...["Equal", "Greater", "Less", "GreaterOrEqual", "LessOrEqual", "Not", "And", "Or", "Xor", "IsNaN", "IsInf"].map(
    (op) => [op, [0]] as const,
  ),
  ...["Shape", "Size", "Range", "EyeLike"].map((op) => [op, [0]] as const),
]);
/** Plugins of TensorRT for detection: the number of detections, and their classes. */
const pluginIndices: ReadonlyMap<string, readonly number[]> = new Map<string, readonly number[]>([
  ["EfficientNMS_TRT", [0, 3]],
  ["EfficientNMS_ONNX_TRT", [0]],
  ["BatchedNMS_TRT", [0, 3]],
  ["BatchedNMSDynamic_TRT", [0, 3]],
]);
/** Move values or pick some of them; the first input carries them. */
const carries: ReadonlySet<string> = new Set(
  "Reshape Flatten Squeeze Unsqueeze Identity Cast Transpose Dropout Slice Split Gather GatherND GatherElements Expand Tile Pad Compress DepthToSpace SpaceToDepth".split(
    " ",
  ),
);
/** With a constant they shift or scale names, which stay names. */
const shifts: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Mod"]);
/** Their result decides how many entries there are. */
const sizes: ReadonlySet<string> = new Set(["NonMaxSuppression", "NonZero", "Compress", "Unique"]);

/** Pictures and quantised values are cast to these; names of something mostly to 32 or 64 bits. */
const narrow: ReadonlySet<number> = new Set([DataType.UINT8, DataType.INT8, DataType.UINT16, DataType.INT16]);

type Makers = ReadonlyMap<string, NodeProto>;

/** Undefined: the graph does not say; the element type then does (whole numbers and truth values are indices). */
export function valuesOf(network: Network, makers: Makers, name: string): "index" | "quantity" | undefined {
  const fixed = constantTensors(network);
  let at = name;
  let isNarrow = false;
  for (let steps = 0; steps < makers.size + 1; steps++) {
    const node = makers.get(at);
    if (node === undefined) break;
    const output = node.output.indexOf(at);
    if (indicesOf(node)?.includes(output)) return "index";
    if (!isStandard(node)) break;
    if (node.opType === "QuantizeLinear" || node.opType === "DequantizeLinear" || node.opType === "DynamicQuantizeLinear")
      return "quantity";
    const next = carrier(node, fixed);
    isNarrow ||= node.opType === "Cast" && narrow.has(intAttribute(node, "to", 0));
    if (next === undefined) break;
    at = next;
  }
  return isNarrow ? "quantity" : undefined;
}

const indicesOf = (node: NodeProto): readonly number[] | undefined =>
  isStandard(node) ? makesIndices.get(node.opType) : pluginIndices.get(node.opType);

/** The input whose values go on. */
function carrier(node: NodeProto, fixed: ReadonlySet<string>): string | undefined {
  if (carries.has(node.opType)) return node.input[0];
  const moving = node.input.filter((name) => name !== "" && !fixed.has(name));
  if (shifts.has(node.opType) && moving.length === 1) return moving[0];
  // One of two constants, or of two sets of names, is a name too; of anything else nothing is known.
  return node.opType === "Where" && node.input.slice(1).every((name) => fixed.has(name)) ? node.input[0] : undefined;
}

/** The operator behind a tensor whose result decides how many entries the tensor has; the nearest one. */
export function sizedBy(makers: Makers, name: string): { readonly opType: string; readonly node: string } | undefined {
  const seen = new Set<string>();
  let layer = [name];
  while (layer.length > 0) {
    const nodes = layer.flatMap((one) => makers.get(one) ?? []);
    const found = nodes.find((node) => (isStandard(node) ? sizes : pluginIndices).has(node.opType));
    if (found !== undefined) return { opType: found.opType, node: nodeLabel(found) };
    layer = [...new Set(nodes.flatMap((node) => node.input))].filter((one) => one !== "" && !seen.has(one));
    for (const one of layer) seen.add(one);
  }
  return undefined;
}
