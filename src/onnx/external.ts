/**
 * External data of a model that nobody has vouched for: lists every reference and says what is wrong with it, before any of it is opened.
 * Judges names and numbers alone; copy-checked.ts looks at the files.
 */

import { externalEntry, isExternal, storedBytes } from "./constants.ts";
import type { FunctionProto, SparseTensorProto } from "./gen/onnx-ml_pb.js";
import { type GraphProto, type ModelProto, type NodeProto, subgraphs, type TensorProto } from "./model.ts";

/** Every tensor of the model, wherever it hides: initializers, attributes, sparse halves, subgraphs, functions, training graphs. */
export function* allTensors(proto: ModelProto): Iterable<TensorProto> {
  if (proto.graph !== undefined) yield* graphTensors(proto.graph);
  for (const one of proto.functions) yield* functionTensors(one);
  for (const training of proto.trainingInfo) {
    for (const graph of [training.initialization, training.algorithm]) if (graph !== undefined) yield* graphTensors(graph);
  }
}

function* graphTensors(graph: GraphProto): Iterable<TensorProto> {
  yield* graph.initializer;
  for (const sparse of graph.sparseInitializer) yield* sparseTensors(sparse);
  for (const node of graph.node) yield* nodeTensors(node);
}

function* functionTensors(one: FunctionProto): Iterable<TensorProto> {
  for (const node of one.node) yield* nodeTensors(node);
  for (const attribute of one.attributeProto) {
    yield* attribute.tensors;
    if (attribute.t !== undefined) yield attribute.t;
    for (const graph of [...attribute.graphs, ...(attribute.g === undefined ? [] : [attribute.g])]) yield* graphTensors(graph);
  }
}

function* nodeTensors(node: NodeProto): Iterable<TensorProto> {
  for (const attribute of node.attribute) {
    if (attribute.t !== undefined) yield attribute.t;
    yield* attribute.tensors;
    for (const sparse of [...attribute.sparseTensors, ...(attribute.sparseTensor === undefined ? [] : [attribute.sparseTensor])])
      yield* sparseTensors(sparse);
  }
  for (const graph of subgraphs(node)) yield* graphTensors(graph);
}

function* sparseTensors(sparse: SparseTensorProto): Iterable<TensorProto> {
  if (sparse.values !== undefined) yield sparse.values;
  if (sparse.indices !== undefined) yield sparse.indices;
}

/** `needed`: bytes that must exist in the file, counted from its start. */
export interface ExternalReference {
  readonly tensor: string;
  readonly location: string;
  readonly needed: number;
}

/** By location, sorted. `problems` names tensor and entry; a reference with a problem is not in `references`. */
export function externalReferences(proto: ModelProto): {
  readonly references: readonly ExternalReference[];
  readonly problems: readonly string[];
} {
  const references: ExternalReference[] = [];
  const problems: string[] = [];
  for (const tensor of allTensors(proto)) {
    if (!isExternal(tensor)) {
      if (tensor.externalData.length > 0)
        problems.push(`the tensor '${tensor.name}' has external entries and does not say that it is external`);
      continue;
    }
    const wrong = entryProblem(tensor);
    if (wrong !== undefined) {
      problems.push(`the tensor '${tensor.name}' ${wrong}`);
      continue;
    }
    const { location, offset, length } = externalEntry(tensor);
    references.push({
      tensor: tensor.name,
      location,
      needed: offset + (length ?? storedBytes(tensor) ?? 0),
    });
  }
  return { references: references.toSorted((a, b) => (a.location < b.location ? -1 : a.location > b.location ? 1 : 0)), problems };
}

const knownKeys: ReadonlySet<string> = new Set(["location", "offset", "length", "checksum"]);

function entryProblem(tensor: TensorProto): string | undefined {
  const keys = tensor.externalData.map((entry) => entry.key);
  const stranger = keys.find((key) => !knownKeys.has(key));
  if (stranger !== undefined) return `has the unknown external key '${stranger}'`;
  if (new Set(keys).size < keys.length) return "repeats an external key";
  for (const entry of tensor.externalData) {
    const isCount = entry.key === "offset" || entry.key === "length";
    if (isCount && !(/^\d{1,16}$/.test(entry.value) && Number.isSafeInteger(Number(entry.value))))
      return `has the ${entry.key} '${entry.value}', which is no count of bytes`;
  }
  return locationProblem(externalEntry(tensor).location);
}

/** Relative, downwards, plain: the same name must mean the same file on every system. */
function locationProblem(location: string): string | undefined {
  if (location === "") return "has no location";
  if (location.includes("\0") || location.includes("\uFFFD")) return "has a location that is no text";
  if (/^[/\\]/.test(location) || /^[A-Za-z]:/.test(location) || location.includes("\\"))
    return `points to '${location}', which is not relative to the model's folder`;
  if (location.split("/").some((part) => part === ".." || part === "." || part === ""))
    return `points to '${location}', which may leave the model's folder`;
  if (location.startsWith("trt-gate-")) return `points to '${location}'; names that begin with 'trt-gate-' are used by the check itself`;
  return undefined;
}
