/**
 * Raises a network to opset 13, which per-channel Q/DQ need: the operators whose meaning or form changed since opset 7 are rewritten, each exactly.
 * Refuses by name what it cannot rewrite; newer networks stay as they are.
 */
import { ConfigError } from "../effects/failure.ts";
import {
  attribute,
  floatTensor,
  int64Tensor,
  intAttr,
  intAttribute,
  intsAttribute,
  isStandard,
  makeNode,
  type NodeProto,
  nodeLabel,
  stringAttr,
  subgraphs,
  type TensorProto,
  textAttribute,
} from "./model.ts";
import { type Network, opsetOf } from "./network.ts";

/** What one node becomes. `constant` adds an initializer and gives its name. */
type Rewrite = (
  node: NodeProto,
  context: { readonly opset: number; constant(tensor: (name: string) => TensorProto): string },
) => NodeProto[];

const rewrites: ReadonlyMap<string, Rewrite> = new Map<string, Rewrite>([
  ["Softmax", flattenedSoftmax],
  ["LogSoftmax", flattenedSoftmax],
  ["Hardmax", flattenedSoftmax],
  ["Squeeze", axesAsInput],
  ["Unsqueeze", axesAsInput],
  ["ReduceSum", axesAsInput],
  ["Split", (node, context) => attributeAsInput(node, context, "split")],
  ["Slice", sliceInputs],
  ["Clip", clipInputs],
  ["Pad", padInputs],
  ["TopK", topKInput],
  ["Dropout", dropoutAsIdentity],
  ["BatchNormalization", spatialNorm],
  ["Upsample", resizeFromScales],
  ["Resize", resizeFromScales],
  [
    "Scatter",
    (node) => [makeNode({ opType: "ScatterElements", name: node.name, input: node.input, output: node.output, attribute: node.attribute })],
  ],
]);

/** ConfigError lists every node that cannot be raised. */
export function raiseOpset(network: Network, wanted: 13): Network {
  const opset = opsetOf(network);
  if (opset >= wanted) return network;
  if (opset < 7)
    throw new ConfigError(
      `${network.file} uses opset ${opset}; Q/DQ need opset 13 and the gate raises from 7 on. Export the model with a newer opset.`,
    );
  const constants = new Map(network.constants);
  const problems: string[] = [];
  const constant = (make: (name: string) => TensorProto) => {
    const tensor = make(`trt_gate_opset_${constants.size}`);
    constants.set(tensor.name, tensor);
    return tensor.name;
  };
  const nodes = network.nodes.flatMap((node) => {
    if (!isStandard(node)) return [node];
    try {
      if (subgraphs(node).some(holdsChanged) || node.opType === "Scan") throw new Unraisable("its body holds operators that changed");
      return rewrites.get(node.opType)?.(node, { opset, constant }) ?? [node];
    } catch (error) {
      if (!(error instanceof Unraisable)) throw error;
      problems.push(
        `${network.file}: the ${node.opType} '${nodeLabel(node)}' cannot be raised from opset ${opset} to 13 (${error.message}). Export the model with opset 13 or newer.`,
      );
      return [];
    }
  });
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    ...network,
    nodes,
    constants,
    opsets: new Map([...network.opsets, ["", wanted]]),
    irVersion: network.irVersion > 7n ? network.irVersion : 7n,
  };
}

class Unraisable extends Error {}

const holdsChanged = (graph: { readonly node: readonly NodeProto[] }): boolean =>
  graph.node.some((node) => rewrites.has(node.opType) || subgraphs(node).some(holdsChanged));

const without = (node: NodeProto, ...names: string[]) => node.attribute.filter((one) => !names.includes(one.name));

/** Flatten at the axis, the operator over the last axis, back to the shape: the old meaning in new words, for any rank. */
function flattenedSoftmax(node: NodeProto): NodeProto[] {
  const [input = "", output = ""] = [node.input[0], node.output[0]];
  const [flat, done, shape] = [`${output}:flat`, `${output}:flat_result`, `${output}:shape`];
  return [
    makeNode({ opType: "Shape", input: [input], output: [shape] }),
    makeNode({ opType: "Flatten", input: [input], output: [flat], attribute: [intAttr("axis", intAttribute(node, "axis", 1))] }),
    makeNode({ opType: node.opType, name: node.name, input: [flat], output: [done], attribute: [intAttr("axis", 1)] }),
    makeNode({ opType: "Reshape", input: [done, shape], output: [output] }),
  ];
}

function axesAsInput(node: NodeProto, context: Parameters<Rewrite>[1]): NodeProto[] {
  return attributeAsInput(node, context, "axes");
}

function attributeAsInput(node: NodeProto, { constant }: Parameters<Rewrite>[1], name: string): NodeProto[] {
  const values = intsAttribute(node, name);
  if (values === undefined) return [node];
  const input = [node.input[0] ?? "", constant((own) => int64Tensor(own, values))];
  return [makeNode({ opType: node.opType, name: node.name, input, output: node.output, attribute: without(node, name) })];
}

function sliceInputs(node: NodeProto, { opset, constant }: Parameters<Rewrite>[1]): NodeProto[] {
  if (opset >= 10) return [node];
  const [starts, ends] = [intsAttribute(node, "starts") ?? [], intsAttribute(node, "ends") ?? []];
  const axes = intsAttribute(node, "axes") ?? starts.map((_, i) => i);
  const input = [node.input[0] ?? "", ...[starts, ends, axes].map((values) => constant((own) => int64Tensor(own, values)))];
  return [makeNode({ opType: "Slice", name: node.name, input, output: node.output })];
}

function clipInputs(node: NodeProto, { opset, constant }: Parameters<Rewrite>[1]): NodeProto[] {
  if (opset >= 11) return [node];
  const bound = (name: string) => {
    const found = attribute(node, name);
    return found === undefined ? "" : constant((own) => floatTensor(own, [], Float32Array.of(found.f)));
  };
  return [makeNode({ opType: "Clip", name: node.name, input: [node.input[0] ?? "", bound("min"), bound("max")], output: node.output })];
}

function padInputs(node: NodeProto, { opset, constant }: Parameters<Rewrite>[1]): NodeProto[] {
  if (opset >= 11) return [node];
  const pads = constant((own) => int64Tensor(own, intsAttribute(node, "pads") ?? []));
  const value = constant((own) => floatTensor(own, [], Float32Array.of(attribute(node, "value")?.f ?? 0)));
  return [
    makeNode({
      opType: "Pad",
      name: node.name,
      input: [node.input[0] ?? "", pads, value],
      output: node.output,
      attribute: without(node, "pads", "value"),
    }),
  ];
}

function topKInput(node: NodeProto, { opset, constant }: Parameters<Rewrite>[1]): NodeProto[] {
  if (opset >= 10) return [node];
  const k = constant((own) => int64Tensor(own, [intAttribute(node, "k", 1)]));
  return [
    makeNode({ opType: "TopK", name: node.name, input: [node.input[0] ?? "", k], output: node.output, attribute: without(node, "k") }),
  ];
}

/** In inference Dropout passes its input on; a mask that somebody reads has no such form. */
function dropoutAsIdentity(node: NodeProto, { opset }: Parameters<Rewrite>[1]): NodeProto[] {
  if (opset >= 12) return [node];
  if (node.output.slice(1).some((name) => name !== "")) throw new Unraisable("its mask is an output");
  return [makeNode({ opType: "Identity", name: node.name, input: [node.input[0] ?? ""], output: [node.output[0] ?? ""] })];
}

function spatialNorm(node: NodeProto): NodeProto[] {
  if (intAttribute(node, "spatial", 1) !== 1) throw new Unraisable("spatial = 0 is gone");
  if (node.output.slice(1).some((name) => name !== "")) throw new Unraisable("it is in training form");
  return [
    makeNode({
      opType: node.opType,
      name: node.name,
      input: node.input,
      output: [node.output[0] ?? ""],
      attribute: without(node, "spatial"),
    }),
  ];
}

/** Upsample and Resize 10 place samples as `asymmetric` with `floor`; Resize 11 says so in words. */
function resizeFromScales(node: NodeProto, { opset, constant }: Parameters<Rewrite>[1]): NodeProto[] {
  if (node.opType === "Resize" && opset >= 11) return [node];
  const written = attribute(node, "scales")?.floats;
  const scales =
    written === undefined ? (node.input[1] ?? "") : constant((own) => floatTensor(own, [written.length], Float32Array.from(written)));
  const mode = textAttribute(node, "mode", "nearest");
  const words = { coordinate_transformation_mode: "asymmetric", mode, ...(mode === "nearest" ? { nearest_mode: "floor" } : {}) };
  return [
    makeNode({
      opType: "Resize",
      name: node.name,
      input: [node.input[0] ?? "", "", scales],
      output: node.output,
      attribute: Object.entries(words).map(([name, text]) => stringAttr(name, text)),
    }),
  ];
}
