/** The same model with its initializers written in each form that ONNX knows, as other exporters write them. */
import { create } from "@bufbuild/protobuf";
import { elementBits, elementsOf, smallValues } from "../../src/onnx/constants.ts";
import {
  AttributeProto_AttributeType,
  AttributeProtoSchema,
  SparseTensorProtoSchema,
  StringStringEntryProtoSchema,
  TensorProtoSchema,
  TypeProtoSchema,
  ValueInfoProtoSchema,
} from "../../src/onnx/gen/onnx-ml_pb.js";
import {
  type AttributeProto,
  DataLocation,
  DataType,
  int64Tensor,
  type ModelProto,
  makeNode,
  type TensorProto,
} from "../../src/onnx/model.ts";

export interface Written {
  readonly proto: ModelProto;
  /** Bytes of the file beside it, where the form has one. */
  readonly beside?: Uint8Array;
}

/** Each changes the model that it is given, whose tensors all have raw bytes. */
export const forms: Readonly<Record<string, (proto: ModelProto) => Written>> = {
  "raw bytes": (proto) => ({ proto }),
  "typed fields": (proto) => withInitializers(proto, typed),
  "Constant nodes": (proto) => constants(proto, (tensor) => attr("value", { t: tensor }, AttributeProto_AttributeType.TENSOR)),
  "Constant nodes of plain numbers": (proto) => constants(proto, plain),
  "sparse initializers": sparse,
  "inputs of IR 3": inputs,
  "an external file": external,
};

const withInitializers = (proto: ModelProto, change: (tensor: TensorProto) => TensorProto): Written => {
  if (proto.graph) proto.graph.initializer = proto.graph.initializer.map(change);
  return { proto };
};

const head = ({ name, dims, dataType }: TensorProto) => ({ name, dims, dataType });

function typed(tensor: TensorProto): TensorProto {
  const raw = new Uint8Array(tensor.rawData);
  const at = create(TensorProtoSchema, head(tensor));
  switch (tensor.dataType) {
    case DataType.FLOAT:
      at.floatData = [...new Float32Array(raw.buffer)];
      break;
    case DataType.DOUBLE:
      at.doubleData = [...new Float64Array(raw.buffer)];
      break;
    case DataType.INT64:
      at.int64Data = [...new BigInt64Array(raw.buffer)];
      break;
    case DataType.INT32:
      at.int32Data = [...new Int32Array(raw.buffer)];
      break;
    case DataType.FLOAT16:
    case DataType.BFLOAT16:
    case DataType.UINT16:
      at.int32Data = [...new Uint16Array(raw.buffer)];
      break;
    case DataType.INT8:
      at.int32Data = [...new Int8Array(raw.buffer)];
      break;
    default:
      at.int32Data = [...raw];
  }
  return at;
}

const attr = (name: string, value: Partial<AttributeProto>, type: AttributeProto_AttributeType) =>
  create(AttributeProtoSchema, { name, type, ...value } as never);

function constants(proto: ModelProto, value: (tensor: TensorProto) => AttributeProto): Written {
  const { graph } = proto;
  if (!graph) return { proto };
  graph.node.unshift(
    ...graph.initializer.map((tensor) => makeNode({ opType: "Constant", input: [], output: [tensor.name], attribute: [value(tensor)] })),
  );
  graph.initializer = [];
  return { proto };
}

/** `value_float(s)` and `value_int(s)` where the type and the rank allow it, else the tensor. */
function plain(tensor: TensorProto): AttributeProto {
  const numbers = Array.from(smallValues(tensor) ?? []);
  const scalar = tensor.dims.length === 0;
  if (tensor.dataType === DataType.FLOAT && tensor.dims.length < 2)
    return scalar
      ? attr("value_float", { f: numbers[0] ?? 0 }, AttributeProto_AttributeType.FLOAT)
      : attr("value_floats", { floats: numbers }, AttributeProto_AttributeType.FLOATS);
  if (tensor.dataType === DataType.INT64 && tensor.dims.length < 2)
    return scalar
      ? attr("value_int", { i: BigInt(numbers[0] ?? 0) }, AttributeProto_AttributeType.INT)
      : attr("value_ints", { ints: numbers.map(BigInt) }, AttributeProto_AttributeType.INTS);
  return attr("value", { t: tensor }, AttributeProto_AttributeType.TENSOR);
}

/** Places in a row for tensors of one dimension, coordinates for the others; scalars stay dense. */
function sparse(proto: ModelProto): Written {
  const { graph } = proto;
  if (!graph) return { proto };
  const thin = graph.initializer.filter((tensor) => tensor.dims.length > 0 && (elementBits.get(tensor.dataType) ?? 0) >= 8);
  graph.sparseInitializer = thin.map((tensor) => {
    const size = (elementBits.get(tensor.dataType) ?? 8) / 8;
    const dims = tensor.dims.map(Number);
    // Only what is not all zero bits: a negative zero is a value.
    const places = Array.from({ length: elementsOf(tensor) }, (_, i) => i).filter((i) =>
      tensor.rawData.subarray(i * size, (i + 1) * size).some((byte) => byte !== 0),
    );
    const rawData = Uint8Array.from(places.flatMap((i) => [...tensor.rawData.subarray(i * size, (i + 1) * size)]));
    const coordinates = dims.length < 2 ? places : places.flatMap((place) => coordinatesOf(place, dims));
    const indices = int64Tensor("", coordinates);
    if (dims.length > 1) indices.dims = [BigInt(places.length), BigInt(dims.length)];
    const values = create(TensorProtoSchema, { ...head(tensor), dims: [BigInt(places.length)], rawData });
    return create(SparseTensorProtoSchema, { values, indices, dims: tensor.dims });
  });
  graph.initializer = graph.initializer.filter((tensor) => !thin.includes(tensor));
  return { proto };
}

function coordinatesOf(place: number, dims: readonly number[]): number[] {
  const found: number[] = [];
  let rest = place;
  for (const dim of dims.toReversed()) {
    found.unshift(rest % dim);
    rest = Math.floor(rest / dim);
  }
  return found;
}

function inputs(proto: ModelProto): Written {
  const { graph } = proto;
  if (!graph) return { proto };
  proto.irVersion = 3n;
  graph.input.push(
    ...graph.initializer.map(({ name, dataType, dims }) =>
      create(ValueInfoProtoSchema, {
        name,
        type: create(TypeProtoSchema, {
          value: {
            case: "tensorType",
            value: {
              $typeName: "onnx.TypeProto.Tensor",
              elemType: dataType,
              shape: {
                $typeName: "onnx.TensorShapeProto",
                dim: dims.map((value) => ({
                  $typeName: "onnx.TensorShapeProto.Dimension" as const,
                  denotation: "",
                  value: { case: "dimValue" as const, value },
                })),
              },
            },
          },
        }),
      }),
    ),
  );
  return { proto };
}

function external(proto: ModelProto): Written {
  const parts: Uint8Array[] = [];
  let end = 0;
  withInitializers(proto, (tensor) => {
    const entries = { location: "weights.bin", offset: String(end), length: String(tensor.rawData.length) };
    parts.push(tensor.rawData);
    end += tensor.rawData.length;
    const externalData = Object.entries(entries).map(([key, value]) => create(StringStringEntryProtoSchema, { key, value }));
    return create(TensorProtoSchema, { ...head(tensor), dataLocation: DataLocation.EXTERNAL, externalData });
  });
  return { proto, beside: Uint8Array.from(parts.flatMap((part) => [...part])) };
}
