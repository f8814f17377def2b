/**
 * The working form of a graph for everything that is run here: constants by name, nodes in topological order, nothing that ONNX Runtime does not need.
 * Nodes are never changed in place, so that many derived networks share them. Edits of the user's own file go through edit.ts instead.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import { ConfigError } from "../effects/failure.ts";
import type { FunctionProto, ModelProto, ValueInfoProto } from "./gen/onnx-ml_pb.js";
import {
  GraphProtoSchema,
  ModelProtoSchema,
  OperatorSetIdProtoSchema,
  TensorShapeProto_DimensionSchema,
  TensorShapeProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "./gen/onnx-ml_pb.js";
import {
  attribute,
  floatTensor,
  type GraphProto,
  int64Tensor,
  isStandard,
  type NodeProto,
  type OnnxModel,
  subgraphs,
  type TensorProto,
  withFields,
} from "./model.ts";

export interface Network {
  readonly file: string;
  readonly ownFile: string;
  readonly folder: string;
  readonly irVersion: bigint;
  readonly opsets: ReadonlyMap<string, number>;
  readonly inputs: readonly ValueInfoProto[];
  readonly outputs: readonly ValueInfoProto[];
  readonly nodes: readonly NodeProto[];
  readonly constants: ReadonlyMap<string, TensorProto>;
  readonly functions: readonly FunctionProto[];
}

/** Constants become initializers, initializers leave the inputs (simulate needs them fixed), nodes come in topological order. ConfigError for sparse parts in another file. */
export function toNetwork(model: OnnxModel): Network {
  const [sparse] = model.graph.sparseInitializer;
  if (sparse !== undefined)
    throw new ConfigError(
      `${model.file} keeps parts of the sparse tensor '${sparse.values?.name}' in another file. Export it with dense weights.`,
    );
  const constants = new Map(model.graph.initializer.map((tensor) => [tensor.name, tensor]));
  const nodes: NodeProto[] = [];
  for (const node of sortNodes(model.graph.node)) {
    const lifted = liftConstant(node);
    if (lifted === undefined) nodes.push(node);
    else constants.set(lifted.name, lifted);
  }
  return {
    file: model.file,
    ownFile: model.ownFile,
    folder: model.folder,
    irVersion: model.proto.irVersion > 4n ? model.proto.irVersion : 4n,
    opsets: opsetsOf(model.proto),
    inputs: model.graph.input.filter((input) => !constants.has(input.name)).map(withOpenSizes),
    outputs: model.graph.output.map(withOpenSizes),
    nodes,
    constants,
    functions: model.proto.functions,
  };
}

/** Sizes that no tensor has (-1, 0) stand for open ones (types.ts): a runtime would hold a sample against them. */
function withOpenSizes(info: ValueInfoProto): ValueInfoProto {
  const type = info.type?.value;
  const dim = type?.case === "tensorType" ? (type.value.shape?.dim ?? []) : [];
  if (type?.case !== "tensorType" || !dim.some(({ value }) => value.case === "dimValue" && value.value <= 0n)) return info;
  const open = dim.map((one) => (one.value.case === "dimValue" && one.value.value <= 0n ? create(TensorShapeProto_DimensionSchema) : one));
  const tensorType = withFields(type.value, { shape: create(TensorShapeProtoSchema, { dim: open }) });
  return withFields(info, { type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensorType } }) });
}

/** By domain; the standard one is "" under either of its names. */
export const opsetsOf = (proto: ModelProto): Map<string, number> =>
  new Map(proto.opsetImport.map((one) => [one.domain === "ai.onnx" ? "" : one.domain, Number(one.version)]));

/** Of the standard domain; 1 where the model names none, as ONNX has it. */
export const opsetOf = (network: { readonly opsets: ReadonlyMap<string, number> }): number => network.opsets.get("") ?? 1;

/** The tensor a Constant node holds; undefined for other nodes and for the text forms, which stay nodes. */
function liftConstant(node: NodeProto): TensorProto | undefined {
  const name = node.output[0];
  if (node.opType !== "Constant" || !isStandard(node) || name === undefined) return undefined;
  const tensor = attribute(node, "value")?.t;
  if (tensor !== undefined) return withFields(tensor, { name });
  const float = attribute(node, "value_float");
  if (float !== undefined) return floatTensor(name, [], Float32Array.of(float.f));
  const floats = attribute(node, "value_floats");
  if (floats !== undefined) return floatTensor(name, [floats.floats.length], Float32Array.from(floats.floats));
  const int = attribute(node, "value_int");
  if (int !== undefined) return withFields(int64Tensor(name, [Number(int.i)]), { dims: [] });
  const ints = attribute(node, "value_ints");
  return ints === undefined ? undefined : int64Tensor(name, ints.ints.map(Number));
}

/** Inputs of a node and every name its subgraphs may take from outside. */
export function usedNames(node: NodeProto): string[] {
  const inner = subgraphs(node).flatMap((graph) => [...graph.node.flatMap(usedNames), ...graph.output.map((output) => output.name)]);
  return [...node.input, ...inner].filter((name) => name !== "");
}

/** Stable topological order; nodes on a cycle are left out (check.ts names them). */
export function sortNodes(nodes: readonly NodeProto[]): NodeProto[] {
  const producer = new Map(nodes.flatMap((node, i) => node.output.filter((name) => name !== "").map((name) => [name, i] as const)));
  const waiting = nodes.map((node) => new Set(usedNames(node).flatMap((name) => producer.get(name) ?? [])));
  const followers = new Map<number, number[]>();
  for (const [i, needs] of waiting.entries()) {
    needs.delete(i);
    for (const need of needs) followers.set(need, [...(followers.get(need) ?? []), i]);
  }
  return releaseInOrder(nodes, waiting, followers);
}

function releaseInOrder(nodes: readonly NodeProto[], waiting: Set<number>[], followers: Map<number, number[]>): NodeProto[] {
  const sorted: NodeProto[] = [];
  const done = new Set<number>();
  const release = (start: number) => {
    const ready = [start];
    for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
      const node = nodes[i];
      if (node === undefined || done.has(i) || waiting[i]?.size !== 0) continue;
      done.add(i);
      sorted.push(node);
      for (const next of followers.get(i) ?? []) {
        waiting[next]?.delete(i);
        // A later node waits for its own turn, so that a file in order stays as it is.
        if (next < start) ready.push(next);
      }
    }
  };
  for (let i = 0; i < nodes.length; i++) release(i);
  return sorted;
}

/** The nodes with those replaced for which `replace` gives others, inside bodies as well. Graphs without a replaced node stay the same objects. */
export function mapNodes(nodes: readonly NodeProto[], replace: (node: NodeProto) => readonly NodeProto[] | undefined): NodeProto[] {
  return nodes.flatMap((node) => replace(node) ?? [withMappedBodies(node, replace)]);
}

function withMappedBodies(node: NodeProto, replace: (node: NodeProto) => readonly NodeProto[] | undefined): NodeProto {
  if (subgraphs(node).length === 0) return node;
  const mapped = (graph: GraphProto): GraphProto => {
    const inner = mapNodes(graph.node, replace);
    const isSame = inner.length === graph.node.length && inner.every((one, i) => one === graph.node[i]);
    return isSame ? graph : withFields(graph, { node: inner });
  };
  const attributes = node.attribute.map((one) => {
    const [g, graphs] = [one.g && mapped(one.g), one.graphs.map(mapped)];
    const isSame = g === one.g && graphs.every((graph, i) => graph === one.graphs[i]);
    return isSame ? one : withFields(one, { graphs, ...(g === undefined ? {} : { g }) });
  });
  return attributes.every((one, i) => one === node.attribute[i]) ? node : withFields(node, { attribute: attributes });
}

/** Node that makes each tensor. */
export const producers = (nodes: readonly NodeProto[]): Map<string, NodeProto> =>
  new Map(nodes.flatMap((node) => node.output.filter((name) => name !== "").map((name) => [name, node] as const)));

/** Nodes that read each tensor, in order; a node that reads it twice stands twice. */
export function consumers(nodes: readonly NodeProto[]): Map<string, NodeProto[]> {
  const found = new Map<string, NodeProto[]>();
  for (const node of nodes)
    for (const name of usedNames(node)) {
      const list = found.get(name);
      if (list === undefined) found.set(name, [node]);
      else list.push(node);
    }
  return found;
}

/** A graph output that has only a name: ONNX Runtime infers its type. */
export const valueInfo = (name: string): ValueInfoProto => create(ValueInfoProtoSchema, { name });

/** Without nodes and constants that no output needs. */
export function prune(network: Network): Network {
  const { nodes, needed } = neededBy(network);
  return { ...network, nodes, constants: new Map([...network.constants].filter(([name]) => needed.has(name))) };
}

/** Nodes in topological order that some output needs: no engine computes the others. */
export const liveNodes = (graph: { readonly nodes: readonly NodeProto[]; readonly outputs: readonly ValueInfoProto[] }): Set<NodeProto> =>
  new Set(neededBy(graph).nodes);

function neededBy({ nodes, outputs }: { readonly nodes: readonly NodeProto[]; readonly outputs: readonly ValueInfoProto[] }) {
  const needed = new Set(outputs.map((output) => output.name));
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of usedNames(node)) needed.add(name);
  }
  return { nodes: kept.toReversed(), needed };
}

/** Bytes of the network as a model of its own; large weights stay where their external entries point. */
export function encodeNetwork(network: Network): Uint8Array {
  const graph = create(GraphProtoSchema, {
    name: "trt_gate",
    node: [...network.nodes],
    initializer: [...network.constants.values()],
    input: [...network.inputs],
    output: [...network.outputs],
  });
  const opsetImport = [...network.opsets].map(([domain, version]) =>
    create(OperatorSetIdProtoSchema, { domain, version: BigInt(version) }),
  );
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: network.irVersion, opsetImport, graph, functions: [...network.functions] }),
  );
}
