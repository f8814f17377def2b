/**
 * Units of kinds that often quantise badly, by what stands beside them in the graph: products around a Softmax, projections behind a normalisation or a
 * GELU, squeeze-and-excite gates, depthwise convolutions, the first and the last unit. Says which; whether it helps to keep them has to be tried.
 */
import type { Unit } from "../model/unit.ts";
import { intAttribute, type NodeProto } from "./model.ts";
import { consumers, type Network, producers } from "./network.ts";

export interface UnitFamily {
  /** In the plural, as in "keep all 12 …". */
  readonly name: string;
  readonly units: readonly string[];
}

/** Without families that are empty or hold every unit. */
export function unitFamilies(network: Network, units: readonly Unit[]): UnitFamily[] {
  const makers = producers(network.nodes);
  const readers = consumers(network.nodes);
  const graph: Graph = { network, makers, readers, unitNodes: new Set(units.flatMap(({ output }) => computeNode(makers, output) ?? [])) };
  const families = kinds.map(({ name, holds }) => ({
    name,
    units: units.filter(({ output }) => {
      const node = computeNode(makers, output);
      return node !== undefined && holds(graph, node);
    }),
  }));
  const ends = units.toSorted((a, b) => a.order - b.order);
  const first = ends[0];
  const last = ends.at(-1);
  return [...families, { name: "units at the ends (the first and the last)", units: first && last ? [first, last] : [] }]
    .filter((family) => family.units.length > 0 && family.units.length < units.length)
    .map((family) => ({ name: family.name, units: family.units.map(({ id }) => id) }));
}

interface Graph {
  readonly network: Network;
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly readers: ReadonlyMap<string, readonly NodeProto[]>;
  readonly unitNodes: ReadonlySet<NodeProto>;
}

/** A unit's output is that of its normalisation, where one is folded into it. */
function computeNode(makers: ReadonlyMap<string, NodeProto>, output: string): NodeProto | undefined {
  const maker = makers.get(output);
  return maker?.opType === "BatchNormalization" ? computeNode(makers, maker.input[0] ?? "") : maker;
}

type Holds = (graph: Graph, node: NodeProto) => boolean;

const isA =
  (...types: readonly string[]): Wanted =>
  ({ opType }) =>
    types.includes(opType);
type Wanted = (node: NodeProto, graph: Graph) => boolean;

const softmax = isA("Softmax");
/** A normalisation that was exported in pieces ends in a division by a Sqrt. */
const norms = isA(
  "LayerNormalization",
  "SkipLayerNormalization",
  "GroupNormalization",
  "InstanceNormalization",
  "RMSNormalization",
  "Sqrt",
);
const gelus = isA("Gelu", "FastGelu", "BiasGelu", "Erf");
const pools = isA("GlobalAveragePool", "ReduceMean");
/** A sigmoid that multiplies something. A classifier's head ends in one that does not. */
const gates: Wanted = (node, { readers }) =>
  (node.opType === "Sigmoid" || node.opType === "HardSigmoid") &&
  node.output.some((name) => (readers.get(name) ?? []).some(({ opType }) => opType === "Mul"));

const kinds: readonly { readonly name: string; readonly holds: Holds }[] = [
  { name: "matrix products beside a Softmax", holds: (graph, node) => follows(graph, node, softmax) || leadsTo(graph, node, softmax) },
  { name: "units behind a layer normalisation", holds: (graph, node) => follows(graph, node, norms) },
  { name: "units behind a GELU", holds: (graph, node) => follows(graph, node, gelus) },
  { name: "units of squeeze-and-excite gates", holds: isGate },
  { name: "depthwise convolutions", holds: isDepthwise },
];

/** Nodes that move, scale, shift or convert values, and leave their kind. */
const carriers: ReadonlySet<string> = new Set([
  ...["Add", "Sub", "Mul", "Div", "Where", "Cast", "Identity", "Dropout", "QuantizeLinear", "DequantizeLinear", "BatchNormalization"],
  ...["Reshape", "Transpose", "Squeeze", "Unsqueeze", "Flatten", "Split", "Slice", "Concat", "Expand"],
]);
/** Inside a gate activations stand between its two units. */
const gateCarriers: ReadonlySet<string> = new Set([...carriers, "Relu", "HardSwish", "PRelu", "Clip"]);

const follows = (graph: Graph, node: NodeProto, wanted: Wanted): boolean =>
  reaches(graph, node, { wanted, through: (one) => carriers.has(one.opType) && !graph.unitNodes.has(one), next: makersOf(graph) });

const leadsTo = (graph: Graph, node: NodeProto, wanted: Wanted): boolean =>
  reaches(graph, node, { wanted, through: (one) => carriers.has(one.opType) && !graph.unitNodes.has(one), next: readersOf(graph) });

/** Pooled values before it and a sigmoid after it, with units of the same gate between. */
function isGate(graph: Graph, node: NodeProto): boolean {
  const through = (one: NodeProto) => gateCarriers.has(one.opType) || graph.unitNodes.has(one);
  return (
    reaches(graph, node, {
      wanted: pools,
      through: (one) => through(one) && one.opType !== "Mul" && one.opType !== "Add",
      next: makersOf(graph),
    }) && reaches(graph, node, { wanted: gates, through, next: readersOf(graph), farthest: gateDepth })
  );
}
/** Nodes from a gate's first unit to its sigmoid: bias, activation, unit, bias and their casts. */
const gateDepth = 8;

function isDepthwise({ network }: Graph, node: NodeProto): boolean {
  const shape = network.constants.get(node.input[1] ?? "")?.dims ?? [];
  return node.opType === "Conv" && intAttribute(node, "group", 1) > 1 && Number(shape[1] ?? 0) === 1;
}

interface Walk {
  readonly wanted: Wanted;
  readonly through: (node: NodeProto) => boolean;
  readonly next: (node: NodeProto) => readonly NodeProto[];
  /** Steps. */
  readonly farthest?: number;
}

function reaches(graph: Graph, from: NodeProto, { wanted, through, next, farthest = Number.POSITIVE_INFINITY }: Walk): boolean {
  const seen = new Set<NodeProto>();
  let edge = next(from);
  for (let step = 0; step < farthest && edge.length > 0; step++) {
    if (edge.some((node) => wanted(node, graph))) return true;
    for (const node of edge) seen.add(node);
    edge = edge
      .filter(through)
      .flatMap(next)
      .filter((node) => !seen.has(node));
  }
  return false;
}

const makersOf = (graph: Graph) => (node: NodeProto) => node.input.flatMap((name) => graph.makers.get(name) ?? []);
const readersOf = (graph: Graph) => (node: NodeProto) => node.output.flatMap((name) => graph.readers.get(name) ?? []);
