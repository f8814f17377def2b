/**
 * Tells names from numbers: whether the values of a tensor are indices, class numbers or truth values, which are equal or not, or quantities, which have a
 * distance; and whether how many there are depends on the data. Says nothing where only the element type can tell.
 */
import type { OutputForm } from "../model/output-form.ts";
import { guessedTypes } from "./element-types.ts";
import { DataType, intAttribute, isStandard, type NodeProto, nodeLabel, subgraphs, textAttribute } from "./model.ts";
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
/** Move values or pick some of them, or round or bound each; the first input carries them. */
const carries: ReadonlySet<string> = new Set(
  "Reshape Flatten Squeeze Unsqueeze Identity Cast CastLike Transpose Dropout Slice Split Gather GatherND GatherElements Expand Tile Pad Compress DepthToSpace SpaceToDepth Floor Ceil Round Clip Relu Abs Neg".split(
    " ",
  ),
);
/** Join or choose among what they read, or shift and scale it. */
const mixes: ReadonlySet<string> = new Set(["Add", "Sub", "Mul", "Div", "Mod", "Max", "Min", "Sum", "Concat"]);
/** Sums of products, in whole numbers too. */
const products: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "MatMul", "Gemm", "ConvInteger", "MatMulInteger"]);
const quantizes: ReadonlySet<string> = new Set(["QuantizeLinear", "DequantizeLinear", "DynamicQuantizeLinear"]);
/** Name something by their nature: no number that is made of their results is surely one. */
const namers: ReadonlySet<string> = new Set([
  "ArgMax",
  "ArgMin",
  "TopK",
  "NonZero",
  "NonMaxSuppression",
  "Unique",
  "Hardmax",
  "Multinomial",
]);
/** Their result decides how many entries there are. */
const sizes: ReadonlySet<string> = new Set(["NonMaxSuppression", "NonZero", "Compress", "Unique"]);

/** Pictures and quantised values are cast to these; names of something mostly to 32 or 64 bits. */
const narrow: ReadonlySet<number> = new Set([DataType.UINT8, DataType.INT8, DataType.UINT16, DataType.INT16]);

const wide: ReadonlySet<number> = new Set([DataType.INT32, DataType.INT64, DataType.UINT32, DataType.UINT64]);
const floats: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16, DataType.DOUBLE]);

type Makers = ReadonlyMap<string, NodeProto>;
export type ValueKind = NonNullable<OutputForm["values"]>;

/**
 * By tensor. Undefined: the graph does not say; the element type then does (whole numbers and truth values are indices). What a Cast made whole of floats is an index only
 * where names go into it: a coordinate or a score in INT64 is a number.
 */
export function valueKinds(network: Network, makers: Makers): (name: string) => ValueKind | undefined {
  const fixed = constantTensors(network);
  let types: ReadonlyMap<string, number> | undefined;
  const isFloat = (name: string): boolean => {
    types ??= guessedTypes(network);
    return floats.has(types.get(name) ?? DataType.UNDEFINED);
  };
  return (name) => kindOf({ makers, fixed, isFloat }, name);
}

interface Graph {
  readonly makers: Makers;
  readonly fixed: ReadonlySet<string>;
  isFloat(name: string): boolean;
}

/** Walks back over what carries values, to where each of them comes from. */
function kindOf(graph: Graph, name: string): ValueKind | undefined {
  const seen = new Set<string>();
  const waiting = [name];
  const unknown: string[] = [];
  const ends = new Set<ValueKind>();
  let isWhole = false;
  let isNamed = false;
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const node = graph.makers.get(at);
    const end = node && endOf(graph, node, at);
    if (end !== undefined) {
      ends.add(end);
      isNamed ||= end === "index" && node !== undefined && isNamer(node);
    } else {
      const next = node !== undefined && isStandard(node) ? carriers(node, graph.fixed) : [];
      if (next.length === 0) unknown.push(at);
      waiting.push(...next);
      isWhole ||= node !== undefined && makesWhole(graph, node);
    }
  }
  if (ends.has("quantity")) return "quantity";
  if (unknown.length === 0) return ends.has("index") ? "index" : undefined;
  return isWhole && !isNamed && !hasNames(graph, unknown) ? "quantity" : undefined;
}

function endOf({ isFloat }: Graph, node: NodeProto, name: string): ValueKind | undefined {
  if (indicesOf(node)?.includes(node.output.indexOf(name))) return "index";
  if (!isStandard(node)) return undefined;
  if (quantizes.has(node.opType) || products.has(node.opType)) return "quantity";
  const isTruth = node.opType === "Cast" && intAttribute(node, "to", 0) === DataType.BOOL && isFloat(node.input[0] ?? "");
  return isTruth ? "index" : undefined;
}

/** Bytes and short integers hold pictures and quantised values, whatever they are cast from; wide ones hold numbers where those were floats. */
function makesWhole({ isFloat }: Graph, node: NodeProto): boolean {
  if (node.opType !== "Cast") return false;
  const to = intAttribute(node, "to", 0);
  return narrow.has(to) || (wide.has(to) && isFloat(node.input[0] ?? ""));
}

const indicesOf = (node: NodeProto): readonly number[] | undefined =>
  isStandard(node) ? makesIndices.get(node.opType) : pluginIndices.get(node.opType);

/** The inputs whose values go on; none where the node makes new ones. */
function carriers(node: NodeProto, fixed: ReadonlySet<string>): readonly string[] {
  const moving = (names: readonly string[]) => names.filter((name) => name !== "" && !fixed.has(name));
  const isNearest = node.opType === "Upsample" || node.opType === "Resize";
  if (carries.has(node.opType) || (isNearest && textAttribute(node, "mode", "nearest") === "nearest"))
    return isLookup(node, fixed) ? [] : node.input.slice(0, 1);
  if (mixes.has(node.opType)) return moving(node.input);
  if (node.opType !== "Where") return [];
  // One of two constants is a name too.
  const chosen = moving(node.input.slice(1));
  return chosen.length === 0 ? node.input.slice(0, 1) : chosen;
}

/** Whether anything that names something goes into one of these tensors, other than through a product. */
function hasNames({ makers, fixed }: Graph, names: readonly string[]): boolean {
  const seen = new Set<string>();
  const waiting = [...names];
  for (let at = waiting.pop(); at !== undefined; at = waiting.pop()) {
    if (seen.has(at)) continue;
    seen.add(at);
    const node = makers.get(at);
    if (node === undefined || (isStandard(node) && products.has(node.opType))) continue;
    if (isNamer(node) && indicesOf(node)?.includes(node.output.indexOf(at)) !== false) return true;
    waiting.push(...(picks.has(node.opType) && !isLookup(node, fixed) ? node.input.slice(0, 1) : node.input));
  }
  return false;
}

/** Also what the gate cannot look into: a plugin, a body. */
const isNamer = (node: NodeProto): boolean =>
  subgraphs(node).length > 0 || (isStandard(node) ? namers.has(node.opType) : node.domain !== "com.microsoft");

/** Picks from a constant table: what picks is a name where anything is. */
const isLookup = (node: NodeProto, fixed: ReadonlySet<string>): boolean => picks.has(node.opType) && fixed.has(node.input[0] ?? "");

/** Their other inputs say what is picked: no name goes into the values. */
const picks: ReadonlySet<string> = new Set(["Gather", "GatherND", "GatherElements", "Slice", "Compress", "TopK"]);

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
