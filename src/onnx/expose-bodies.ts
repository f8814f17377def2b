/**
 * Hands tensors of the bodies of If, Loop and Scan out to the graph around them: of a loop every iteration's values, stacked; of a branch its values where it ran,
 * and nothing where the other did. For calibration, which sees only what the graph itself gives.
 */
import {
  type AttributeProto,
  attribute,
  floatTensor,
  type GraphProto,
  intsAttr,
  intsAttribute,
  isStandard,
  makeNode,
  type NodeProto,
  withFields,
} from "./model.ts";
import { type Network, valueInfo } from "./network.ts";

export interface Exposed {
  readonly network: Network;
  /** Name in the graph itself, by the name in the body. */
  readonly names: ReadonlyMap<string, string>;
}

/** `wanted`: names that one body alone gives. Those that no body gives, and those in bodies of other operators, are not in `names`. */
export function exposeBodies(network: Network, wanted: ReadonlySet<string>): Exposed {
  const { nodes, names } = exposeIn(network.nodes, wanted);
  return { network: { ...network, nodes }, names };
}

const outside = (name: string) => `trt_gate:inside:${name}`;

function exposeIn(nodes: readonly NodeProto[], wanted: ReadonlySet<string>) {
  const names = new Map<string, string>();
  const exposed = nodes.map((node) => {
    if (!isStandard(node)) return node;
    const found = node.opType === "If" ? exposeIf(node, wanted) : isLoop(node) ? exposeLoop(node, wanted) : undefined;
    if (found === undefined || found.names.length === 0) return node;
    for (const name of found.names) names.set(name, outside(name));
    return found.node;
  });
  return { nodes: exposed, names };
}

const isLoop = ({ opType }: NodeProto): boolean => opType === "Loop" || opType === "Scan";

/** The body with what it gives out, the innermost first, as further outputs. */
function exposeBody(graph: GraphProto, wanted: ReadonlySet<string>): { readonly graph: GraphProto; readonly names: readonly string[] } {
  const inner = exposeIn(graph.node, wanted);
  const own = [...graph.input.map(({ name }) => name), ...graph.node.flatMap(({ output }) => output)].filter((name) => wanted.has(name));
  const pairs = [...own.map((name) => [name, name] as const), ...inner.names];
  const copies = pairs.map(([name, from]) => makeNode({ opType: "Identity", input: [from], output: [copy(name)] }));
  const output = [...graph.output, ...pairs.map(([name]) => valueInfo(copy(name)))];
  return { graph: withFields(graph, { node: [...inner.nodes, ...copies], output }), names: pairs.map(([name]) => name) };
}

const copy = (name: string) => `trt_gate:copy:${name}`;

const withGraphs = (node: NodeProto, graphs: ReadonlyMap<string, GraphProto>, more: readonly AttributeProto[] = []): AttributeProto[] => [
  ...node.attribute
    .filter(({ name }) => !more.some((one) => one.name === name))
    .map((one) => {
      const graph = graphs.get(one.name);
      return graph === undefined ? one : withFields(one, { g: graph });
    }),
  ...more,
];

/** Outputs that the node does not use still count: those of the body stand in the same places. */
const allOutputs = (node: NodeProto, count: number): string[] => Array.from({ length: count }, (_, i) => node.output[i] ?? "");

function exposeLoop(node: NodeProto, wanted: ReadonlySet<string>) {
  const body = attribute(node, "body")?.g;
  if (body === undefined) return undefined;
  const { graph, names } = exposeBody(body, wanted);
  const given = node.opType === "Loop" ? body.output.length - 1 : body.output.length;
  // A Scan may say for each of its stacked outputs where they are stacked and in which order.
  const lists = ["scan_output_axes", "scan_output_directions"].flatMap((name) => {
    const list = intsAttribute(node, name);
    return list === undefined ? [] : [intsAttr(name, [...list, ...names.map(() => 0)])];
  });
  const output = [...allOutputs(node, given), ...names.map(outside)];
  return { node: withFields(node, { output, attribute: withGraphs(node, new Map([["body", graph]]), lists) }), names };
}

function exposeIf(node: NodeProto, wanted: ReadonlySet<string>) {
  const branches = ["then_branch", "else_branch"].map((name) => [name, attribute(node, name)?.g] as const);
  const exposed = branches.flatMap(([name, graph]) => (graph === undefined ? [] : [[name, exposeBody(graph, wanted)] as const]));
  const names = exposed.flatMap(([, { names: own }]) => own);
  // Each branch gives everything, in one order: nothing for what the other computes.
  const graphs = exposed.map(([branch, { graph, names: own }]) => {
    const lacking = names.filter((name) => !own.includes(name));
    const old = graph.output.slice(0, graph.output.length - own.length);
    const initializer = [...graph.initializer, ...lacking.map((name) => floatTensor(`${copy(name)}:none`, [0], new Float32Array(0)))];
    const node_ = [
      ...graph.node,
      ...lacking.map((name) => makeNode({ opType: "Identity", input: [`${copy(name)}:none`], output: [copy(name)] })),
    ];
    return [
      branch,
      withFields(graph, { initializer, node: node_, output: [...old, ...names.map((name) => valueInfo(copy(name)))] }),
    ] as const;
  });
  const [, first] = branches[0] ?? [];
  const output = [...allOutputs(node, first?.output.length ?? node.output.length), ...names.map(outside)];
  return { node: withFields(node, { output, attribute: withGraphs(node, new Map(graphs)) }), names };
}
