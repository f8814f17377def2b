/**
 * Finds the units of a model: each compute node with the normalisation and the elementwise nodes that an engine fuses with it.
 * Decides what can change precision at all; nodes that compute shapes or indices never do. Knows no scales.
 */
import type { Unit } from "../model/unit.ts";
import { patternBlocks } from "./blocks.ts";
import { elementsOf, storedBytes } from "./constants.ts";
import { foldSites } from "./fold.ts";
import { intAttribute, isStandard, type NodeProto, nodeLabel, subgraphs, type TensorProto } from "./model.ts";
import { liveNodes, type Network, producers, usedNames } from "./network.ts";
import { isDequantize, isDynamicQuantize, isQuantize, qdqSource } from "./qdq.ts";

export const computeOps: ReadonlySet<string> = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

/** Products of activations that nothing here quantises, by domain: they stay in float, and coverage names them. */
const floatKinds: ReadonlyMap<string, ReadonlySet<string>> = new Map([
  ["", new Set(["Einsum", "LSTM", "GRU", "RNN", "DeformConv", "Attention", "LinearAttention", "CausalConvWithState"])],
  [
    "com.microsoft",
    new Set([
      ...["FusedConv", "NhwcConv", "NhwcFusedConv", "ConvTransposeWithDynamicPads", "WordConvEmbedding"],
      ...["CausalConvWithState", "VarlenCausalConvWithState"],
      ...[
        "FusedGemm",
        "FusedMatMul",
        "FusedMatMulActivation",
        "TransposeMatMul",
        "GemmFastGelu",
        "GemmFloat8",
        "SparseToDenseMatMul",
        "MoE",
      ],
      ...["Attention", "MultiHeadAttention", "GroupQueryAttention", "PagedAttention", "PackedAttention", "PackedMultiHeadAttention"],
      ...["DecoderAttention", "DecoderMaskedSelfAttention", "DecoderMaskedMultiHeadAttention", "LongformerAttention", "SparseAttention"],
      ...["LinearAttention", "GatedDeltaNet", "GatedRelativePositionBias", "AttnLSTM"],
    ]),
  ],
  ["com.microsoft.nchwc", new Set(["Conv"])],
  ["com.ms.internal.nhwc", new Set(["Conv", "ConvTranspose"])],
  ["ai.onnx.ml", new Set(["LinearClassifier", "LinearRegressor", "SVMClassifier", "SVMRegressor"])],
]);

/** An Einsum of one tensor only reorders or sums it. */
export const isFloatKind = (node: NodeProto): boolean =>
  floatKinds.get(isStandard(node) ? "" : node.domain)?.has(node.opType) === true && (node.opType !== "Einsum" || node.input.length > 1);

const fusedOps: ReadonlySet<string> = new Set([
  "Add",
  "Sub",
  "Mul",
  "Div",
  "Relu",
  "LeakyRelu",
  "PRelu",
  "Clip",
  "HardSigmoid",
  "HardSwish",
  "Sigmoid",
  "Tanh",
  "Elu",
  "Selu",
  "Softplus",
  "Gelu",
  "Mish",
  "Min",
  "Max",
  "Erf",
  "Identity",
  "BatchNormalization",
]);

/** In topological order, without nodes that no output needs. Works on the graph as it is and on the folded one, with equal ids. Empty where nothing can be quantised. */
export function findUnits(network: Network): Unit[] {
  const computesShape = shapeTensors(network);
  const fixed = constantTensors(network);
  const makers = producers(network.nodes);
  const norms = new Map(foldSites(network).map((site) => [site.conv, site.norm]));
  const live = liveNodes(network);
  const units: Draft[] = [];
  const unitOf = new Map<string, number>();
  for (const [position, node] of network.nodes.entries()) {
    if (!live.has(node)) continue;
    const activations = isCompute(node) ? activationInputs(node, fixed) : [];
    if (isCompute(node) && activations.length > 0 && !activations.some((name) => computesShape.has(name))) {
      const norm = norms.get(node);
      units.push({ node, norm, activations, position, fused: [] });
      for (const name of [node.output[0], norm?.output[0]]) if (name !== undefined) unitOf.set(name, units.length - 1);
    } else {
      joinUnit(node, units, unitOf);
    }
  }
  const unitNodes = new Set(units.map(({ node }) => node));
  const blocks = patternBlocks({ nodes: network.nodes, fixed: fixed.union(computesShape), unitNodes });
  return units.map((unit) => finish(network, makers, blocks, unit));
}

interface Draft {
  readonly node: NodeProto;
  readonly norm: NodeProto | undefined;
  readonly activations: readonly string[];
  readonly position: number;
  readonly fused: NodeProto[];
}

/** An elementwise node runs with the last unit that feeds it: a residual Add belongs to the branch computed last. */
function joinUnit(node: NodeProto, units: readonly Draft[], unitOf: Map<string, number>): void {
  const passes = isQuantize(node) || isDequantize(node) || isDynamicQuantize(node);
  if (!passes && !(fusedOps.has(node.opType) && isStandard(node))) return;
  const owners = node.input.flatMap((name) => unitOf.get(name) ?? []);
  if (owners.length === 0) return;
  const owner = Math.max(...owners);
  const unit = units[owner];
  if (unit === undefined) return;
  if (unit.norm !== node && !passes) unit.fused.push(node);
  for (const name of node.output) unitOf.set(name, owner);
}

function finish(network: Network, makers: ReadonlyMap<string, NodeProto>, blocks: ReadonlyMap<NodeProto, string>, unit: Draft): Unit {
  const output = (unit.norm ?? unit.node).output[0] ?? "";
  const id = `${unit.node.opType}:${output}`;
  return {
    id,
    nodes: [unit.node, ...(unit.norm === undefined ? [] : [unit.norm]), ...unit.fused].map(nodeLabel),
    opType: unit.node.opType,
    inputs: unit.activations.map((name) => qdqSource(makers, name) ?? name),
    output,
    order: unit.position,
    block: blockOf(unit.node.name === "" ? output : unit.node.name) ?? blocks.get(unit.node) ?? id,
    weightBytes: 4 * unit.node.input.slice(0, 2).reduce((sum, name) => sum + elementCountOf(network, makers, name), 0),
  };
}

/** Bytes of a unit's weights as the file stores them: a byte for INT8, two for half precision, half of one for INT4. */
export function storedWeightBytes(network: Network, unit: Unit): number {
  const makers = producers(network.nodes);
  const last = makers.get(unit.output);
  const node = last !== undefined && last.opType !== unit.opType ? makers.get(last.input[0] ?? "") : last;
  const weights = (node?.input.slice(0, 2) ?? []).flatMap((name) => weightOf(network, makers, name) ?? []);
  return weights.reduce((sum, tensor) => sum + (storedBytes(tensor) ?? 0), 0);
}

/** Of a constant, or of the one that a dequantisation or a reordering starts from. 0 for activations. */
function elementCountOf(network: Network, makers: ReadonlyMap<string, NodeProto>, name: string): number {
  const tensor = weightOf(network, makers, name);
  return tensor === undefined ? 0 : elementsOf(tensor);
}

/** Quantised, dequantised or moved on its way from the constant. */
function weightOf(network: Network, makers: ReadonlyMap<string, NodeProto>, name: string): TensorProto | undefined {
  const constant = network.constants.get(name);
  const maker = makers.get(name);
  if (constant !== undefined || maker === undefined) return constant;
  const [source = ""] = maker.input;
  return isQuantize(maker) || isDequantize(maker) || carriers.has(maker.opType)
    ? weightOf(network, makers, source)
    : network.constants.get(source);
}

const carriers: ReadonlySet<string> = new Set(["Transpose", "Reshape", "Cast", "Identity", "Squeeze", "Unsqueeze"]);

/** True for operators that can run in INT8 and lead a unit. */
export const isCompute = (node: NodeProto): boolean => isStandard(node) && computeOps.has(node.opType);

/** Inputs that are not fixed, without the bias; each once. */
const activationInputs = (node: NodeProto, fixed: ReadonlySet<string>): string[] =>
  [...new Set(node.input.slice(0, 2))].filter((name) => name !== "" && !fixed.has(name));

/** Constants and what is computed from constants alone (a transposed or dequantised weight). */
export function constantTensors(network: Network): Set<string> {
  const fixed = new Set(network.constants.keys());
  for (const node of network.nodes) {
    const used = usedNames(node);
    if (used.length > 0 && used.every((name) => fixed.has(name)) && subgraphs(node).length === 0)
      for (const name of node.output) fixed.add(name);
  }
  return fixed;
}

/** Axis of the weights' output channels, counted from the front (simulate: one scale for each). Undefined: one scale for all. */
export function channelAxis(node: NodeProto, slot: number, rank: number): number | undefined {
  switch (node.opType) {
    case "Conv":
      return 0;
    case "ConvTranspose":
      return 1;
    case "Gemm":
      return slot === 0 ? intAttribute(node, "transA", 0) : 1 - intAttribute(node, "transB", 0);
    default:
      if (rank < 2) return undefined;
      return slot === 0 ? rank - 2 : rank - 1;
  }
}

/** Tensors that hold shapes or are computed from shapes and constants alone. */
export function shapeTensors(network: Network): Set<string> {
  const found = new Set<string>();
  for (const node of network.nodes) {
    // What a body takes from outside counts: an If whose condition is computed from a shape still gives what its branches read.
    const variable = usedNames(node).filter((name) => !network.constants.has(name));
    const derived = variable.length > 0 && variable.every((name) => found.has(name));
    if (node.opType === "Shape" || node.opType === "Size" || derived) for (const name of node.output) found.add(name);
  }
  return found;
}

/** `/layer1/layer1.0/conv1/Conv` -> `layer1/layer1.0`: up to the first numbered part and what only refines it; names without a path have no block. */
export function blockOf(name: string): string | undefined {
  const parts = name
    .split("/")
    .filter((part) => part !== "")
    .slice(0, -1);
  if (parts.length === 0) return undefined;
  const numbered = parts.findIndex((part) => /\d/.test(part));
  if (numbered < 0) return parts.join("/");
  const refined = parts[numbered + 1]?.startsWith(`${parts[numbered]}.`) === true;
  return parts.slice(0, numbered + (refined ? 2 : 1)).join("/");
}
