/**
 * Where a file keeps a tensor's values: raw bytes, the typed field of its type, a sparse pair, another file. Moves all but the last into raw bytes, once,
 * so that everything behind the reader knows one form. What the numbers are is constants.ts.
 */
import { create } from "@bufbuild/protobuf";
import { ConfigError } from "../effects/failure.ts";
import { elementBits, elementsOf, isExternal, storedBytes } from "./constants.ts";
import { allTensors } from "./external.ts";
import { AttributeProto_AttributeType, AttributeProtoSchema, type SparseTensorProto, TensorProtoSchema } from "./gen/onnx-ml_pb.js";
import { attribute, DataType, type GraphProto, isStandard, type ModelProto, type NodeProto, subgraphs, type TensorProto } from "./model.ts";

/** Every value in `raw_data` or in an external file, every sparse tensor dense. Changes `proto`, whose sizes are already checked. ConfigError for sparse data that has no dense form here. */
export function settleStorage(proto: ModelProto, file: string): void {
  for (const tensor of allTensors(proto)) toRaw(tensor);
  if (proto.graph !== undefined) densify(proto.graph, file);
  for (const one of proto.functions) for (const node of one.node) densifyNode(node, file);
}

/** The typed field that ONNX gives each type, and how its entries become little-endian bytes. Complex numbers are pairs of entries. */
const typedFields: readonly (readonly [
  types: readonly number[],
  entries: (tensor: TensorProto) => number,
  bytes: (tensor: TensorProto) => ArrayBuffer,
])[] = [
  [[DataType.FLOAT, DataType.COMPLEX64], (t) => t.floatData.length, (t) => Float32Array.from(t.floatData).buffer],
  [[DataType.DOUBLE, DataType.COMPLEX128], (t) => t.doubleData.length, (t) => Float64Array.from(t.doubleData).buffer],
  [[DataType.INT64], (t) => t.int64Data.length, (t) => BigInt64Array.from(t.int64Data).buffer],
  [[DataType.UINT64], (t) => t.uint64Data.length, (t) => BigUint64Array.from(t.uint64Data).buffer],
  [[DataType.UINT32], (t) => t.uint64Data.length, (t) => Uint32Array.from(t.uint64Data, Number).buffer],
  [[DataType.INT32], (t) => t.int32Data.length, (t) => Int32Array.from(t.int32Data).buffer],
  [
    [DataType.INT16, DataType.UINT16, DataType.FLOAT16, DataType.BFLOAT16],
    (t) => t.int32Data.length,
    (t) => Uint16Array.from(t.int32Data).buffer,
  ],
];

/** Types of a byte and less: one entry a byte, which holds two or four elements of the small ones. */
const byteField = [(t: TensorProto) => t.int32Data.length, (t: TensorProto) => Uint8Array.from(t.int32Data).buffer] as const;

const fieldOf = (dataType: number) => {
  const found = typedFields.find(([types]) => types.includes(dataType));
  return found === undefined ? byteField : ([found[1], found[2]] as const);
};

/** Bytes that the typed field of the tensor's own type holds; other fields do not count. */
export const typedBytes = (tensor: TensorProto): number => {
  const [entries] = fieldOf(tensor.dataType);
  const complex = tensor.dataType === DataType.COMPLEX64 || tensor.dataType === DataType.COMPLEX128;
  const bits = elementBits.get(tensor.dataType) ?? 0;
  return entries(tensor) * (complex ? bits / 16 : Math.ceil(bits / 8));
};

function toRaw(tensor: TensorProto): void {
  if (isExternal(tensor) || tensor.rawData.length > 0 || !elementBits.has(tensor.dataType)) return;
  const bytes = new Uint8Array(fieldOf(tensor.dataType)[1](tensor));
  // A field that is set and empty would count as values: ONNX Runtime then reads none at all.
  if (bytes.length > 0) tensor.rawData = bytes;
  tensor.floatData = [];
  tensor.int32Data = [];
  tensor.int64Data = [];
  tensor.doubleData = [];
  tensor.uint64Data = [];
}

/** What has its parts in another file stays: nobody has said yet that the file may be opened. */
function densify(graph: GraphProto, file: string): void {
  const here = graph.sparseInitializer.filter((sparse) => !isElsewhere(sparse));
  graph.initializer.push(...here.map((sparse) => dense(sparse, sparse.values?.name ?? "", file)));
  graph.sparseInitializer = graph.sparseInitializer.filter(isElsewhere);
  for (const node of graph.node) densifyNode(node, file);
}

function densifyNode(node: NodeProto, file: string): void {
  for (const graph of subgraphs(node)) densify(graph, file);
  const sparse = node.opType === "Constant" && isStandard(node) ? attribute(node, "sparse_value")?.sparseTensor : undefined;
  if (sparse === undefined || isElsewhere(sparse)) return;
  const t = dense(sparse, node.output[0] ?? "", file);
  node.attribute = [create(AttributeProtoSchema, { name: "value", type: AttributeProto_AttributeType.TENSOR, t })];
}

const isElsewhere = ({ values, indices }: SparseTensorProto): boolean =>
  [values, indices].some((tensor) => tensor !== undefined && isExternal(tensor));

/** A few bytes can announce any size; ONNX Runtime makes sparse initializers dense as well. */
const maxDenseBytes = 2 ** 29;

function dense(sparse: SparseTensorProto, name: string, file: string): TensorProto {
  const { values, indices } = sparse;
  const refuse = (what: string) => new ConfigError(`The sparse tensor '${name}' of ${file} ${what}. Export the model with dense weights.`);
  if (values === undefined) throw refuse("holds no values");
  const [full, bits] = [
    create(TensorProtoSchema, { name, dims: sparse.dims, dataType: values.dataType }),
    elementBits.get(values.dataType) ?? 0,
  ];
  const size = bits / 8;
  const sizeBytes = storedBytes(full) ?? 0;
  if (size < 1) throw refuse(`holds ${DataType[values.dataType]}`);
  if (!(sizeBytes <= maxDenseBytes)) throw refuse(`needs ${sizeBytes} bytes when dense, more than ${maxDenseBytes}`);
  const bytes = new Uint8Array(sizeBytes);
  const places = indices === undefined ? [] : placesOf(indices, sparse.dims.map(Number));
  if (places.length !== elementsOf(values)) throw refuse(`has ${elementsOf(values)} values and ${places.length} places`);
  for (const [i, place] of places.entries()) {
    if (!(place >= 0 && place < elementsOf(full))) throw refuse(`has a value at place ${place} of ${elementsOf(full)}`);
    bytes.set(values.rawData.subarray(i * size, (i + 1) * size), place * size);
  }
  if (bytes.length > 0) full.rawData = bytes;
  return full;
}

/** Positions in row-major order: given as such, or as one coordinate a dimension. NaN for a coordinate outside its dimension. */
function placesOf(indices: TensorProto, dims: readonly number[]): number[] {
  const numbers = [...new BigInt64Array(new Uint8Array(indices.rawData).buffer)].map(Number);
  if (indices.dims.length < 2) return numbers;
  const rank = dims.length;
  return Array.from({ length: numbers.length / rank }, (_, i) =>
    dims.reduce((place, dim, axis) => {
      const at = numbers[i * rank + axis] ?? -1;
      return at >= 0 && at < dim ? place * dim + at : Number.NaN;
    }, 0),
  );
}
