/**
 * Makes the candidate from scales: Q/DQ on the inputs that a placement names, and per-channel weights of its compute nodes, nothing else.
 * Uses the com.microsoft forms of QuantizeLinear and DequantizeLinear, which exist for every opset and compute the same as the standard ones.
 */
import type { Effects } from "../../effects/effects.ts";
import { elementsOf, floatValues, isFloatTensor } from "../../onnx/constants.ts";
import { guessedTypes, narrowFloat } from "../../onnx/element-types.ts";
import {
  castNode,
  DataType,
  floatTensor,
  int8Tensor,
  makeNode,
  type NodeProto,
  rewire,
  type TensorProto,
  tensorShape,
} from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";
import { firstOutput, type Placed } from "../../onnx/placement/place.ts";
import { channelLayout, fakeQuantizeWeights, weightScales } from "../../onnx/quantize.ts";
import { channelAxis } from "../../onnx/units.ts";
import type { WeightFile } from "../../onnx/weight-file.ts";
import type { Candidate, Variant } from "./candidate.ts";

/** `network`: folded but for `placed.unfolded`; `placed.units` must be its own. */
export async function fakeQuantized(network: Network, placed: Placed, weights: WeightFile, effects: Effects): Promise<Candidate> {
  const maker = {
    network,
    types: guessedTypes(network),
    scales: placed.scales,
    weights,
    effects,
    constants: new Map(network.constants),
    fakeQuantized: new Set<string>(),
    prologue: new Map<string, NodeProto[]>(),
  };
  const byOutput = new Map(network.nodes.map((node) => [node.output[0] ?? "", node]));
  const variants = new Map<string, Variant>();
  const replaced = new Map<NodeProto, NodeProto>();
  const variantOf = (node: NodeProto, quantizedInputs: readonly string[]): Variant => {
    const candidateNode = rewire(node, { input: quantizedInputs });
    replaced.set(node, candidateNode);
    return { node: candidateNode, floatInputs: node.input, quantizedInputs };
  };
  for (const unit of placed.units) {
    const node = byOutput.get(unit.output);
    if (node === undefined) throw new Error(`unit '${unit.id}' has no node in the folded network`);
    const quantizedInputs = [...node.input];
    for (const [slot, name] of node.input.slice(0, 2).entries()) {
      quantizedInputs[slot] = unit.inputs.includes(name) ? quantizedActivation(maker, name) : await quantizedWeight(maker, node, slot);
    }
    variants.set(unit.id, variantOf(node, quantizedInputs));
  }
  const followers = new Map<string, Variant[]>();
  for (const node of network.nodes) {
    const other = placed.others.get(firstOutput(node));
    if (other === undefined || replaced.has(node)) continue;
    const input = node.input.map((name, slot) => (other.inputs.get(slot) === name ? quantizedActivation(maker, name) : name));
    followers.set(other.unit, [...(followers.get(other.unit) ?? []), variantOf(node, input)]);
  }
  const nodes = placePrologues(network, maker.prologue).map((node) => replaced.get(node) ?? node);
  const opsets = new Map([...network.opsets, ["com.microsoft", 1]]);
  return { network: { ...network, nodes, opsets, constants: maker.constants }, units: placed.units, variants, followers };
}

interface Maker {
  readonly network: Network;
  /** Element types by tensor, as far as they are known. */
  readonly types: ReadonlyMap<string, number>;
  readonly scales: ReadonlyMap<string, number>;
  readonly weights: WeightFile;
  readonly effects: Effects;
  readonly constants: Map<string, TensorProto>;
  readonly fakeQuantized: Set<string>;
  /** Q/DQ nodes by the tensor they quantise; casts of weights under "". */
  readonly prologue: Map<string, NodeProto[]>;
}

/** One Q/DQ pair per tensor, shared by its readers. Half precision and bfloat16 are quantised in float32, and what comes out is rounded to them again. */
function quantizedActivation(maker: Maker, name: string): string {
  const output = `trt_gate:dq:${name}`;
  if (maker.prologue.has(name)) return output;
  const type = narrowFloat(maker.types.get(name));
  const [wide, result] = type === undefined ? [name, output] : [`trt_gate:wide:${name}`, `trt_gate:dq:wide:${name}`];
  const scale = `trt_gate:scale:${name}`;
  const zero = "trt_gate:zero";
  maker.constants.set(scale, floatTensor(scale, [], Float32Array.of(maker.scales.get(name) ?? Number.NaN)));
  maker.constants.set(zero, int8Tensor(zero, [], new Int8Array(1)));
  const middle = `trt_gate:q:${name}`;
  maker.prologue.set(name, [
    ...(type === undefined ? [] : [castNode(name, wide, DataType.FLOAT)]),
    makeNode({ opType: "QuantizeLinear", domain: "com.microsoft", input: [wide, scale, zero], output: [middle] }),
    makeNode({ opType: "DequantizeLinear", domain: "com.microsoft", input: [middle, scale, zero], output: [result] }),
    ...(type === undefined ? [] : [castNode(result, output, type)]),
  ]);
  return output;
}

/** A weight read in two ways (two axes) gets two quantised forms. */
async function quantizedWeight(maker: Maker, node: NodeProto, slot: number): Promise<string> {
  const weight = maker.network.constants.get(node.input[slot] ?? "");
  // Constants that the runtime could not compute ahead as float32 (fold-constants.ts) stay as the model has them.
  if (weight === undefined || !isFloatTensor(weight)) return node.input[slot] ?? "";
  const shape = tensorShape(weight);
  const axis = channelAxis(node, slot, shape.length);
  const name = `trt_gate:w${axis ?? ""}:${weight.name}`;
  if (maker.fakeQuantized.has(name)) return name;
  maker.fakeQuantized.add(name);
  const layout = channelLayout(shape, axis);
  const produce = async () => {
    const values = await floatValues(weight, maker.network.folder, maker.effects.files);
    return new Uint8Array(fakeQuantizeWeights(values, weightScales(values, layout), layout).buffer);
  };
  const type = narrowFloat(weight.dataType);
  const held = type === undefined ? name : `trt_gate:wide:${name}`;
  maker.constants.set(
    held,
    await maker.weights.place({ name: held, shape, dataType: DataType.FLOAT, sizeBytes: 4 * elementsOf(weight), produce }),
  );
  if (type !== undefined) maker.prologue.set("", [...(maker.prologue.get("") ?? []), castNode(held, name, type)]);
  return name;
}

/** Puts each Q/DQ pair right after the node that makes its tensor; those of graph inputs lead, and before them the casts of weights. */
function placePrologues(network: Network, prologue: ReadonlyMap<string, NodeProto[]>): NodeProto[] {
  const pairsOf = (names: readonly string[]) => names.flatMap((name) => prologue.get(name) ?? []);
  const after = (node: NodeProto) => pairsOf(node.output.filter((name) => name !== ""));
  return [...pairsOf(["", ...network.inputs.map((input) => input.name)]), ...network.nodes.flatMap((node) => [node, ...after(node)])];
}
