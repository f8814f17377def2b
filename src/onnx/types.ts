/** What a model takes and gives, in words: names, element types of every kind that ONNX has, dimensions. Judges none of them. */
import type { TypeProto, TypeProto_Tensor, ValueInfoProto } from "./gen/onnx-ml_pb.js";
import { DataType, type OnnxModel } from "./model.ts";

/** `type`: `float32`, `bfloat16`, `string`, `sequence(float32)`, `optional(…)`, `map(…)`; `unknown` where the file does not say. Dimensions of what holds no tensor are empty; an optional tensor has the tensor's. */
export interface ModelValue {
  readonly name: string;
  readonly type: string;
  /** A number, or the name that the model gives an open one ("?" where it has none). */
  readonly dims: readonly (number | string)[];
  /** The file does not even say how many dimensions there are: none of `dims` is not a scalar then. */
  readonly isShapeless: boolean;
}

/** Graph inputs without those that initializers fill. */
export function typedInputs({ graph }: OnnxModel): ModelValue[] {
  const filled = new Set(graph.initializer.map((tensor) => tensor.name));
  return graph.input.filter((input) => !filled.has(input.name)).map(describeValue);
}

/** In the order of the graph. */
export const typedOutputs = ({ graph }: OnnxModel): ModelValue[] => graph.output.map(describeValue);

/** Of values with a known number of dimensions. */
export const declaredDims = (values: readonly ValueInfoProto[]): Map<string, ModelValue["dims"]> =>
  new Map(values.map(describeValue).flatMap(({ name, dims }) => (dims.length === 0 ? [] : [[name, dims] as const])));

/** Of one value. */
export function describeValue({ name, type }: ValueInfoProto): ModelValue {
  const tensor = tensorOf(type);
  return { name, type: typeWord(type), dims: dimsOf(tensor), isShapeless: tensor !== undefined && tensor.shape === undefined };
}

/** The tensor that a value is, or may be. */
function tensorOf(type: TypeProto | undefined): TypeProto_Tensor | undefined {
  if (type?.value.case === "optionalType") return tensorOf(type.value.value.elemType);
  return type?.value.case === "tensorType" ? type.value.value : undefined;
}

/** Types that the rest of the program names otherwise than ONNX does. */
const renamed: Readonly<Record<string, string>> = { FLOAT: "float32", DOUBLE: "float64", UNDEFINED: "unknown" };

/** The name of an element type as numpy and ONNX write it in small letters. */
export const elementWord = (dataType: number): string => {
  const name: string | undefined = DataType[dataType];
  return name === undefined ? `type ${dataType}` : (renamed[name] ?? name.toLowerCase());
};

function typeWord(type: TypeProto | undefined): string {
  switch (type?.value.case) {
    case "tensorType":
      return elementWord(type.value.value.elemType);
    case "sparseTensorType":
      return `sparse(${elementWord(type.value.value.elemType)})`;
    case "sequenceType":
      return `sequence(${typeWord(type.value.value.elemType)})`;
    case "optionalType":
      return `optional(${typeWord(type.value.value.elemType)})`;
    case "mapType":
      return `map(${elementWord(type.value.value.keyType)}, ${typeWord(type.value.value.valueType)})`;
    case "opaqueType":
      return "opaque";
    default:
      return "unknown";
  }
}

/** Exporters write an open dimension in three ways: by a name, by nothing, and as a size that no tensor has (paddle2onnx: -1, some others: 0). */
function dimsOf(tensor: TypeProto_Tensor | undefined): (number | string)[] {
  return (tensor?.shape?.dim ?? []).map(({ value }) => {
    if (value.case === "dimValue") return value.value > 0n ? Number(value.value) : "?";
    return value.case === "dimParam" && value.value !== "" ? value.value : "?";
  });
}
