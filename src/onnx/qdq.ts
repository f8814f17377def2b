/** Recognises QuantizeLinear and DequantizeLinear, what a pair of them stands for, and the range of numbers that a quantiser can give. */
import { smallValues } from "./constants.ts";
import { DataType, intAttribute, type NodeProto, type TensorProto } from "./model.ts";

const domains: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft", "trt"]);
/** TensorRT's own have the kind of number in their name. */
const isKind = ({ opType, domain }: NodeProto, kind: string): boolean =>
  domains.has(domain) && (opType === kind || (domain === "trt" && (opType === `TRT_FP8${kind}` || opType === `TRT_INT4${kind}`)));

/** Of the standard domain, ONNX Runtime's or TensorRT's, whose FP8 and INT4 forms count too. */
export const isQuantize = (node: NodeProto): boolean => isKind(node, "QuantizeLinear");

/** Of the same domains and forms. */
export const isDequantize = (node: NodeProto): boolean => isKind(node, "DequantizeLinear");

/** A quantiser that finds its scale and zero point in what it reads, and gives them beside the integers. */
export const isDynamicQuantize = ({ opType, domain }: NodeProto): boolean =>
  opType === "DynamicQuantizeLinear" && (domain === "" || domain === "ai.onnx");

/** The dequantisation of all that such a quantiser gives. */
export const isDynamicPair = (quantize: NodeProto, dequantize: NodeProto): boolean =>
  isDynamicQuantize(quantize) && quantize.output.every((name, slot) => name === dequantize.input[slot]);

/** The tensor before Quantize -> Dequantize when `name` is the end of such a pair; undefined otherwise. */
export function qdqSource(makers: ReadonlyMap<string, NodeProto>, name: string): string | undefined {
  const dequantize = makers.get(name);
  if (dequantize === undefined || !isDequantize(dequantize)) return undefined;
  const quantize = makers.get(dequantize.input[0] ?? "");
  return quantize !== undefined && (isQuantize(quantize) || isDynamicQuantize(quantize)) ? quantize.input[0] : undefined;
}

/** What a DequantizeLinear has from: integers as they are stored, or what the QuantizeLinear in front of it reads. */
export function storedSource(makers: ReadonlyMap<string, NodeProto>, dequantize: NodeProto): string {
  const source = dequantize.input[0] ?? "";
  const quantize = makers.get(source);
  return quantize !== undefined && isQuantize(quantize) ? (quantize.input[0] ?? "") : source;
}

type Constants = ReadonlyMap<string, TensorProto>;

/** True where both use one scale and one zero point, by name or by value: only then does the pair change nothing but precision. */
export function isPair(constants: Constants, quantize: NodeProto, dequantize: NodeProto): boolean {
  const axis = (node: NodeProto) => intAttribute(node, "axis", 1);
  const [scale, zero] = [1, 2].map((slot) => [quantize.input[slot] ?? "", dequantize.input[slot] ?? ""] as const);
  if (scale === undefined || zero === undefined) return false;
  const alike = scale[0] === scale[1] || equal(valuesOf(constants, scale[0]), valuesOf(constants, scale[1]));
  const single = (valuesOf(constants, scale[0])?.length ?? 2) === 1;
  return alike && (single || axis(quantize) === axis(dequantize)) && (zero[0] === zero[1] || equalZeros(constants, zero));
}

const valuesOf = (constants: Constants, name: string): ArrayLike<number> | undefined => {
  const tensor = constants.get(name);
  return tensor && smallValues(tensor);
};

const equal = (a: ArrayLike<number> | undefined, b: ArrayLike<number> | undefined): boolean =>
  a !== undefined && b !== undefined && a.length === b.length && Array.from(a).every((value, i) => Object.is(value, b[i]));

/** A zero point that is left out is zero. */
function equalZeros(constants: Constants, [a, b]: readonly [string, string]): boolean {
  const values = (name: string) => (name === "" ? [0] : Array.from(valuesOf(constants, name) ?? [Number.NaN]));
  const [one, other] = [values(a), values(b)];
  const isZero = (numbers: readonly number[]) => numbers.every((value) => value === 0);
  return equal(one, other) || (isZero(one) && isZero(other));
}

/** Smallest and largest integer of the types that hold quantised values; undefined for floats. */
const integerRange: ReadonlyMap<number, readonly [number, number]> = new Map([
  [DataType.UINT8, [0, 255]],
  [DataType.INT8, [-128, 127]],
  [DataType.UINT16, [0, 65535]],
  [DataType.INT16, [-32768, 32767]],
  [DataType.UINT4, [0, 15]],
  [DataType.INT4, [-8, 7]],
] as const);

/** Type of a quantiser's result: that of its zero point, `output_dtype`, else UINT8; TensorRT's own operators name it. */
export function quantizedType(constants: Constants, quantize: NodeProto): number {
  const zero = constants.get(quantize.input[2] ?? "");
  if (zero !== undefined) return zero.dataType;
  if (quantize.domain === "trt") return quantize.opType.startsWith("TRT_FP8") ? DataType.FLOAT8E4M3FN : DataType.INT4;
  return intAttribute(quantize, "output_dtype", 0) || DataType.UINT8;
}

export interface ClampRange {
  /** In the numbers of the quantiser's input. */
  readonly low: number;
  readonly high: number;
  readonly step: number;
}

/** What a quantiser with one scale clamps to; undefined where it is not known or differs between channels. */
export function clampRange(constants: Constants, quantize: NodeProto): ClampRange | undefined {
  const range = integerRange.get(quantizedType(constants, quantize));
  const scale = valuesOf(constants, quantize.input[1] ?? "");
  const zero = (quantize.input[2] ?? "") === "" ? [0] : valuesOf(constants, quantize.input[2] ?? "");
  if (range === undefined || scale?.length !== 1 || zero?.length !== 1) return undefined;
  const [factor, middle] = [scale[0] ?? Number.NaN, zero[0] ?? Number.NaN];
  return {
    low: (range[0] - middle) * factor,
    high: (range[1] - middle) * factor,
    step: factor,
  };
}
