/**
 * The candidate of the simulate lane: a network in which every unit can run on quantised or on float inputs, and the networks derived from it.
 * Says how a choice of units becomes a graph; where scales and quantised weights come from is fake-quantize.ts (cache, data) and qdq.ts (a Q/DQ model).
 */
import { create } from "@bufbuild/protobuf";
import type { Unit } from "../../model/unit.ts";
import { GraphProtoSchema, TypeProtoSchema, ValueInfoProtoSchema } from "../../onnx/gen/onnx-ml_pb.js";
import { DataType, graphAttr, makeNode, type NodeProto, rewire } from "../../onnx/model.ts";
import { type Network, prune, valueInfo } from "../../onnx/network.ts";

/** Both ways to compute one unit's node. Only the input names differ. */
export interface Variant {
  readonly node: NodeProto;
  readonly floatInputs: readonly string[];
  readonly quantizedInputs: readonly string[];
}

/** `network` holds all Q/DQ nodes and both forms of the weights; compute nodes in it read the quantised form. */
export interface Candidate {
  readonly network: Network;
  readonly units: readonly Unit[];
  /** By unit id, for every unit in `units`. */
  readonly variants: ReadonlyMap<string, Variant>;
  /** Other nodes that read quantised tensors, by the unit whose choice they follow. */
  readonly followers?: ReadonlyMap<string, readonly Variant[]>;
}

/** Of the input that switches the unit at this position. */
export const gateName = (position: number): string => `trt_gate:gate_${position}`;

/** Of the output that holds the error which the unit with this output adds by itself. */
export const injectedName = (output: string): string => `trt_gate:injected:${output}`;

/** The candidate with the units of `keep` in float, without anything that then is not needed. */
export function assign(candidate: Candidate, keep: ReadonlySet<string>): Network {
  return prune(
    replaceNodes(candidate, (unit, variant) => [
      rewire(variant.node, { input: keep.has(unit.id) ? variant.floatInputs : variant.quantizedInputs }),
    ]),
  );
}

/** One network for all choices: gate i (bool, shape [1]) true runs unit i in float. */
export function switchable(candidate: Candidate): Network {
  const position = new Map(candidate.units.map((unit, i) => [unit.id, i]));
  const network = replaceNodes(candidate, (unit, variant) => [ifNode(variant, gateName(position.get(unit.id) ?? 0))]);
  const gates = candidate.units.map((_, i) => create(ValueInfoProtoSchema, { name: gateName(i), type: boolType() }));
  return { ...network, inputs: [...network.inputs, ...gates] };
}

/** Also computes every quantised unit's float operation on the candidate's own input: the error the unit adds by itself. */
export function withInjected(candidate: Candidate, keep: ReadonlySet<string>): Network {
  return replaceNodes(candidate, (unit, variant) =>
    keep.has(unit.id) || candidate.variants.get(unit.id) !== variant
      ? [rewire(variant.node, { input: keep.has(unit.id) ? variant.floatInputs : variant.quantizedInputs })]
      : [
          rewire(variant.node, { input: variant.quantizedInputs }),
          rewire(variant.node, { input: variant.floatInputs, output: injectedOutputs(unit, variant.node), name: "" }),
        ],
  );
}

/** As many as the node has: some operators divide by their number of outputs. */
const injectedOutputs = (unit: Unit, node: NodeProto): string[] =>
  node.output.map((name, i) => (name === unit.output ? injectedName(name) : name === "" ? "" : `${injectedName(unit.output)}:${i}`));

/** With these tensors as the only outputs. */
export const withOutputs = (network: Network, names: readonly string[]): Network => prune({ ...network, outputs: names.map(valueInfo) });

function replaceNodes(candidate: Candidate, replace: (unit: Unit, variant: Variant) => NodeProto[]): Network {
  const byNode = new Map(
    candidate.units.flatMap((unit) => {
      const variant = candidate.variants.get(unit.id);
      const all = [...(variant === undefined ? [] : [variant]), ...(candidate.followers?.get(unit.id) ?? [])];
      return all.map((one) => [one.node, { unit, variant: one }] as const);
    }),
  );
  const nodes = candidate.network.nodes.flatMap((node) => {
    const found = byNode.get(node);
    return found === undefined ? [node] : replace(found.unit, found.variant);
  });
  return { ...candidate.network, nodes };
}

function ifNode(variant: Variant, gate: string): NodeProto {
  const outputs = variant.node.output.filter((name) => name !== "");
  const branch = (form: "float" | "int8", input: readonly string[]) => {
    const inner = (name: string) => (name === "" ? "" : `trt_gate:${form}:${name}`);
    const node = rewire(variant.node, { input, output: variant.node.output.map(inner) });
    return create(GraphProtoSchema, { name: form, node: [node], output: outputs.map((name) => valueInfo(inner(name))) });
  };
  return makeNode({
    opType: "If",
    name: variant.node.name,
    input: [gate],
    output: outputs,
    attribute: [
      graphAttr("then_branch", branch("float", variant.floatInputs)),
      graphAttr("else_branch", branch("int8", variant.quantizedInputs)),
    ],
  });
}

const boolType = () =>
  create(TypeProtoSchema, {
    value: {
      case: "tensorType",
      value: {
        $typeName: "onnx.TypeProto.Tensor",
        elemType: DataType.BOOL,
        shape: {
          $typeName: "onnx.TensorShapeProto",
          dim: [{ $typeName: "onnx.TensorShapeProto.Dimension", denotation: "", value: { case: "dimValue", value: 1n } }],
        },
      },
    },
  });
