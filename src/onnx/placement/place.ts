/**
 * Which inputs of which nodes get Q/DQ, for the scales at hand: the one answer that the simulated candidate and the written file both follow.
 * What ModelOpt would do with unlimited scales is modelopt.ts; how pairs get into a graph is up to whoever asks.
 */
import type { Placement } from "../../model/placement.ts";
import type { Unit } from "../../model/unit.ts";
import { guessedTypes } from "../element-types.ts";
import { foldSites } from "../fold.ts";
import { DataType, type GraphProto, type NodeProto, nodeLabel, subgraphs } from "../model.ts";
import { liveNodes, type Network } from "../network.ts";
import { constantTensors, isCompute } from "../units.ts";
import { placeLikeModelOpt, type QuantizedEdge } from "./modelopt.ts";

/** A node that is no quantised unit and reads quantised tensors. It goes with one unit: where that is kept, it reads float. */
export interface OtherNode {
  readonly unit: string;
  readonly opType: string;
  readonly label: string;
  /** Quantised tensor by input. */
  readonly inputs: ReadonlyMap<number, string>;
}

export interface Placed {
  /** Quantised compute nodes with their scales, in topological order. */
  readonly units: readonly Unit[];
  /** By the node's first output. */
  readonly others: ReadonlyMap<string, OtherNode>;
  /** Tensors that would be quantised if they had a scale. */
  readonly missingScales: readonly string[];
  /** amax / 127 by tensor; tensors around a Concat share one. */
  readonly scales: ReadonlyMap<string, number>;
  /** Outputs of normalisations that stay behind their convolution, because there is Q/DQ between. */
  readonly unfolded: ReadonlySet<string>;
}

/** What the scheme asks for before anything is known about scales. */
export interface Wanted {
  readonly units: readonly Unit[];
  /** Inputs of other nodes; `own`: quantised for that node's sake, not because another node reads the tensor quantised. */
  readonly edges: readonly (QuantizedEdge & { readonly own: boolean })[];
  readonly groups: readonly (readonly string[])[];
  readonly unfolded: ReadonlySet<string>;
}

const quantizable: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16]);

/** `network`: of this graph, not folded; `units`: all of it. */
export function wantedBy(placement: Placement, graph: GraphProto, network: Network, units: readonly Unit[]): Wanted {
  if (placement.scheme === "core") return { units, edges: [], groups: [], unfolded: new Set() };
  const types = guessedTypes(network);
  const isFloat = (name: string) => quantizable.has(types.get(name) ?? DataType.FLOAT);
  const live = liveNodes(network);
  const { edges, chosen, groups } = placeLikeModelOpt(graph, placement.left, isFloat);
  const norms = new Map(foldSites(network).map(({ conv, norm }) => [conv, norm] as const));
  const ids = new Set([...chosen].map((node) => `${node.opType}:${(norms.get(node) ?? node).output[0] ?? ""}`));
  const folded = new Set([...norms].flatMap(([conv, norm]) => (chosen.has(conv) ? [norm] : [])));
  const fixed = constantTensors(network);
  const others = edges.filter(
    ({ node, tensor }) =>
      live.has(node) && !(chosen.has(node) && isCompute(node)) && !folded.has(node) && !fixed.has(tensor) && subgraphs(node).length === 0,
  );
  const isNorm = new Set(norms.values());
  const wantedUnits = units.filter(({ id }) => ids.has(id));
  const read = new Set([
    ...wantedUnits.flatMap(({ inputs }) => inputs),
    ...others.flatMap(({ node, tensor }) => (chosen.has(node) ? [tensor] : [])),
  ]);
  return {
    units: wantedUnits,
    // What a chosen node reads float after all (an Add that fuses) stays quantised for its other readers.
    edges: others.map((edge) => ({ ...edge, own: chosen.has(edge.node) || !read.has(edge.tensor) })),
    groups,
    unfolded: new Set(others.flatMap(({ node }) => (isNorm.has(node) ? (node.output[0] ?? []) : []))),
  };
}

/** Activations that want a scale. */
export const scaledTensors = ({ units, edges }: Wanted): string[] => [
  ...new Set([...units.flatMap(({ inputs }) => inputs), ...edges.filter(({ own }) => own).map(({ tensor }) => tensor)]),
];

/** Those of them that only other nodes read. */
export function otherTensors(wanted: Wanted): Set<string> {
  const read = new Set(wanted.units.flatMap(({ inputs }) => inputs));
  return new Set(scaledTensors(wanted).filter((name) => !read.has(name)));
}

/** `network`: as for `wantedBy`; folded where it likes. What has no scale stays float. */
export function place(wanted: Wanted, network: Network, given: ReadonlyMap<string, number>): Placed {
  const scales = sharedScales(wanted.groups, given);
  const units = wanted.units.filter((unit) => unit.inputs.every((name) => scales.has(name)));
  const quantized = new Set([
    ...units.flatMap(({ inputs }) => inputs),
    ...wanted.edges.flatMap(({ own, tensor }) => (own && scales.has(tensor) ? [tensor] : [])),
  ]);
  const owner = owners(network, units);
  const others = new Map<string, OtherNode & { readonly inputs: Map<number, string> }>();
  for (const { node, slot, tensor } of wanted.edges) {
    const key = firstOutput(node);
    const unit = owner(node);
    if (!quantized.has(tensor) || unit === undefined || key === "") continue;
    const other = others.get(key) ?? { unit, opType: node.opType, label: nodeLabel(node), inputs: new Map<number, string>() };
    others.set(key, other);
    other.inputs.set(slot, tensor);
  }
  return {
    units: withFollowers(units, others),
    others,
    scales,
    unfolded: wanted.unfolded,
    missingScales: scaledTensors(wanted).filter((name) => !scales.has(name)),
  };
}

/** The same units, each with the labels of the nodes that go with it. */
export function withFollowers(units: readonly Unit[], others: Placed["others"]): Unit[] {
  const labels = new Map<string, string[]>();
  for (const { unit, label } of others.values()) {
    const list = labels.get(unit);
    if (list === undefined) labels.set(unit, [label]);
    else list.push(label);
  }
  return units.map((unit) => {
    const followers = labels.get(unit.id);
    return followers === undefined ? unit : { ...unit, followers };
  });
}

/** The first that has a name; empty for a node without any. */
export const firstOutput = (node: NodeProto): string => node.output.find((name) => name !== "") ?? "";

/** Why nothing is quantised though no scale is missing; undefined where that is not so. `name`: the model's. */
export const nothingToPlace = ({ scheme }: Placement, { units, missingScales }: Placed, name: string): string | undefined =>
  scheme === "core" || units.length > 0 || missingScales.length > 0
    ? undefined
    : `ModelOpt's placement leaves every compute node of '${name}' in float: they are too small to gain by INT8, or stand in a pattern that stays in float.`;
/** What to do about it where ModelOpt's placement was asked for. */
export const useCore = "Use `placement: core` to quantise them all the same.";

/** Nodes beside the units, by operator. */
export function countOtherNodes({ others }: Placed): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const { opType } of others.values()) counts[opType] = (counts[opType] ?? 0) + 1;
  return counts;
}

/** A residual input and the Concat that takes it in would otherwise be rounded twice. */
function sharedScales(groups: Wanted["groups"], given: ReadonlyMap<string, number>): ReadonlyMap<string, number> {
  const scales = new Map(given);
  for (const group of groups) {
    const known = group.flatMap((name) => given.get(name) ?? []);
    if (known.length > 0) for (const name of group) if (given.has(name)) scales.set(name, Math.max(...known));
  }
  return scales;
}

/** The unit that a node runs on from: the last in order of those before it; in front of all units, the first. */
function owners(network: Network, units: readonly Unit[]): (node: NodeProto) => string | undefined {
  const place = new Map(units.map(({ output }, i) => [output, i] as const));
  const last = new Map<string, number>();
  const of = new Map<string, number>();
  for (const node of network.nodes) {
    const own = place.get(node.output[0] ?? "");
    const before = Math.max(-1, ...node.input.map((name) => last.get(name) ?? -1));
    of.set(firstOutput(node), before);
    for (const name of node.output) last.set(name, own ?? before);
  }
  return (node) => units[Math.max(0, of.get(firstOutput(node)) ?? 0)]?.id;
}
