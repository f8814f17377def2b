/**
 * Folds BatchNormalization into the convolution before it, as an engine builder does before it takes weight scales.
 * The folded convolution writes the normalisation's old output name, so cache entries keep matching.
 */
import type { Files } from "../effects/effects.ts";
import { floatValues } from "./constants.ts";
import { attribute, DataType, floatTensor, intAttribute, isStandard, makeNode, type NodeProto, tensorShape } from "./model.ts";
import { consumers, type Network } from "./network.ts";

export interface FoldSite {
  readonly conv: NodeProto;
  readonly norm: NodeProto;
}

/** Convolutions whose only reader is a BatchNormalization in inference form with constant parameters, all float32: half precision would be rounded twice. */
export function foldSites(network: Network): FoldSite[] {
  const readers = consumers(network.nodes);
  const finals = new Set(network.outputs.map((output) => output.name));
  return network.nodes.flatMap((conv) => {
    const output = conv.output[0] ?? "";
    const [norm, ...others] = readers.get(output) ?? [];
    const fits =
      isConvolution(conv) &&
      norm !== undefined &&
      others.length === 0 &&
      !finals.has(output) &&
      norm.input[0] === output &&
      isInferenceNorm(norm) &&
      parametersAreConstant(network, conv, norm);
    return fits ? [{ conv, norm }] : [];
  });
}

const isConvolution = (node: NodeProto) => isStandard(node) && (node.opType === "Conv" || node.opType === "ConvTranspose");

const isInferenceNorm = (node: NodeProto) =>
  node.opType === "BatchNormalization" &&
  isStandard(node) &&
  intAttribute(node, "training_mode", 0) === 0 &&
  node.output.slice(1).every((name) => name === "");

const parametersAreConstant = (network: Network, conv: NodeProto, norm: NodeProto) =>
  [...conv.input.slice(1), ...norm.input.slice(1)].every((name) => name === "" || network.constants.get(name)?.dataType === DataType.FLOAT);

/** `except`: outputs of normalisations that stay. Arithmetic in float64, rounded once: w' = w * gamma / sqrt(var + eps), b' = (b - mean) * gamma / sqrt(var + eps) + beta. */
export async function foldBatchNorm(network: Network, files: Files, except: ReadonlySet<string> = new Set()): Promise<Network> {
  const constants = new Map(network.constants);
  const replaced = new Map<NodeProto, NodeProto | undefined>();
  for (const site of foldSites(network).filter(({ norm }) => !except.has(norm.output[0] ?? ""))) {
    const folded = await foldOne(network, site, files);
    for (const tensor of folded.constants) constants.set(tensor.name, tensor);
    replaced.set(site.conv, folded.node);
    replaced.set(site.norm, undefined);
  }
  const nodes = network.nodes.flatMap((node) => (replaced.has(node) ? (replaced.get(node) ?? []) : [node]));
  return dropUnused({ ...network, nodes, constants });
}

function dropUnused(network: Network): Network {
  const read = consumers(network.nodes);
  const finals = new Set(network.outputs.map((output) => output.name));
  return { ...network, constants: new Map([...network.constants].filter(([name]) => read.has(name) || finals.has(name))) };
}

async function foldOne(network: Network, { conv, norm }: FoldSite, files: Files) {
  const values = async (name: string | undefined) => {
    const tensor = network.constants.get(name ?? "");
    return tensor === undefined ? undefined : floatValues(tensor, network.folder, files);
  };
  const weightTensor = network.constants.get(conv.input[1] ?? "");
  const weight = await values(conv.input[1]);
  const [gamma, beta, mean, variance] = await Promise.all(norm.input.slice(1, 5).map(values));
  if (weightTensor === undefined || weight === undefined || !gamma || !beta || !mean || !variance)
    throw new Error("a fold site lost its constants");
  const bias = await values(conv.input[2]);
  const epsilon = attribute(norm, "epsilon")?.f ?? Math.fround(1e-5);
  const factor = Float64Array.from(gamma, (value, c) => value / Math.sqrt((variance[c] ?? 0) + epsilon));
  const shape = tensorShape(weightTensor);
  const output = norm.output[0] ?? "";
  const newWeight = floatTensor(`${output}:folded_weight`, shape, scaled(weight, shape, factor, conv));
  const newBias = floatTensor(
    `${output}:folded_bias`,
    [factor.length],
    Float32Array.from(factor, (f, c) => ((bias?.[c] ?? 0) - (mean[c] ?? 0)) * f + (beta[c] ?? 0)),
  );
  const node = makeNode({
    opType: conv.opType,
    name: conv.name,
    attribute: conv.attribute,
    input: [conv.input[0] ?? "", newWeight.name, newBias.name],
    output: [output],
  });
  return { node, constants: [newWeight, newBias] };
}

/** Conv: axis 0 is the output channel. ConvTranspose: weights are [C, M / group, …], output channel = group * (M / group) + position on axis 1. */
function scaled(weight: Float32Array, shape: readonly number[], factor: Float64Array, conv: NodeProto): Float32Array {
  const [first = 1, second = 1] = shape;
  const perRow = weight.length / first;
  const kernel = perRow / second;
  const rowsPerGroup = first / intAttribute(conv, "group", 1);
  const transposed = conv.opType === "ConvTranspose";
  return weight.map((value, i) => {
    const row = Math.floor(i / perRow);
    const channel = transposed ? Math.floor(row / rowsPerGroup) * second + (Math.floor(i / kernel) % second) : row;
    return value * (factor[channel] ?? Number.NaN);
  });
}
