/** About how much arithmetic one inference is: multiply-adds of convolutions and matrix products. A rough figure for planning, never for a verdict. */
import { intsAttribute, type NodeProto, tensorShape } from "./model.ts";
import type { Network } from "./network.ts";

/** Where neither shape nor model says: a picture of 224 by 224, or 128 tokens. */
const openPicture = 224;
const openLength = 128;

/**
 * `shapes`: of inputs with open dimensions. Each weight is used once for every place of its input; strides divide the places, other operators
 * keep the most places of what they read. Bodies of If and Loop count as nothing.
 */
export function multiplyAdds(network: Network, shapes: ReadonlyMap<string, readonly number[]>): number {
  const places = new Map<string, number>();
  for (const { name, type } of network.inputs) {
    const dims = type?.value.case === "tensorType" ? (type.value.value.shape?.dim ?? []) : [];
    const known = dims.map(({ value }) => (value.case === "dimValue" ? Number(value.value) : undefined));
    places.set(name, placesOf(shapes.get(name) ?? known));
  }
  let total = 0;
  for (const node of network.nodes) {
    const most = Math.max(1, ...node.input.map((name) => places.get(name) ?? 0));
    const left = Math.max(1, most * growth(node));
    for (const output of node.output) places.set(output, left);
    if (/^(Conv|ConvTranspose|MatMul|Gemm)$/.test(node.opType)) total += weightsOf(node, network) * (node.opType === "Gemm" ? 1 : left);
  }
  return total;
}

/** Rows and columns of a picture (channels first), tokens of a text. */
function placesOf(dims: readonly (number | undefined)[]): number {
  if (dims.length > 3) return dims.slice(2).reduce<number>((product, dim) => product * (dim ?? openPicture), 1);
  return dims.length < 2 ? 1 : (dims[1] ?? openLength);
}

function growth(node: NodeProto): number {
  const strides = (intsAttribute(node, "strides") ?? []).reduce((product, stride) => product * stride, 1);
  if (/^(Conv|.*Pool)$/.test(node.opType)) return 1 / strides;
  if (/^Global/.test(node.opType)) return 0;
  return node.opType === "ConvTranspose" ? strides : 1;
}

const weightsOf = ({ input }: NodeProto, { constants }: Network): number =>
  input.slice(0, 2).reduce((sum, name) => {
    const tensor = constants.get(name);
    return sum + (tensor === undefined ? 0 : tensorShape(tensor).reduce((product, dim) => product * dim, 1));
  }, 0);
