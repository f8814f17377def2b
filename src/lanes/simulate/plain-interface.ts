/**
 * What ONNX Runtime for Node can be handed and hands back: float32 instead of bfloat16 and FP8, INT8 instead of INT4, a tensor instead of an optional one,
 * names that no object of JavaScript already has. Casts stand between that and the model; what the model computes is untouched.
 */
import { create } from "@bufbuild/protobuf";
import { carrierOf } from "../../onnx/element-carriers.ts";
import { guessedTypes } from "../../onnx/element-types.ts";
import type { TypeProto, ValueInfoProto } from "../../onnx/gen/onnx-ml_pb.js";
import { TypeProtoSchema } from "../../onnx/gen/onnx-ml_pb.js";
import { intAttr, makeNode, type NodeProto, withFields } from "../../onnx/model.ts";
import { type Network, valueInfo } from "../../onnx/network.ts";

export interface PlainInterface {
  readonly network: Network;
  /** The session's name of inputs and outputs that have another one there than in the model. */
  readonly inputNames: ReadonlyMap<string, string>;
  readonly outputNames: ReadonlyMap<string, string>;
}

/** The network itself where everything can be handed over as it is. */
export function plainInterface(network: Network): PlainInterface {
  const given = network.inputs.map((input) => plainInput(input));
  const types = lazy(() => guessedTypes(network));
  const taken = network.outputs.map((output) => plainOutput(output, types));
  const isSame = given.every(({ info }, i) => info === network.inputs[i]) && taken.every(({ nodes }) => nodes.length === 0);
  if (isSame) return { network, inputNames: new Map(), outputNames: new Map() };
  const renamed = (values: readonly Plain[]) =>
    new Map(values.filter(({ name, info }) => name !== info.name).map(({ name, info }) => [name, info.name]));
  return {
    network: {
      ...network,
      inputs: given.map(({ info }) => info),
      outputs: taken.map(({ info }) => info),
      nodes: [...given.flatMap(({ nodes }) => nodes), ...network.nodes, ...taken.flatMap(({ nodes }) => nodes)],
    },
    inputNames: renamed(given),
    outputNames: renamed(taken),
  };
}

interface Plain {
  readonly name: string;
  readonly info: ValueInfoProto;
  /** Between `info` and `name`; none where both are the same. */
  readonly nodes: readonly NodeProto[];
}

function plainInput(info: ValueInfoProto): Plain {
  const { name } = info;
  const { isOptional, tensor } = tensorIn(info.type);
  const elemType = tensor?.value.elemType ?? 0;
  const carrier = carrierOf(elemType);
  const isPlain = !isOptional && !isReserved(name);
  if (carrier === undefined && isPlain) return { name, info, nodes: [] };
  // A Cast to INT4 corrupts ONNX Runtime's memory (1.30: the process dies): what reads the input casts it to a wider type, from INT8 as well.
  if (carrier?.limits !== undefined && tensor !== undefined && isPlain)
    return { name, info: withFields(info, { type: tensorType(tensor.value, carrier.dataType) }), nodes: [] };
  const outer = `trt_gate:given:${name}`;
  const chain = makeChain(outer, name);
  if (carrier !== undefined) chain.add("Cast", elemType);
  if (isOptional) chain.add("Optional");
  const type = tensor && tensorType(tensor.value, carrier?.dataType ?? elemType);
  return { name, info: withFields(info, { name: outer, ...(type === undefined ? {} : { type }) }), nodes: chain.nodes() };
}

function plainOutput(info: ValueInfoProto, types: () => ReadonlyMap<string, number>): Plain {
  const { name } = info;
  const { isOptional, tensor } = tensorIn(info.type);
  const elemType = tensor?.value.elemType || types().get(name);
  const carrier = elemType === undefined ? undefined : carrierOf(elemType);
  if (carrier === undefined && !isOptional && !isReserved(name)) return { name, info, nodes: [] };
  const outer = `trt_gate:taken:${name}`;
  const chain = makeChain(name, outer);
  if (isOptional) chain.add("OptionalGetElement");
  if (carrier !== undefined) chain.add("Cast", carrier.dataType);
  return { name, info: valueInfo(outer), nodes: chain.nodes() };
}

/** Nodes of one input and one output from `first` to `last`; an Identity where none was added. */
function makeChain(first: string, last: string) {
  const steps: { opType: string; to?: number }[] = [];
  return {
    add: (opType: string, to?: number): void => void steps.push({ opType, ...(to === undefined ? {} : { to }) }),
    nodes: (): NodeProto[] => {
      const all = steps.length === 0 ? [{ opType: "Identity", to: undefined }] : steps;
      return all.map(({ opType, to }, i) =>
        makeNode({
          opType,
          input: [i === 0 ? first : `trt_gate:step${i}:${last}`],
          output: [i === all.length - 1 ? last : `trt_gate:step${i + 1}:${last}`],
          attribute: to === undefined ? [] : [intAttr("to", to)],
        }),
      );
    },
  };
}

/** ONNX Runtime for Node keeps values by name in a plain object, in which these mean something else. */
const isReserved = (name: string): boolean => name in {};

type TensorCase = Extract<TypeProto["value"], { case: "tensorType" }>;

function tensorIn(type: TypeProto | undefined): { readonly isOptional: boolean; readonly tensor: TensorCase | undefined } {
  const inner = type?.value.case === "optionalType" ? type.value.value.elemType : type;
  const isOptional = type?.value.case === "optionalType";
  return inner?.value.case === "tensorType" ? { isOptional, tensor: inner.value } : { isOptional: false, tensor: undefined };
}

const tensorType = (tensor: TensorCase["value"], elemType: number): TypeProto =>
  create(TypeProtoSchema, { value: { case: "tensorType", value: withFields(tensor, { elemType }) } });

function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
