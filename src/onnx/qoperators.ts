/**
 * Quantised operators (QLinearConv, QGemm …) as what they mean: dequantise, the float operator, quantise. Their integer sums are exact and so are these,
 * so both round alike but for ties. Integer products, dynamic ones too, are integer-products.ts. What has no such form is refused by name.
 */
import { ToolError } from "../effects/failure.ts";
import { elementsOf, smallValues } from "./constants.ts";
import { withFloatProducts } from "./integer-products.ts";
import {
  attribute,
  floatTensor,
  int64Tensor,
  intAttr,
  intAttribute,
  intsAttribute,
  makeNode,
  type NodeProto,
  nodeLabel,
  type TensorProto,
} from "./model.ts";
import { type Network, opsetOf } from "./network.ts";
import { isDynamicQuantize } from "./qdq.ts";
import { networkNames } from "./unique-names.ts";

/** Places of a tensor and its scale and zero point among the inputs. */
type Triple = readonly [value: number, scale: number, zero: number];
const triple = (start: number): Triple => [start, start + 1, start + 2];

interface Form {
  readonly opType: string;
  /** Quantised inputs in the order of the float operator's. */
  inputs(node: NodeProto): readonly Triple[];
  /** Places of the result's scale and zero point; a result without a scale is float. */
  result(node: NodeProto): readonly [scale: number, zero: number];
  /** Axis of weights that have a scale for each channel. */
  axis?(node: NodeProto, rank: number): number;
  /** Place of an INT32 bias, whose scale is the product of the first two. */
  readonly bias?: number;
  /** Attributes that the float operator does not have. */
  readonly without?: readonly string[];
}

const one = (opType: string, without: readonly string[] = []): Form => ({
  opType,
  inputs: () => [triple(0)],
  result: () => [3, 4],
  without,
});
const two = (opType: string): Form => ({ opType, inputs: () => [triple(0), triple(3)], result: () => [6, 7] });

const forms: ReadonlyMap<string, Form> = new Map<string, Form>([
  ["QLinearConv", { ...two("Conv"), axis: () => 0, bias: 8 }],
  ["QLinearMatMul", { ...two("MatMul"), axis: (_, rank) => rank - 1 }],
  ["QGemm", { ...two("Gemm"), result: () => [7, 8], axis: (node) => 1 - intAttribute(node, "transB", 0), bias: 6 }],
  ["QLinearAdd", two("Add")],
  ["QLinearMul", two("Mul")],
  ["QLinearSigmoid", one("Sigmoid")],
  ["QLinearLeakyRelu", one("LeakyRelu")],
  ["QLinearSoftmax", one("Softmax", ["opset"])],
  ["QLinearAveragePool", one("AveragePool", ["channels_last"])],
  ["QLinearGlobalAveragePool", one("GlobalAveragePool", ["channels_last"])],
  ["QLinearReduceMean", one("ReduceMean")],
  [
    "QLinearConcat",
    {
      opType: "Concat",
      inputs: ({ input }) => Array.from({ length: (input.length - 2) / 3 }, (_, i) => triple(2 + 3 * i)),
      result: () => [0, 1],
    },
  ],
]);

/** Other quantised operators: integer products, operators that find their scales while they run, or hold numbers in a form of their own. */
const others: ReadonlySet<string> = new Set([
  ...["DynamicQuantizeLinear", "MatMulInteger", "ConvInteger", "DynamicQuantizeMatMul", "MatMulIntegerToFloat", "DynamicQuantizeLSTM"],
  ...["QAttention", "QEmbedLayerNormalization", "QOrderedMatMul", "QOrderedAttention", "QOrderedLongformerAttention", "QMoE"],
  ...["MatMulNBits", "MatMulNBitsMlp", "MatMulNBitsQkv", "MatMulBnb4", "MatMulFpQ4", "MatMulInteger16", "GatherBlockQuantized"],
  ...["MatMulBlockQuantizedFp4Weight", "MatMulBlockQuantizedFp8Weight"],
]);

const domains: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft"]);
const isForeign = ({ opType }: NodeProto) => others.has(opType) || (opType.startsWith("QLinear") && !forms.has(opType));
/** True for quantised operators of either kind. */
export const isQOperator = (node: NodeProto): boolean => domains.has(node.domain) && (forms.has(node.opType) || isForeign(node));

/** The network itself where it has none. ToolError `quantization-form` names an operator that has no exact form. */
export function withoutQOperators(network: Network): Network {
  if (!network.nodes.some(isQOperator)) return network;
  const products = withFloatProducts(network, ({ axis, ...parts }) => qdqNode(network, "DequantizeLinear", { ...parts, axis }));
  const constants = new Map(products.constants);
  const fresh = networkNames(products);
  const constant = (tensor: TensorProto): string => {
    constants.set(tensor.name, tensor);
    return tensor.name;
  };
  const work = { network: products, fresh, constant };
  const nodes = products.nodes.flatMap((node) => (isQOperator(node) && !isDynamicQuantize(node) ? expand(work, node) : [node]));
  return { ...network, nodes, constants, opsets: new Map([...network.opsets, ["com.microsoft", 1]]) };
}

interface Work {
  readonly network: Network;
  readonly fresh: (wanted: string) => string;
  readonly constant: (tensor: TensorProto) => string;
}

function expand(work: Work, node: NodeProto): NodeProto[] {
  const form = forms.get(node.opType);
  if (form === undefined || refusesAttributes(work.network, node)) throw refusal(work.network, node);
  const made: NodeProto[] = [];
  const dequantize = (name: string, [scale, zero]: readonly string[], axis: number | undefined): string => {
    const output = work.fresh(`${name}:dequantized`);
    const input = [name, scale ?? "", ...(zero === undefined || zero === "" ? [] : [zero])];
    made.push(qdqNode(work.network, "DequantizeLinear", { name: output, input, output: [output], axis }));
    return output;
  };
  const triples = form.inputs(node);
  const input = triples.map(([value, scale, zero], i) => {
    const perChannel = i === 1 && lengthOf(work.network, node.input[scale]) > 1;
    const axis = perChannel ? form.axis?.(node, work.network.constants.get(node.input[value] ?? "")?.dims.length ?? 2) : undefined;
    return dequantize(node.input[value] ?? "", [node.input[scale] ?? "", node.input[zero] ?? ""], axis);
  });
  const bias = form.bias === undefined ? "" : (node.input[form.bias] ?? "");
  if (bias !== "")
    input.push(
      dequantize(bias, [biasScale(work, node, triples)], lengthOf(work.network, node.input[triples[1]?.[1] ?? 0]) > 1 ? 0 : undefined),
    );
  const [scale, zero] = form.result(node).map((slot) => node.input[slot] ?? "");
  const output = node.output[0] ?? "";
  const isFloat = scale === undefined || scale === "";
  const float = isFloat ? output : work.fresh(`${output}:float`);
  const kept = node.attribute.filter(({ name }) => !form.without?.includes(name));
  const axes = form.opType === "ReduceMean" && opsetOf(work.network) >= 18 ? intsAttribute(node, "axes") : undefined;
  if (axes !== undefined) input.push(work.constant(int64Tensor(work.fresh(`${output}:axes`), axes)));
  const attributes = axes === undefined ? kept : kept.filter(({ name }) => name !== "axes");
  // ONNX Runtime's quantizer adds this to the name of the node that it replaces.
  const name = node.name.replace(/_quant$/, "");
  made.push(makeNode({ opType: form.opType, name, input, output: [float], attribute: attributes }));
  if (!isFloat) {
    const quantize = [float, scale, ...(zero === undefined || zero === "" ? [] : [zero])];
    made.push(
      qdqNode(work.network, "QuantizeLinear", { name: `${output}_QuantizeLinear`, input: quantize, output: [output], axis: undefined }),
    );
  }
  return made;
}

/** Standard where its opset has the form, else ONNX Runtime's, which every opset has. */
function qdqNode(
  network: Network,
  opType: string,
  { axis, ...parts }: { name: string; input: readonly string[]; output: readonly string[]; axis: number | undefined },
): NodeProto {
  const domain = opsetOf(network) >= (axis === undefined ? 10 : 13) ? "" : "com.microsoft";
  return makeNode({ opType, domain, ...parts, attribute: axis === undefined ? [] : [intAttr("axis", axis)] });
}

const lengthOf = ({ constants }: Network, name: string | undefined): number => {
  const tensor = constants.get(name ?? "");
  return tensor === undefined ? 1 : elementsOf(tensor);
};

/** Product of both scales in float32, with Gemm's alpha: what the INT32 sums count in. */
function biasScale(work: Work, node: NodeProto, triples: readonly Triple[]): string {
  const [first, second] = triples.map(([, scale]) => work.network.constants.get(node.input[scale] ?? ""));
  const [a, b] = [first && smallValues(first), second && smallValues(second)];
  if (a === undefined || b === undefined) throw refusal(work.network, node);
  const alpha = node.opType === "QGemm" ? (attribute(node, "alpha")?.f ?? 1) : 1;
  const values = Float32Array.from(b, (value) => Math.fround(Math.fround(alpha * (a[0] ?? Number.NaN)) * value));
  return work.constant(floatTensor(work.fresh(`${node.output[0]}:bias_scale`), values.length === 1 ? [] : [values.length], values));
}

/** Images with channels last, and the Softmax of before opset 13 in a newer model. */
const refusesAttributes = (network: Network, node: NodeProto): boolean =>
  intAttribute(node, "channels_last", 0) !== 0 ||
  (node.opType === "QLinearSoftmax" && intAttribute(node, "opset", 13) < 13 !== opsetOf(network) < 13);

const refusal = ({ file }: Network, node: NodeProto): ToolError =>
  new ToolError(
    "quantization-form",
    `${file} holds the ${node.opType} '${nodeLabel(node)}', which has no exact form in Q/DQ nodes${/Integer$/.test(node.opType) ? ": no Cast and Mul behind it give its sums back as floats" : ""}. TensorRT takes no other form. Export it with quantize_static and quant_format=QuantFormat.QDQ.`,
  );
