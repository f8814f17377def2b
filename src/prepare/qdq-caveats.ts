/**
 * What a check of a quantised model cannot say: the weights' own rounding where the float model is not given, an activation that had to be assumed,
 * a form that TensorRT refuses. Decides which of them hold; the table is gate/caveats.ts.
 */
import { type Caveat, caveats } from "../gate/caveats.ts";
import { nodesOfHandDequantised } from "../onnx/hand-dequantised.ts";
import { DataType, nodeLabel } from "../onnx/model.ts";
import type { Network } from "../onnx/network.ts";
import { isQuantize, quantizedType } from "../onnx/qdq.ts";
import { toQdqForm } from "../onnx/qdq-form.ts";
import { qdqUnits } from "../onnx/qdq-units.ts";
import { unknownOperators } from "../onnx/tensorrt-operators.ts";
import { type Refusal, type RefusalKind, tensorRtRefusals } from "../onnx/tensorrt-refusals.ts";

/** `quantized`: as the file has it. `hasFloat`: the float model is given apart. */
export function qdqCaveats(quantized: Network, { hasFloat }: { readonly hasFloat: boolean }): Caveat[] {
  const refusals = tensorRtRefusals(quantized);
  const refused = refusals.length === 0 ? [] : [{ reason: "not-for-tensorrt", message: refusalWords(refusals) } as const];
  return hasFloat ? refused : [...refused, ...aloneCaveats(quantized)];
}

/**
 * Of a Q/DQ model that TensorRT takes: UINT8 is ONNX's default without a zero point, and TensorRT's parser reads it as INT8 (onnx-tensorrt: "TRT will default to INT8").
 * Only figures that no TensorRT made are in doubt by it.
 */
export function unsignedCaveats(quantized: Network): Caveat[] {
  if (tensorRtRefusals(quantized).length > 0) return [];
  const unsigned = quantized.nodes.filter((node) => isQuantize(node) && quantizedType(quantized.constants, node) === DataType.UINT8);
  if (unsigned.length === 0) return [];
  const message = `${unsigned.length === 1 ? "The quantiser" : "The quantisers"} ${nodes(unsigned.map(nodeLabel))} ${unsigned.length === 1 ? "gives" : "give"} UINT8 without a zero point, which TensorRT reads as INT8: it holds half of the range, and what lies above is cut off. The figures are those of UINT8. ${caveats["read-as-int8"].next}`;
  return [{ reason: "read-as-int8", message }];
}

/** Of a model without Q/DQ, which is the reference itself: its weights may have been rounded before and be made floats by Cast and Mul. */
export function weightCaveats(float: Network): Caveat[] {
  const rounded = nodesOfHandDequantised(float);
  if (rounded.length === 0) return [];
  const message = `The weights of ${nodes(rounded)} are stored as integers and made floats by Cast and Mul: the reference computes with the rounded ones, and what their rounding costs was not measured. ${caveats["weight-error-unseen"].next}`;
  return [{ reason: "weight-error-unseen", message }];
}

/** Of the model that ships, float or Q/DQ, as the file has it. Empty with plugins, which may bring the operators. */
export function operatorCaveats(shipped: Network, plugins: readonly string[]): Caveat[] {
  const unknown = plugins.length > 0 ? [] : unknownOperators(shipped.nodes);
  if (unknown.length === 0) return [];
  const shown = unknown
    .slice(0, mostOperators)
    .map(({ domain, opType, nodes: count, first }) => `${domain} ${opType} (${count === 1 ? "" : `${count} nodes, first `}'${first}')`);
  const more = unknown.length - shown.length;
  const isOne = unknown.length === 1;
  const message = `TensorRT's parser has no ${isOne ? "operator" : "operators"} ${shown.join(", ")}${more === 0 ? "" : ` and ${more} more`}. The figures are those of ONNX Runtime. Cut the model before ${isOne ? "it" : "them"}, or give a plugin (\`plugins\` in 'tensorrt').`;
  return [{ reason: "not-for-tensorrt", message }];
}

const mostOperators = 4;

function aloneCaveats(quantized: Network): Caveat[] {
  const { roundedWeights, putBack } = qdqUnits(toQdqForm(quantized), undefined);
  const unseen = {
    reason: "weight-error-unseen",
    message: `The weights of ${nodes(roundedWeights)} are stored quantised and their float values are not in the file: only the error of the activations was measured. ${caveats["weight-error-unseen"].next}`,
  } as const;
  const assumed = {
    reason: "activation-assumed",
    message: `Behind ${nodes(putBack)} the quantised range ends where a Relu or Clip would, and the reference has one there that the exporter must have left out. ${caveats["activation-assumed"].next}`,
  } as const;
  return [...(roundedWeights.length === 0 ? [] : [unseen]), ...(putBack.length === 0 ? [] : [assumed])];
}

const nodes = (labels: readonly string[]): string =>
  labels.length === 1 ? `'${labels[0]}'` : `${labels.length} nodes (first '${labels[0]}')`;

const int8 = ["activation_type=QuantType.QInt8", "weight_type=QuantType.QInt8"];
/** Arguments of ONNX Runtime's `quantize_static`, the commonest maker of such models, and its `extra_options`. */
const cures: Readonly<Record<RefusalKind, { readonly plain: readonly string[]; readonly extra: readonly string[] }>> = {
  operator: { plain: ["quant_format=QuantFormat.QDQ"], extra: [] },
  type: { plain: int8, extra: [] },
  "zero-point": { plain: int8, extra: ["'ActivationSymmetric': True", "'WeightSymmetric': True"] },
  bias: { plain: [], extra: ["'QuantizeBias': False"] },
  scale: { plain: [], extra: [] },
  operands: { plain: [], extra: [] },
};

function refusalWords(refusals: readonly Refusal[]): string {
  const what = refusals.map(
    ({ kind, what, nodes: count, first }) =>
      `${what}${kind === "bias" ? " behind DequantizeLinear" : ""} (${count === 1 ? "" : `${count} nodes, first `}'${first}')`,
  );
  const plain = new Set(refusals.flatMap(({ kind }) => cures[kind].plain));
  const extra = new Set(refusals.flatMap(({ kind }) => cures[kind].extra));
  const words = [...plain, ...(extra.size === 0 ? [] : [`extra_options={${[...extra].join(", ")}}`])];
  const next = [
    ...(words.length === 0 ? [] : [`Export it with quantize_static(…, ${words.join(", ")}).`]),
    ...(refusals.some(({ kind }) => kind === "scale") ? ["Give every quantiser a scale above 0, those of unused channels too."] : []),
    ...(refusals.some(({ kind }) => kind === "operands") ? ["Put a Cast before one of two operands, so that both have one type."] : []),
  ];
  return `TensorRT refuses this model: it takes INT8, INT4, FP8 and FP4 without a zero point and with scales above 0, and not ${what.join(", ")}. The figures are those of ONNX Runtime. ${next.join(" ")}`;
}
