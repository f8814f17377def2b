/**
 * A network as ONNX Runtime on the CPU runs it: blocks and bfloat16 written out, and for files that other programs run also inputs and outputs of types that they
 * have. Changes how it is written, never what it computes.
 */
import { create } from "@bufbuild/protobuf";
import { carrierOf } from "../../onnx/element-carriers.ts";
import { guessedTypes } from "../../onnx/element-types.ts";
import { TypeProtoSchema } from "../../onnx/gen/onnx-ml_pb.js";
import { castNode, DataType, type NodeProto, rewire, withFields } from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";
import { networkNames } from "../../onnx/unique-names.ts";
import { narrowInFloat } from "./half-in-float.ts";
import { withPlainBlocks } from "./plain-blocks.ts";

/** The network itself where nothing has to be written out. ToolError `quantization-form` as `withPlainBlocks`. */
export const runnable = (network: Network): Network => narrowInFloat(withPlainBlocks(network), [DataType.BFLOAT16]);

type Value = Network["inputs"][number];

/** ONNX's number of an element type, 0 where the value is no tensor. */
const typeOf = ({ type }: Value): number => (type?.value.case === "tensorType" ? type.value.value.elemType : 0);

/** What samples of each input are saved in, for a model that is fed them. */
export const fedTypes = ({ inputs }: Pick<Network, "inputs">): Map<string, number> =>
  new Map(inputs.map((input) => [input.name, carrierOf(typeOf(input))?.dataType ?? typeOf(input)]));

/** The same with inputs of the types in `fed` and outputs of types that every program reads. The network itself where it needs nothing. */
export function runnableFile(network: Network, fed: ReadonlyMap<string, number>): Network {
  const plain = runnable(network);
  const fresh = networkNames(plain);
  const types = guessedTypes(plain);
  const given = plain.inputs.filter((input) => (fed.get(input.name) ?? typeOf(input)) !== typeOf(input));
  const taken = plain.outputs.filter((output) => carrierOf(types.get(output.name) ?? typeOf(output)) !== undefined);
  if (given.length === 0 && taken.length === 0) return plain;
  const inner = new Map([...given, ...taken].map(({ name }) => [name, fresh(`${name}:own`)]));
  const renamed = (name: string) => inner.get(name) ?? name;
  const carried = (output: Value) => carrierOf(types.get(output.name) ?? typeOf(output))?.dataType ?? DataType.FLOAT;
  const nodes: NodeProto[] = [
    ...given.map((input) => castNode(input.name, renamed(input.name), typeOf(input))),
    ...plain.nodes.map((node) => rewire(node, { input: node.input.map(renamed), output: node.output.map(renamed) })),
    ...taken.map((output) => castNode(renamed(output.name), output.name, carried(output))),
  ];
  const inputs = plain.inputs.map((input) => (given.includes(input) ? typed(input, fed.get(input.name) ?? DataType.FLOAT) : input));
  const outputs = plain.outputs.map((output) => (taken.includes(output) ? typed(output, carried(output)) : output));
  return { ...plain, nodes, inputs, outputs };
}

function typed(value: Value, elemType: number): Value {
  if (value.type?.value.case !== "tensorType") return value;
  const tensor = withFields(value.type.value.value, { elemType });
  return withFields(value, { type: create(TypeProtoSchema, { value: { case: "tensorType", value: tensor } }) });
}
