/**
 * Edits of the user's own model: Q/DQ put in from scales, and a unit's Q/DQ taken out. Everything else in the file stays,
 * fields that this schema does not know included.
 */
import { create, toBinary } from "@bufbuild/protobuf";
import type { Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { corePlacement, type Placement } from "../model/placement.ts";
import type { Unit } from "../model/unit.ts";
import { embed, floatValues, isExternal } from "./constants.ts";
import { guessedTypes, narrowFloat } from "./element-types.ts";
import { foldBatchNorm } from "./fold.ts";
import { ModelProtoSchema, OperatorSetIdProtoSchema } from "./gen/onnx-ml_pb.js";
import {
  castNode,
  DataType,
  floatTensor,
  int8Tensor,
  intAttr,
  makeNode,
  type NodeProto,
  type OnnxModel,
  rewire,
  type TensorProto,
  tensorShape,
} from "./model.ts";
import { consumers, type Network, sortNodes, toNetwork, usedNames } from "./network.ts";
import { raiseOpset } from "./opset.ts";
import { firstOutput, type OtherNode, type Placed, place, wantedBy } from "./placement/place.ts";
import { isDequantize, isQuantize } from "./qdq.ts";
import { toQdqForm } from "./qdq-form.ts";
import { type QdqUnits, qdqUnits } from "./qdq-units.ts";
import { channelLayout, quantizeWeights, weightScales } from "./quantize.ts";
import { channelAxis, findUnits } from "./units.ts";
import { maxMessageBytes } from "./wire.ts";

/** Per-channel DequantizeLinear needs it. */
const qdqOpset = 13;

export interface QdqInsertion {
  readonly model: OnnxModel;
  readonly units: readonly Unit[];
  readonly missingScales: readonly string[];
  /** With nothing kept. */
  readonly placed: Placed;
}

/**
 * Standard ONNX Q/DQ (opset 13 or the model's newer one) where `placement` wants it and scales are known; weights become INT8 per output channel.
 * Half precision and bfloat16 are quantised in float32 between casts: their own scales would need opset 19.
 * Convolutions take in their BatchNormalization first. `model` is changed. ConfigError names an operator whose opset cannot be raised.
 */
export async function insertQdq(
  model: OnnxModel,
  scales: ReadonlyMap<string, number>,
  files: Files,
  { keep = new Set(), floatWeights = false, placement = corePlacement }: InsertOptions = {},
): Promise<QdqInsertion> {
  const plain = toNetwork(model);
  const wanted = wantedBy(placement, model.graph, plain, findUnits(plain));
  const placed = place(wanted, plain, scales);
  const units = placed.units.filter(({ id }) => !keep.has(id));
  const network = raiseOpset(await foldBatchNorm(plain, files, placed.unfolded), qdqOpset);
  const constants = new Map(network.constants);
  const pairs = new Map<string, NodeProto[]>();
  const work = { network, types: guessedTypes(network), constants, pairs, scales: placed.scales, files, floatWeights };
  const outputs = new Map(units.map((unit) => [unit.output, unit]));
  const nodes: NodeProto[] = [];
  for (const node of network.nodes) {
    const unit = outputs.get(node.output[0] ?? "");
    const other = placed.others.get(firstOutput(node));
    if (unit !== undefined) nodes.push(await quantizeNode(work, node, unit));
    else nodes.push(other === undefined || keep.has(other.unit) ? node : quantizeInputs(work, node, other));
  }
  await writeBack(model, { ...network, nodes: interleave(network, nodes, pairs), constants }, files);
  return { model, units, missingScales: placed.missingScales, placed };
}

const quantizeInputs = (work: Work, node: NodeProto, { inputs }: OtherNode): NodeProto =>
  rewire(node, { input: node.input.map((name, slot) => (inputs.get(slot) === name ? activationPair(work, name) : name)) });

export interface InsertOptions {
  /** Where pairs go: `core` where it is left out. */
  readonly placement?: Placement;
  /** Ids of units that stay in float, with the nodes that go with them; their weights as they are. */
  readonly keep?: ReadonlySet<string>;
  /** Weights stay float in front of a QuantizeLinear of their own: larger, and Q/DQ can be taken out again without a rounding. */
  readonly floatWeights?: boolean;
}

interface Work {
  readonly network: Network;
  /** Element types by tensor, as far as they are known. */
  readonly types: ReadonlyMap<string, number>;
  readonly constants: Map<string, TensorProto>;
  /** Q/DQ nodes by the tensor they follow; weights' own under "". */
  readonly pairs: Map<string, NodeProto[]>;
  readonly scales: ReadonlyMap<string, number>;
  readonly files: Files;
  readonly floatWeights: boolean;
}

async function quantizeNode(work: Work, node: NodeProto, unit: Unit): Promise<NodeProto> {
  const input = [...node.input];
  for (const [slot, name] of node.input.slice(0, 2).entries()) {
    const weight = work.network.constants.get(name);
    if (unit.inputs.includes(name)) input[slot] = activationPair(work, name);
    else if (weight !== undefined) input[slot] = await weightDequantize(work, { node, slot, weight });
  }
  return rewire(node, { input });
}

function activationPair(work: Work, name: string): string {
  const output = `${name}_DequantizeLinear_Output`;
  if (work.pairs.has(name)) return output;
  const [scale, zero, middle] = [`${name}_scale`, `${name}_zero_point`, `${name}_QuantizeLinear_Output`];
  const type = narrowFloat(work.types.get(name));
  const [wide, result] = type === undefined ? [name, output] : [`${name}_float`, `${name}_DequantizeLinear_float`];
  work.constants.set(scale, floatTensor(scale, [], Float32Array.of(work.scales.get(name) ?? Number.NaN)));
  work.constants.set(zero, int8Tensor(zero, [], new Int8Array(1)));
  work.pairs.set(name, [
    ...(type === undefined ? [] : [namedCast(name, wide, DataType.FLOAT)]),
    makeNode({ opType: "QuantizeLinear", name: `${name}_QuantizeLinear`, input: [wide, scale, zero], output: [middle] }),
    makeNode({ opType: "DequantizeLinear", name: `${name}_DequantizeLinear`, input: [middle, scale, zero], output: [result] }),
    ...(type === undefined ? [] : [namedCast(result, output, type)]),
  ]);
  return output;
}

const namedCast = (from: string, into: string, to: number): NodeProto => castNode(from, into, to, `${into}_Cast`);

async function weightDequantize(work: Work, use: { node: NodeProto; slot: number; weight: TensorProto }): Promise<string> {
  const { weight } = use;
  const shape = tensorShape(weight);
  const axis = channelAxis(use.node, use.slot, shape.length);
  const base = `${weight.name}_axis${axis ?? ""}`;
  const output = `${base}_DequantizeLinear_Output`;
  if (work.constants.has(`${base}_scale`)) return output;
  const layout = channelLayout(shape, axis);
  const values = await floatValues(weight, work.network.folder, work.files);
  const scales = weightScales(values, layout);
  const perChannel = axis === undefined ? [] : [layout.channels];
  work.constants.set(`${base}_scale`, floatTensor(`${base}_scale`, perChannel, scales));
  work.constants.set(`${base}_zero_point`, int8Tensor(`${base}_zero_point`, perChannel, new Int8Array(scales.length)));
  const attribute = axis === undefined ? [] : [intAttr("axis", axis)];
  const type = narrowFloat(weight.dataType);
  const add = (...nodes: readonly NodeProto[]) => void work.pairs.set("", [...(work.pairs.get("") ?? []), ...nodes]);
  if (work.floatWeights) {
    if (type !== undefined) add(namedCast(weight.name, `${base}_float`, DataType.FLOAT));
    const input = [type === undefined ? weight.name : `${base}_float`, `${base}_scale`, `${base}_zero_point`];
    const quantize = makeNode({
      opType: "QuantizeLinear",
      name: `${base}_QuantizeLinear`,
      input,
      output: [`${base}_quantized`],
      attribute,
    });
    add(quantize);
  } else work.constants.set(`${base}_quantized`, int8Tensor(`${base}_quantized`, shape, quantizeWeights(values, scales, layout)));
  const dequantize = makeNode({
    opType: "DequantizeLinear",
    name: `${base}_DequantizeLinear`,
    input: [`${base}_quantized`, `${base}_scale`, `${base}_zero_point`],
    output: [type === undefined ? output : `${base}_DequantizeLinear_float`],
    attribute,
  });
  add(dequantize, ...(type === undefined ? [] : [namedCast(`${base}_DequantizeLinear_float`, output, type)]));
  return output;
}

function interleave(network: Network, nodes: readonly NodeProto[], pairs: ReadonlyMap<string, NodeProto[]>): NodeProto[] {
  const after = (names: readonly string[]) => names.flatMap((name) => (name === "" ? [] : (pairs.get(name) ?? [])));
  return [
    ...(pairs.get("") ?? []),
    ...after(network.inputs.map((input) => input.name)),
    ...nodes.flatMap((node) => [node, ...after(node.output)]),
  ];
}

/** Puts the network into the model's file form. External data is taken in: the result is one file. */
async function writeBack(model: OnnxModel, network: Network, files: Files): Promise<void> {
  const read = consumers(network.nodes);
  const finals = new Set(network.outputs.map((output) => output.name));
  const used = [...network.constants.values()].filter(({ name }) => read.has(name) || finals.has(name));
  const initializer = await embedded(used, network.folder, files);
  model.graph.node = [...network.nodes];
  model.graph.initializer = initializer;
  model.graph.input = [...network.inputs];
  model.proto.irVersion = network.irVersion;
  const others = model.proto.opsetImport.filter((one) => one.domain !== "" && one.domain !== "ai.onnx");
  model.proto.opsetImport = [
    create(OperatorSetIdProtoSchema, { domain: "", version: BigInt(network.opsets.get("") ?? qdqOpset) }),
    ...others,
  ];
}

/**
 * Takes the Q/DQ of these units out of a Q/DQ model: their nodes read float again. `model` is changed; unknown ids are a ConfigError.
 * `float`: the float model, for weights that the Q/DQ model only holds as integers. External data is taken in.
 */
export async function removeUnitQdq(model: OnnxModel, unitIds: readonly string[], files: Files, float?: OnnxModel): Promise<OnnxModel> {
  const network = toQdqForm(toNetwork(model));
  const partner = float === undefined ? undefined : await foldBatchNorm(toNetwork(float), files);
  const found = qdqUnits(network, partner);
  const strangers = unitIds.filter((id) => !found.nodes.has(id));
  if (strangers.length > 0)
    throw new ConfigError(
      `${model.file} has no quantised unit ${strangers.map((id) => `'${id}'`).join(", ")}. Use the report of this very model.`,
    );
  for (const id of unitIds) {
    const unit = found.nodes.get(id);
    if (unit !== undefined) unit.node.input = [...unit.floatInputs];
  }
  await takeOver(model, network, found.added, partner?.folder ?? model.folder, files);
  dropUnreadQdq(model);
  model.graph.initializer = await embedded(model.graph.initializer, model.folder, files);
  // Older files name every initializer among the inputs as well.
  if (model.proto.irVersion < 4n) model.proto.irVersion = 4n;
  return model;
}

/** Puts the nodes that a reading around Q/DQ needs into the file, and takes out those that were written anew; nodes that stand as they were stay the same objects. */
async function takeOver(model: OnnxModel, network: Network, added: QdqUnits["added"], folder: string, files: Files): Promise<void> {
  const old = new Set(model.graph.node);
  const current = [...network.nodes, ...added.nodes];
  const kept = new Set(current);
  const constants = model.graph.node.filter((node) => node.opType === "Constant" && !kept.has(node));
  const isChanged = current.some((node) => !old.has(node)) || model.graph.node.length > network.nodes.length + constants.length;
  if (isChanged) model.graph.node = withoutUnneeded(model, sortNodes([...constants, ...current]));
  const read = consumers(model.graph.node);
  const known = new Set([...model.graph.initializer.map(({ name }) => name), ...constants.flatMap(({ output }) => output)]);
  const lacking = (tensors: ReadonlyMap<string, TensorProto>) =>
    [...tensors.values()].filter(({ name }) => read.has(name) && !known.has(name));
  const theirs = await embedded(lacking(added.constants), folder, files);
  model.graph.initializer.push(...theirs, ...(await embedded(lacking(network.constants), model.folder, files)));
}

/** Without what no output of the graph needs. */
function withoutUnneeded(model: OnnxModel, nodes: readonly NodeProto[]): NodeProto[] {
  const needed = new Set(model.graph.output.map(({ name }) => name));
  const kept: NodeProto[] = [];
  for (const node of nodes.toReversed()) {
    if (!node.output.some((name) => needed.has(name))) continue;
    kept.push(node);
    for (const name of usedNames(node)) needed.add(name);
  }
  return kept.toReversed();
}

/** With their external bytes read in: the result is one file. */
async function embedded(tensors: readonly TensorProto[], folder: string, files: Files): Promise<TensorProto[]> {
  const result: TensorProto[] = [];
  for (const tensor of tensors) result.push(isExternal(tensor) ? await embed(tensor, folder, files) : tensor);
  return result;
}

function dropUnreadQdq(model: OnnxModel): void {
  const finals = new Set(model.graph.output.map((output) => output.name));
  for (let before = -1; before !== model.graph.node.length; ) {
    before = model.graph.node.length;
    const read = consumers(model.graph.node);
    model.graph.node = model.graph.node.filter(
      (node) =>
        !(isQuantize(node) || isDequantize(node) || node.opType === "Constant") ||
        node.output.some((name) => read.has(name) || finals.has(name)),
    );
  }
  const read = consumers(model.graph.node);
  model.graph.initializer = model.graph.initializer.filter((tensor) => read.has(tensor.name) || finals.has(tensor.name));
}

/** ConfigError when it would be larger than one file may be. */
export function encodeModel(model: OnnxModel): Uint8Array {
  // An empty tensor (Resize's roi) has no raw data at all.
  const weightBytes = model.graph.initializer.reduce(
    (sum, tensor) => sum + (Object.hasOwn(tensor, "rawData") ? tensor.rawData.length : 0),
    0,
  );
  if (weightBytes > maxMessageBytes)
    throw new ConfigError(
      `${model.file} with its ${weightBytes} bytes of weights does not fit into one ONNX file of 2 GiB. Use a smaller model for this format.`,
    );
  return toBinary(ModelProtoSchema, model.proto);
}
