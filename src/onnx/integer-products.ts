/**
 * MatMulInteger and ConvInteger with the Cast and the Mul that give their sums back as floats, as what they mean: a float product of dequantised inputs. Activations
 * may be quantised by DynamicQuantizeLinear, whose scale a DequantizeLinear reads like any other. ONNX Runtime's fused forms of the same come too.
 * A product in another surrounding is left as it is: whoever calls decides what that means.
 */
import { elementsOf, smallValues } from "./constants.ts";
import { DataType, floatTensor, intAttribute, isStandard, makeNode, type NodeProto, type TensorProto } from "./model.ts";
import { consumers, type Network, producers, sortNodes } from "./network.ts";
import { isDynamicQuantize, isQuantize } from "./qdq.ts";
import { networkNames } from "./unique-names.ts";

const float: ReadonlyMap<string, string> = new Map([
  ["MatMulInteger", "MatMul"],
  ["ConvInteger", "Conv"],
]);

/** Makes a DequantizeLinear in the domain that its opset needs. */
export type MakeDequantize = (parts: {
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly axis: number | undefined;
}) => NodeProto;

/** The very same network where there is nothing to rewrite. */
export function withFloatProducts(network: Network, makeDequantize: MakeDequantize): Network {
  if (!network.nodes.some(({ opType }) => float.has(opType) || fused.has(opType))) return network;
  const work: Work = {
    network,
    makers: producers(network.nodes),
    readers: consumers(network.nodes),
    constants: new Map(network.constants),
    fresh: networkNames(network),
    dequantized: new Map(),
    makeDequantize,
  };
  const gone = new Set<NodeProto>();
  const replaced = new Map<NodeProto, NodeProto[]>();
  for (const node of network.nodes) {
    const found = fused.has(node.opType) && node.domain === "com.microsoft" ? fusedProduct(work, node) : product(work, node);
    if (found === undefined) continue;
    replaced.set(found.at, found.nodes);
    for (const one of found.gone) gone.add(one);
  }
  const nodes = network.nodes.flatMap((node) => replaced.get(node) ?? (gone.has(node) ? [] : [node]));
  return { ...network, nodes: sortNodes(nodes), constants: work.constants };
}

interface Work {
  readonly network: Network;
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly readers: ReadonlyMap<string, readonly NodeProto[]>;
  readonly constants: Map<string, TensorProto>;
  readonly fresh: (wanted: string) => string;
  /** By tensor and scale: several products share one. */
  readonly dequantized: Map<string, string>;
  readonly makeDequantize: MakeDequantize;
}

interface Found {
  /** In whose place the new nodes stand: everything that they read is made by then. */
  readonly at: NodeProto;
  readonly nodes: NodeProto[];
  readonly gone: readonly NodeProto[];
}

/** ONNX Runtime's quantizer adds this to the name of the node that it replaces. */
const oldName = ({ name }: NodeProto): string => name.replace(/_quant$/, "");

function product(work: Work, node: NodeProto): Found | undefined {
  const opType = float.get(node.opType);
  if (opType === undefined || !isStandard(node)) return undefined;
  const cast = onlyReader(work, node.output[0], "Cast");
  const last = cast && onlyReader(work, cast.output[0], "Mul");
  if (cast === undefined || last === undefined || intAttribute(cast, "to", 0) !== DataType.FLOAT) return undefined;
  const factor = last.input.find((name) => name !== cast.output[0]);
  const [a = "", b = "", zeroA = "", zeroB = ""] = node.input;
  const scales = factor === undefined ? undefined : scalesOf(work, factor, a);
  if (scales === undefined || !isOwnZero(work, a, zeroA)) return undefined;
  const nodes: NodeProto[] = [];
  const input = [
    dequantize(work, nodes, [a, scales.a, zeroA], undefined),
    dequantize(work, nodes, [b, scales.b, zeroB], weightAxis(work, opType, b, scales.b)),
  ];
  nodes.push(makeNode({ opType, name: oldName(node), input, output: last.output, attribute: node.attribute }));
  const scaleMul = work.makers.get(factor ?? "");
  const isOurs = scaleMul !== undefined && (work.readers.get(factor ?? "") ?? []).length === 1;
  return { at: last, nodes, gone: [node, cast, ...(isOurs ? [scaleMul] : [])] };
}

function onlyReader({ readers, network }: Work, name: string | undefined, opType: string): NodeProto | undefined {
  const [reader, ...others] = readers.get(name ?? "") ?? [];
  const isFinal = network.outputs.some((output) => output.name === name);
  return reader?.opType === opType && isStandard(reader) && others.length === 0 && !isFinal ? reader : undefined;
}

/** The factor is the product of both scales: computed from a dynamic one, or a constant in which the quantiser's own scale is contained. */
function scalesOf(work: Work, factor: string, activation: string): { readonly a: string; readonly b: string } | undefined {
  const quantize = work.makers.get(activation);
  if (quantize === undefined) return undefined;
  const own = isDynamicQuantize(quantize) ? quantize.output[1] : isQuantize(quantize) ? quantize.input[1] : undefined;
  if (own === undefined || own === "") return undefined;
  const maker = work.makers.get(factor);
  if (maker?.opType === "Mul" && maker.input.includes(own)) {
    const other = maker.input.find((name, slot) => name !== own || maker.input[1 - slot] === own);
    return other === undefined ? undefined : { a: own, b: other };
  }
  const [whole, part] = [work.network.constants.get(factor), work.network.constants.get(own)].map(
    (tensor) => tensor && smallValues(tensor),
  );
  if (whole === undefined || part?.length !== 1) return undefined;
  const name = work.fresh(`${factor}:weight_scale`);
  const values = Float32Array.from(whole, (value) => value / (part[0] ?? Number.NaN));
  work.constants.set(name, floatTensor(name, values.length === 1 ? [] : [values.length], values));
  return { a: own, b: name };
}

/** The sums leave out the very zero point that the quantiser adds. */
function isOwnZero({ makers, network }: Work, activation: string, zero: string): boolean {
  const quantize = makers.get(activation);
  const own = (quantize && isDynamicQuantize(quantize) ? quantize.output[2] : quantize?.input[2]) ?? "";
  if (own === zero) return true;
  const isZero = (name: string) => name === "" || Array.from(valuesOf(network, name) ?? [1]).every((value) => value === 0);
  return isZero(own) && isZero(zero);
}

const valuesOf = ({ constants }: Network, name: string) => {
  const tensor = constants.get(name);
  return tensor && smallValues(tensor);
};

/** Of scales for each column of a matrix; convolutions of this kind have one scale. */
function weightAxis({ network, constants }: Work, opType: string, weight: string, scale: string): number | undefined {
  const scales = constants.get(scale);
  if (scales === undefined || elementsOf(scales) < 2) return undefined;
  const rank = network.constants.get(weight)?.dims.length ?? 2;
  return opType === "Conv" ? 0 : rank - 1;
}

function dequantize(
  work: Work,
  nodes: NodeProto[],
  [name, scale, zero]: readonly [string, string, string],
  axis: number | undefined,
): string {
  const key = [name, scale, zero, axis].join("\n");
  const known = work.dequantized.get(key);
  if (known !== undefined) return known;
  const output = work.fresh(`${name}:dequantized`);
  work.dequantized.set(key, output);
  nodes.push(work.makeDequantize({ name: output, input: [name, scale, ...(zero === "" ? [] : [zero])], output: [output], axis }));
  return output;
}

/** Places of activation, weight, their scales and zero points, and a float bias. */
const fused: ReadonlyMap<string, { a: readonly number[]; b: readonly number[]; bias: number }> = new Map([
  ["MatMulIntegerToFloat", { a: [0, 2, 4], b: [1, 3, 5], bias: 6 }],
  ["DynamicQuantizeMatMul", { a: [0], b: [1, 2, 3], bias: 4 }],
]);

function fusedProduct(work: Work, node: NodeProto): Found | undefined {
  const places = fused.get(node.opType);
  if (places === undefined) return undefined;
  const at = (slots: readonly number[]) => slots.map((slot) => node.input[slot] ?? "");
  const [a = "", scaleA, zeroA = ""] = at(places.a);
  const [b = "", scaleB = "", zeroB = ""] = at(places.b);
  const nodes: NodeProto[] = [];
  const activation = scaleA === undefined ? dynamic(work, nodes, a) : dequantize(work, nodes, [a, scaleA, zeroA], undefined);
  const weight = dequantize(work, nodes, [b, scaleB, zeroB], weightAxis(work, "MatMul", b, scaleB));
  const [output = "", bias = ""] = [node.output[0], node.input[places.bias]];
  const sum = bias === "" ? output : work.fresh(`${output}:product`);
  nodes.push(makeNode({ opType: "MatMul", name: oldName(node), input: [activation, weight], output: [sum] }));
  if (bias !== "") nodes.push(makeNode({ opType: "Add", input: [sum, bias], output: [output] }));
  return { at: node, nodes, gone: [] };
}

function dynamic(work: Work, nodes: NodeProto[], name: string): string {
  const key = `dynamic\n${name}`;
  const known = work.dequantized.get(key);
  if (known !== undefined) return known;
  const [values = "", scale = "", zero = ""] = ["quantized", "scale", "zero_point"].map((what) => work.fresh(`${name}:${what}`));
  nodes.push(makeNode({ opType: "DynamicQuantizeLinear", input: [name], output: [values, scale, zero] }));
  const output = dequantize(work, nodes, [values, scale, zero], undefined);
  work.dequantized.set(key, output);
  return output;
}
