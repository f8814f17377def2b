/**
 * Units of a model that holds Q/DQ, and what each would read in float: the tensor before an activation's pair, and for weights the tensor before their
 * pair or the float model's own. Every node behind Q/DQ is one: compute nodes, and what else the exporter quantised (Add, Gather, LayerNormalization …).
 */
import { ToolError } from "../effects/failure.ts";
import type { Unit } from "../model/unit.ts";
import { computeOfFloatKinds } from "./body-coverage.ts";
import { type DoubtedClamp, doubtedClamps } from "./doubted-clamps.ts";
import { withoutBodyPairs } from "./float-bodies.ts";
import { floatView } from "./float-view.ts";
import { floatWeights } from "./float-weights.ts";
import { handDequantised, readsWeights } from "./hand-dequantised.ts";
import { type NodeProto, nodeLabel, rewire, subgraphs, type TensorProto } from "./model.ts";
import { liveNodes, type Network, producers, prune, sortNodes, usedNames } from "./network.ts";
import { isDequantize, isDynamicQuantize, isQuantize, isUnknownQuantize, quantizedFrom } from "./qdq.ts";
import { reorders } from "./qdq-form.ts";
import { isQOperator } from "./qoperators.ts";
import { precisionWord } from "./quantized-precision.ts";
import { blockOf, constantTensors, findUnits } from "./units.ts";

export interface QdqUnits {
  /** Quantised ones only, in topological order. */
  readonly units: readonly Unit[];
  /** Ids of those that are no compute nodes. */
  readonly others: ReadonlySet<string>;
  /** Compute nodes, quantised or not, and those of them that are: by their inputs, or by weights stored as integers. */
  readonly totalUnits: number;
  readonly quantizedCompute: number;
  readonly nodes: ReadonlyMap<string, { readonly node: NodeProto; readonly floatInputs: readonly string[] }>;
  /** What `floatInputs` name and the network does not have. */
  readonly added: { readonly nodes: readonly NodeProto[]; readonly constants: ReadonlyMap<string, TensorProto> };
  /** Labels of compute nodes of kinds that are no units by themselves and that no Q/DQ feeds. */
  readonly floatKinds: readonly string[];
  /** Labels of quantised nodes whose weights are known as integers alone: in float they read the same rounded numbers. */
  readonly roundedWeights: readonly string[];
  /** Labels of nodes behind which an activation was put back that the exporter had left out. */
  readonly putBack: readonly string[];
  /** Labels of quantisers of activations that stay with every unit kept: no unit holds what they do. */
  readonly left: readonly string[];
}

/** True for a model that is quantised already, in whatever form. */
export const hasQdq = (nodes: readonly NodeProto[]): boolean =>
  nodes.some((node) => isQuantize(node) || isDequantize(node) || isDynamicQuantize(node) || isQOperator(node) || isUnknownQuantize(node));

/** Without `float`, weights stored as integers stay dequantised in a unit kept in float: nothing else is known of them. */
export function qdqUnits(network: Network, float: Network | undefined): QdqUnits {
  const view = floatView(network, float);
  const weights = float === undefined ? undefined : floatWeights(network, float, view.fresh);
  const fixed = constantTensors(network);
  const makers = producers(network.nodes);
  const fromIntegers = integerTensors(network);
  const byHand = handDequantised(network);
  const isRounded = (node: NodeProto, slot: number, name: string): boolean =>
    fixed.has(name) && (fromIntegers.has(name) || (byHand.has(name) && readsWeights(node, slot)));
  const rounded = new Set<NodeProto>();
  const floatInputs = (node: NodeProto): string[] =>
    node.input.map((name, slot) => {
      if (name === "" || view.source(name) !== name) return name === "" ? name : view.source(name);
      const weight = isRounded(node, slot, name) ? weights?.weight(node, slot) : undefined;
      if (isRounded(node, slot, name) && weight === undefined) rounded.add(node);
      return weight ?? name;
    });

  const compute = findUnits(network);
  const unitNode = (unit: Unit) => makers.get(unit.id.slice(unit.opType.length + 1));
  const nodes = new Map<string, { node: NodeProto; floatInputs: string[] }>();
  const enter = (id: string, node: NodeProto) => {
    const inputs = floatInputs(node);
    const quantized = inputs.some((name, slot) => name !== node.input[slot]);
    if (quantized) nodes.set(id, { node, floatInputs: inputs });
    return quantized;
  };
  /** Of activations, also behind what only reorders them. */
  const dequantizers = ({ input }: NodeProto): NodeProto[] =>
    input.flatMap((name) => {
      let maker = fixed.has(name) ? undefined : makers.get(name);
      while (maker !== undefined && !isDequantize(maker) && (reorders.has(maker.opType) || maker.opType === "Cast"))
        maker = makers.get(maker.input[0] ?? "");
      return maker !== undefined && isDequantize(maker) ? [maker] : [];
    });
  const isUnit = new Set(compute.map(unitNode));
  for (const unit of compute) {
    const node = unitNode(unit);
    if (node !== undefined) enter(unit.id, node);
  }
  const live = liveNodes(network);
  // A body's nodes are no units: what they read as integers alone is told by the node that holds them.
  if (float === undefined)
    for (const node of live)
      if (subgraphs(node).length > 0 && usedNames(node).some((name) => fixed.has(name) && fromIntegers.has(name))) rounded.add(node);
  const others = network.nodes.flatMap((node, order): Unit[] => {
    if (!live.has(node)) return [];
    if (
      isUnit.has(node) ||
      isQuantize(node) ||
      isDynamicQuantize(node) ||
      isDequantize(node) ||
      view.isCarrier(node) ||
      fixed.has(node.output[0] ?? "")
    )
      return [];
    const unit = plainUnit(node, order, view.source);
    const [first] = dequantizers(node);
    const asked = first === undefined ? {} : quantizedInputs(network, makers, [first]);
    return subgraphs(node).length === 0 && enter(unit.id, node) ? [{ ...unit, ...asked }] : [];
  });
  const own = new Set(others.map(({ nodes: [label] }) => label));
  const quantized = compute
    .flatMap((unit) => {
      const entry = nodes.get(unit.id);
      return entry === undefined ? [] : [{ unit, entry }];
    })
    // What fuses with a compute node and has Q/DQ of its own changes precision by itself.
    .map(({ unit, entry }) => ({
      ...unit,
      nodes: unit.nodes.filter((label, i) => i === 0 || !own.has(label)),
      ...quantizedInputs(network, makers, dequantizers(entry.node)),
    }));
  const added = {
    nodes: [...view.added().nodes, ...(weights?.added().nodes ?? [])],
    constants: new Map([...view.added().constants, ...(weights?.added().constants ?? [])]),
  };
  const isRoundedNode = (node: NodeProto | undefined) => node !== undefined && rounded.has(node);
  const byNode = new Map([...nodes.values()].map(({ node, floatInputs: input }) => [node, rewire(node, { input })] as const));
  const kept = [...network.nodes.map((node) => byNode.get(node) ?? node), ...added.nodes];
  return {
    units: [...quantized, ...others].toSorted((a, b) => a.order - b.order),
    others: new Set(others.map(({ id }) => id)),
    totalUnits: compute.length,
    quantizedCompute: compute.filter((unit) => nodes.has(unit.id) || isRoundedNode(unitNode(unit))).length,
    nodes,
    added,
    floatKinds: computeOfFloatKinds(network, (node) => byNode.has(node) || rounded.has(node)),
    roundedWeights: [...rounded].map(nodeLabel),
    putBack: view.putBack(),
    left: quantizersLeft({ ...network, nodes: sortNodes(kept) }),
  };
}

/** `dequantizers`: of a unit's activations. INT8 is not named: it is what a unit without a word is quantised to. */
function quantizedInputs(
  { constants }: Network,
  makers: ReadonlyMap<string, NodeProto>,
  [first]: readonly NodeProto[],
): Pick<Unit, "isWeightOnly" | "precision"> {
  if (first === undefined) return { isWeightOnly: true };
  const precision = precisionWord(quantizedFrom(constants, makers, first));
  return precision === undefined || precision === "INT8" ? {} : { precision };
}

/** Labels of the quantisers of activations that an output needs, without those that give an output its integers. */
function quantizersLeft(network: Network): string[] {
  const fixed = constantTensors(network);
  const finals = new Set(network.outputs.map(({ name }) => name));
  return prune(network)
    .nodes.filter(
      (node) => (isQuantize(node) || isDynamicQuantize(node)) && !fixed.has(node.output[0] ?? "") && !finals.has(node.output[0] ?? ""),
    )
    .map(nodeLabel);
}

/** Units that are no compute nodes, by operator. */
export function countOthers({ units, others }: QdqUnits): Record<string, number> {
  const counted = Map.groupBy(
    units.filter(({ id }) => others.has(id)),
    ({ opType }) => opType,
  );
  return Object.fromEntries([...counted].map(([opType, all]) => [opType, all.length]));
}

function plainUnit(node: NodeProto, order: number, source: (name: string) => string): Unit {
  const output = node.output.find((name) => name !== "") ?? "";
  const id = `${node.opType}:${output}`;
  const inputs = node.input.map(source).filter((name, slot) => name !== node.input[slot]);
  const block = blockOf(node.name === "" ? output : node.name) ?? id;
  return { id, nodes: [nodeLabel(node)], opType: node.opType, inputs, output, order, block, weightBytes: 0 };
}

/** What a dequantisation of stored integers gives, carried on by operators. */
function integerTensors({ nodes, constants }: Network): Set<string> {
  const found = new Set<string>();
  for (const node of nodes) {
    const is = isDequantize(node) ? constants.has(node.input[0] ?? "") : node.input.some((name) => found.has(name));
    if (is) for (const name of node.output) found.add(name);
  }
  return found;
}

/**
 * The network with every Q/DQ pair read around and the activations that pairs replaced put back. ToolError `quantization-form` where a quantiser stays: such
 * a reference would be compared with itself.
 */
export const withoutQdq = (network: Network): Network => floatForm(network).float;

/** The same, with the quantisers of which the file does not say whether an activation stood before them. */
export function floatForm(network: Network): { readonly float: Network; readonly doubted: readonly DoubtedClamp[] } {
  const view = floatView(network, undefined);
  const nodes = network.nodes.map((node) =>
    isQuantize(node) || isDequantize(node)
      ? node
      : rewire(node, { input: node.input.map((name) => (name === "" ? "" : view.source(name))) }),
  );
  const added = view.added();
  const constants = new Map([...network.constants, ...added.constants]);
  const bodies = withoutBodyPairs(nodes, constants);
  const float = prune({ ...network, nodes: sortNodes([...bodies.nodes, ...added.nodes]), constants });
  const [first, ...more] = [...quantizersLeft(float), ...bodies.left];
  if (first === undefined) return { float, doubted: doubtedClamps(network, view) };
  throw new ToolError(
    "quantization-form",
    `${1 + more.length} quantisers of ${network.file} (first '${first}') have no DequantizeLinear of the same scale behind them, so its float form cannot be read from the file. Give the float model as 'path' and this one as 'quantization.qdq'.`,
  );
}
