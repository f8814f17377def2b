/**
 * Where NVIDIA ModelOpt (nvidia-modelopt 0.47, INT8 post-training quantisation of ONNX files) places Q/DQ on activations, worked out on the graph alone.
 * Held to ModelOpt's own output in test/real/placement.test.ts. Knows no scales and edits nothing.
 */
import type { GraphProto, NodeProto } from "../model.ts";
import { nodeId } from "./excluded.ts";
import { type GraphView, isConstant, opOf, viewGraph } from "./graph-view.ts";
import {
  excludedEdges,
  type FloatEdge,
  followers,
  isQuantizable,
  linearHeads,
  looseNodes,
  normalizations,
  pointwiseHeads,
} from "./heads.ts";
import { quantizableInputs } from "./kinds.ts";
import { growPartitions } from "./partitions.ts";
import { floatPatterns } from "./patterns.ts";
import { backbones, fusedAddInputs } from "./residual.ts";

/** One input of a node that reads through Q/DQ. */
export interface QuantizedEdge {
  readonly node: NodeProto;
  readonly slot: number;
  readonly tensor: string;
}

export interface ModelOptPlacement {
  readonly edges: readonly QuantizedEdge[];
  /** Nodes that are quantised for their own sake; others read a tensor that one of these has quantised. */
  readonly chosen: ReadonlySet<NodeProto>;
  /** Tensors around a Concat that share one scale. */
  readonly groups: readonly (readonly string[])[];
}

/** `left`: ids of compute nodes that stay in float. `isFloat`: false for tensors of another type, which nothing quantises. */
export function placeLikeModelOpt(graph: GraphProto, left: ReadonlySet<string>, isFloat: (name: string) => boolean): ModelOptPlacement {
  const view = viewGraph(graph);
  const excluded = new Set(view.nodes.filter((node) => left.has(nodeId(node))));
  const { chosen, floatEdges } = chooseNodes(view, excluded);
  const tensors = new Set<string>();
  for (const node of chosen)
    for (const [slot, name] of node.input.entries())
      if (readsQuantized(node, slot) && name !== "" && !isConstant(view, name) && isFloat(name)) tensors.add(name);
  return { edges: edgesOf(view, tensors, floatEdges), chosen, groups: concatGroups(view, chosen) };
}

function readsQuantized(node: NodeProto, slot: number): boolean {
  const which = quantizableInputs[opOf(node)] ?? "none";
  if (which === "none") return false;
  // A bias is added in INT32.
  return which === "first" ? slot === 0 : slot < (opOf(node) === "Gemm" ? 2 : node.input.length);
}

function chooseNodes(view: GraphView, excluded: ReadonlySet<NodeProto>) {
  const backbone = backbones(view);
  const fusion = { view, backbone, fusedAdds: fusedAddInputs(view, backbone) };
  const partitions = growPartitions(fusion, floatPatterns(view).union(excluded));
  const follows = followers(view, partitions);
  const linear = linearHeads(view, partitions);
  const elementwise = pointwiseHeads(view, partitions, follows);
  const inGroups = [...linear.floatEdges, ...excludedEdges(view, excluded)];
  const partly = new Set(inGroups.map(({ to }) => to));
  const heads = [...elementwise.nodes, ...linear.nodes, ...normalizations(view, follows), ...partly];
  const all = [...heads, ...looseNodes(view, heads, partitions)];
  const isEnd = (node: NodeProto) =>
    node.output.some((name) => view.outputs.has(name)) && !/^(Conv|Gemm|MatMul)$/.test(opOf(node)) && !partly.has(node);
  const chosen = new Set(all.filter((node) => isQuantizable(node) && !excluded.has(node) && !isEnd(node)));
  return { chosen, floatEdges: [...inGroups, ...elementwise.floatEdges] };
}

/** Every reader of a quantised tensor reads it quantised, but for the edges that fuse. */
function edgesOf(view: GraphView, tensors: ReadonlySet<string>, floatEdges: readonly FloatEdge[]): QuantizedEdge[] {
  const key = (node: NodeProto, slot: number) => `${node.output.find((name) => name !== "") ?? ""} ${slot}`;
  const edges = new Map<string, QuantizedEdge>();
  for (const node of view.nodes)
    for (const [slot, tensor] of node.input.entries()) if (tensors.has(tensor)) edges.set(key(node, slot), { node, slot, tensor });
  const drop = (node: NodeProto, tensor: string) => {
    const slot = node.input.findIndex((name, i) => name === tensor && edges.has(key(node, i)));
    if (slot >= 0) edges.delete(key(node, slot));
  };
  for (const { from, to } of floatEdges) if (tensors.has(from.output[0] ?? "")) drop(to, from.output[0] ?? "");
  // An Add one of whose branches fuses: a tensor that stays float towards another node stays float here too.
  const named = new Set(floatEdges.map(({ tensor }) => tensor));
  for (const { to } of floatEdges)
    if (opOf(to) === "Add")
      for (const [slot, tensor] of to.input.entries()) {
        const maker = edges.has(key(to, slot)) ? view.maker.get(tensor) : undefined;
        const quantizedOutputs = maker?.output.filter((name) => tensors.has(name)) ?? [];
        if (quantizedOutputs.length === 1 && maker?.output.some((name) => named.has(name))) drop(to, tensor);
      }
  return [...edges.values()];
}

/** Joined where they meet in several Concats. */
function concatGroups(view: GraphView, chosen: ReadonlySet<NodeProto>): string[][] {
  const isRead = (name: string) => (view.readers.get(name) ?? []).some((node) => chosen.has(node));
  const groups: Set<string>[] = [];
  for (const node of view.nodes) {
    const [output = ""] = node.output;
    const inputs = opOf(node) === "Concat" && isRead(output) ? node.input.filter(isRead) : [];
    if (inputs.length === 0) continue;
    const names = [...inputs, output];
    const touched = groups.filter((group) => names.some((name) => group.has(name)));
    for (const group of touched) groups.splice(groups.indexOf(group), 1);
    groups.push(new Set([...names, ...touched.flatMap((group) => [...group])]));
  }
  return groups.map((group) => [...group]);
}
