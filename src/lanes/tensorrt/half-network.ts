/**
 * A float network as FP16, for strongly typed builds: constants, casts and Q/DQ scales become half, the graph's own inputs and outputs stay what they are.
 * For networks that the gate itself made: a given file keeps the types that it has. Finite values beyond FP16's range become its largest (a mask of
 * -3.4e38 would be -inf, and a row of those NaN), and no scale of Q/DQ becomes zero, which the parser refuses. NaN and infinities stay.
 */
import { create } from "@bufbuild/protobuf";
import type { Files } from "../../effects/effects.ts";
import { floatToHalf } from "../../model/half.ts";
import { floatValues, smallValues } from "../../onnx/constants.ts";
import { TensorProtoSchema } from "../../onnx/gen/onnx-ml_pb.js";
import { castNode, DataType, intAttr, isStandard, type NodeProto, rewire, type TensorProto, withFields } from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";
import { raiseForHalfQdq } from "../../onnx/opset-19.ts";
import { isDequantize, isQuantize } from "../../onnx/qdq.ts";
import { hasQdq } from "../../onnx/qdq-units.ts";

/** Inputs that ONNX defines as float32 whatever the data's type is: Resize takes roi and scales, Upsample scales. */
const alwaysFloat: ReadonlyMap<string, ReadonlySet<number>> = new Map([
  ["Resize", new Set([1, 2])],
  ["Upsample", new Set([1])],
]);
const largestHalf = 65504;
const smallestHalf = 2 ** -24;
const half = (name: string) => `trt_gate:half:${name}`;

/** Another network; the given one stays as it is. A network with Q/DQ is raised to opset 19. */
export async function toHalf(float: Network, files: Files): Promise<Network> {
  const network = hasQdq(float.nodes) ? raiseForHalfQdq(float) : float;
  const pinned = pinnedConstants(network);
  const scales = scaleNames(network);
  const constants = new Map(network.constants);
  for (const [name, tensor] of network.constants) {
    if (tensor.dataType === DataType.FLOAT && !pinned.has(name)) {
      const values = await floatValues(tensor, network.folder, files);
      constants.set(name, halfBits(tensor, scales.has(name) ? values.map((scale) => Math.max(scale, smallestHalf)) : values));
    }
  }
  const floatInputs = network.inputs.filter((input) => isFloat(input)).map((input) => input.name);
  const floatOutputs = network.outputs.filter((output) => isFloat(output)).map((output) => output.name);
  const renamed = new Map([...floatInputs, ...floatOutputs].map((name) => [name, half(name)]));
  const rename = (name: string) => renamed.get(name) ?? name;
  const casts = (names: readonly string[], to: number, from: (name: string) => string, into: (name: string) => string) =>
    names.map((name) => castNode(from(name), into(name), to));
  const nodes = network.nodes.map((node) => halfNode(rewire(node, { input: node.input.map(rename), output: node.output.map(rename) })));
  return {
    ...network,
    constants,
    nodes: [
      ...casts(floatInputs, DataType.FLOAT16, (name) => name, half),
      ...nodes,
      ...casts(floatOutputs, DataType.FLOAT, half, (name) => name),
    ],
  };
}

/** Constants that some node reads at a place which must stay float32; a node that also uses one as data would need a copy, which no exporter makes. */
function pinnedConstants(network: Network): Set<string> {
  return new Set(
    network.nodes
      .filter(isStandard)
      .flatMap((node) => node.input.filter((name, slot) => name !== "" && alwaysFloat.get(node.opType)?.has(slot) === true)),
  );
}

/** Casts to float and constant-valued attributes follow the data. */
function halfNode(node: NodeProto): NodeProto {
  const to = node.attribute.find((one) => one.name === "to");
  if (node.opType === "Cast" && Number(to?.i) === DataType.FLOAT) return withFields(node, { attribute: [intAttr("to", DataType.FLOAT16)] });
  if (node.opType !== "ConstantOfShape") return node;
  return withFields(node, {
    attribute: node.attribute.map((one) =>
      one.t?.dataType === DataType.FLOAT ? withFields(one, { t: halfBits(one.t, smallValues(one.t) ?? []) }) : one,
    ),
  });
}

const scaleNames = (network: Network): Set<string> =>
  new Set(network.nodes.filter((node) => isQuantize(node) || isDequantize(node)).map((node) => node.input[1] ?? ""));

/** Of a float32 number; what is finite stays finite. */
const clampedHalf = (value: number): number =>
  floatToHalf(Number.isFinite(value) ? Math.min(largestHalf, Math.max(-largestHalf, value)) : value);

/** With finite values beyond FP16's range clamped. */
export const halfTensor = async (tensor: TensorProto, folder: string, files: Files): Promise<TensorProto> =>
  halfBits(tensor, await floatValues(tensor, folder, files));

function halfBits(tensor: TensorProto, values: ArrayLike<number>): TensorProto {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  for (let i = 0; i < values.length; i++) view.setUint16(i * 2, clampedHalf(values[i] ?? 0), true);
  return create(TensorProtoSchema, { name: tensor.name, dims: tensor.dims, dataType: DataType.FLOAT16, rawData: bytes });
}

const isFloat = (value: Network["inputs"][number]): boolean => {
  const type = value.type?.value;
  return type?.case === "tensorType" && type.value.elemType === DataType.FLOAT;
};
