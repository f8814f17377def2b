/**
 * Brings every way to write a quantised graph into one: QuantizeLinear -> DequantizeLinear around float operators. Quantised operators become that, a dequantisation behind a reordering
 * of integers moves before it, and a pair that ends the graph gets a node to read it.
 * Changes how a graph is written, never what it computes.
 */
import { ToolError } from "../effects/failure.ts";
import { isStandard, makeNode, type NodeProto, nodeLabel, rewire } from "./model.ts";
import { type Network, producers, sortNodes } from "./network.ts";
import { isDequantize, isQuantize, isUnknownQuantize } from "./qdq.ts";
import { withoutQOperators } from "./qoperators.ts";
import { networkNames } from "./unique-names.ts";

/** The network itself where nothing has to be written anew. ToolError `quantization-form` for what has no such form. */
export function toQdqForm(network: Network): Network {
  refuseUnknown(network);
  const plain = withoutQOperators(network);
  if (!plain.nodes.some((node) => isQuantize(node) || isDequantize(node))) return plain;
  return withReadOutputs(withEarlyDequantize(plain));
}

/** ModelOpt writes `TRT_FP4QDQ` for weights and puts DequantizeLinear in its place when the export ends: TensorRT does not have it. */
function refuseUnknown({ nodes, file }: Network): void {
  const node = nodes.find(isUnknownQuantize);
  if (node === undefined) return;
  const next =
    node.opType === "TRT_FP4QDQ"
      ? "It stands for FP4 weights in an export that ModelOpt did not finish: export with its `get_onnx_bytes_and_metadata`, which does."
      : "TensorRT has no such operator that the gate knows: check the export, and report the model if TensorRT takes it.";
  throw new ToolError("quantization-form", `${file} holds the quantiser ${node.opType} (first '${nodeLabel(node)}'). ${next}`);
}

/** Operators that only choose or reorder values, so that they give the same before and after a dequantisation with one scale. */
export const reorders: ReadonlySet<string> = new Set([
  ...[
    "MaxPool",
    "Reshape",
    "Transpose",
    "Flatten",
    "Squeeze",
    "Unsqueeze",
    "Identity",
    "Slice",
    "Gather",
    "Concat",
    "DepthToSpace",
    "SpaceToDepth",
  ],
  ...["Expand", "Tile"],
]);

/** q -> reorder -> DQ becomes q -> DQ -> reorder -> Q -> DQ, until each DQ follows its quantiser or a constant. The new pair gives what it reads. */
function withEarlyDequantize(network: Network): Network {
  const nodes = dequantizeEarlier(network, networkNames(network));
  return nodes === network.nodes ? network : { ...network, nodes: withOldNames(dropUnread(network, sortNodes(nodes))) };
}

const movedMark = ":moved";

/** Names of reorderings that the integers do not need any more go to those of the floats: by them the float model's nodes are found. */
function withOldNames(nodes: readonly NodeProto[]): NodeProto[] {
  const taken = new Set(nodes.map(({ name }) => name));
  return nodes.map((node) => {
    const old = node.name.slice(0, node.name.lastIndexOf(movedMark));
    return !node.name.includes(movedMark) || taken.has(old) ? node : rewire(node, { name: old });
  });
}

function dequantizeEarlier(network: Network, fresh: (wanted: string) => string): readonly NodeProto[] {
  const makers = producers(network.nodes);
  const known = new Map<string, string>();
  const made: NodeProto[] = [];
  /** Dequantisations that were made: a reordering may stand before them as well. */
  const waiting: NodeProto[] = [];
  /** Remembers by the tensor and the scale: several readers share one. */
  const once = (key: string, make: () => NodeProto, into: NodeProto[] = made): string => {
    const found = known.get(key);
    if (found !== undefined) return found;
    const node = make();
    into.push(node);
    known.set(key, node.output[0] ?? "");
    return node.output[0] ?? "";
  };
  const moved = (node: NodeProto): NodeProto => {
    const mover = isDequantize(node) && hasOneScale(network, node) ? makers.get(node.input[0] ?? "") : undefined;
    if (mover === undefined || !isStandard(mover) || !reorders.has(mover.opType) || mover.output.length > 1) return node;
    const [, ...how] = node.input;
    const dequantized = (name: string) => {
      const make = () => {
        const output = fresh(`${name}:dequantized`);
        return rewire(node, { input: [name, ...how], output: [output], name: output });
      };
      return once(`DQ ${[name, ...how].join("\n")}`, make, waiting);
    };
    const reordered = once(`move ${[mover.output[0], ...how].join("\n")}`, () => {
      const input = mover.input.map((name, slot) => (slot === 0 || mover.opType === "Concat" ? dequantized(name) : name));
      const output = fresh(`${mover.output[0]}:float`);
      return rewire(mover, { input, output: [output], name: mover.name === "" ? "" : fresh(`${mover.name}${movedMark}`) });
    });
    // Without a zero point the type of the integers is not said.
    if (how[1] === undefined) return makeNode({ opType: "Identity", name: node.name, input: [reordered], output: node.output });
    const quantized = once(`Q ${[reordered, ...how].join("\n")}`, () => {
      const output = fresh(`${reordered}:quantized`);
      return makeNode({ opType: "QuantizeLinear", domain: node.domain, name: output, input: [reordered, ...how], output: [output] });
    });
    return rewire(node, { input: [quantized, ...how] });
  };
  const nodes = network.nodes.map(moved);
  // Grows while it is walked.
  for (const node of waiting) made.push(moved(node));
  return made.length === 0 ? network.nodes : [...nodes, ...made];
}

const hasOneScale = ({ constants }: Network, node: NodeProto): boolean =>
  (constants.get(node.input[1] ?? "")?.dims.reduce((product, dim) => product * dim, 1n) ?? 0n) === 1n;

/** The integer reorderings that nothing reads any more. */
function dropUnread({ outputs }: Network, nodes: readonly NodeProto[]): NodeProto[] {
  const needed = new Set(outputs.map(({ name }) => name));
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (reorders.has(node.opType) && !node.output.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of node.input) needed.add(name);
  }
  return kept.toReversed();
}

/** A pair at the end of the graph is read by an Identity, so that it can be read around like any other. */
function withReadOutputs(network: Network): Network {
  const makers = producers(network.nodes);
  const fresh = networkNames(network);
  const renamed = new Map<NodeProto, NodeProto[]>();
  for (const { name } of network.outputs) {
    const maker = makers.get(name);
    const before = makers.get(maker?.input[0] ?? "");
    if (maker === undefined || !isDequantize(maker) || before === undefined || !isQuantize(before)) continue;
    const inner = fresh(`${name}:dequantized`);
    const reader = makeNode({ opType: "Identity", input: [inner], output: [name] });
    renamed.set(maker, [rewire(maker, { output: [inner] }), reader]);
  }
  if (renamed.size === 0) return network;
  const inner = new Map([...renamed].map(([maker, [renamedMaker]]) => [maker.output[0] ?? "", renamedMaker?.output[0] ?? ""]));
  const nodes = network.nodes.flatMap((node) => renamed.get(node) ?? [readInner(node, inner)]);
  return { ...network, nodes };
}

/** What reads an output of the graph inside of it goes on reading the pair. */
const readInner = (node: NodeProto, inner: ReadonlyMap<string, string>): NodeProto =>
  node.input.some((name) => inner.has(name)) ? rewire(node, { input: node.input.map((name) => inner.get(name) ?? name) }) : node;
