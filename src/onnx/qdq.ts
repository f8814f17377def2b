/** Recognises QuantizeLinear and DequantizeLinear, what a pair of them stands for, and the range of numbers that a quantiser can give. */
import { smallValues } from "./constants.ts";
import { DataType, intAttribute, type NodeProto, type TensorProto } from "./model.ts";

const domains: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft", "trt"]);

/** What TensorRT's own operators quantise to, by the beginning of their names. ModelOpt writes standard names into the domain `trt` too: those say no type. */
const trtTypes: readonly (readonly [prefix: string, type: number])[] = [
  ["TRT_FP8", DataType.FLOAT8E4M3FN],
  ["TRT_MXFP8", DataType.FLOAT8E4M3FN],
  ["TRT_INT4", DataType.INT4],
  ["TRT_FP4", DataType.FLOAT4E2M1],
];
const trtType = ({ opType, domain }: NodeProto): number | undefined =>
  domain === "trt" ? trtTypes.find(([prefix]) => opType.startsWith(prefix))?.[1] : undefined;

const isKind = (node: NodeProto, kind: string): boolean =>
  domains.has(node.domain) &&
  (node.opType === kind || (node.domain === "trt" && trtTypes.some(([prefix]) => node.opType === prefix + kind)));

/** Of the standard domain, ONNX Runtime's or TensorRT's, whose FP8, MXFP8 and INT4 forms count too. */
export const isQuantize = (node: NodeProto): boolean => isKind(node, "QuantizeLinear");

/** Of the same domains and forms. */
export const isDequantize = (node: NodeProto): boolean => isKind(node, "DequantizeLinear");

/** TensorRT's quantisers to NVFP4 and MXFP8: they find a scale for each block of what they read, and give the scales beside the numbers. */
export const isBlockQuantize = ({ opType, domain }: NodeProto): boolean =>
  domain === "trt" && (opType === "TRT_FP4DynamicQuantize" || opType === "TRT_MXFP8DynamicQuantize");

/** A quantiser that finds its scales, and a zero point where it has one, in what it reads, and gives them beside the numbers. */
export const isDynamicQuantize = (node: NodeProto): boolean =>
  isBlockQuantize(node) || (node.opType === "DynamicQuantizeLinear" && (node.domain === "" || node.domain === "ai.onnx"));

/** Of TensorRT's domain, and a quantiser by its name, but none of those above: what it does is not known here. */
export const isUnknownQuantize = (node: NodeProto): boolean =>
  node.domain === "trt" && /quantize|qdq/i.test(node.opType) && !isQuantize(node) && !isDequantize(node) && !isDynamicQuantize(node);

interface Around {
  readonly makers: ReadonlyMap<string, NodeProto>;
  readonly constants: Constants;
}

/** The dequantisation of all that such a quantiser gives. Scales of blocks may be quantised themselves, and are dequantised on the way (NVFP4). */
export function isDynamicPair({ makers, constants }: Around, quantize: NodeProto, dequantize: NodeProto): boolean {
  if (!isDynamicQuantize(quantize)) return false;
  if (!isBlockQuantize(quantize)) return quantize.output.every((name, slot) => name === dequantize.input[slot]);
  const isSame = (name: string, otherwise: number) => intAttribute(quantize, name, otherwise) === intAttribute(dequantize, name, otherwise);
  const [numbers, scales] = quantize.output;
  if (numbers !== dequantize.input[0] || !isSame("axis", -1) || !isSame("block_size", 0)) return false;
  if (scales === dequantize.input[1]) return (quantize.input[1] ?? "") === "";
  const inner = makers.get(dequantize.input[1] ?? "");
  return inner !== undefined && isDequantize(inner) && inner.input[0] === scales && alike(constants, quantize.input[1], inner.input[1]);
}

/** By name or by value. */
const alike = (constants: Constants, a = "", b = ""): boolean => a === b || equal(valuesOf(constants, a), valuesOf(constants, b));

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
  const single = (valuesOf(constants, scale[0])?.length ?? 2) === 1;
  return (
    alike(constants, ...scale) && (single || axis(quantize) === axis(dequantize)) && (zero[0] === zero[1] || equalZeros(constants, zero))
  );
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

/** Type of a quantiser's result: that of its zero point, of its name (TensorRT's own operators), `output_dtype`, else UINT8. */
export const quantizedType = (constants: Constants, quantize: NodeProto): number =>
  saidType(constants, quantize) ?? (intAttribute(quantize, "output_dtype", 0) || DataType.UINT8);

/** Type of the numbers that a dequantisation reads: as it says itself, else as its quantiser does. */
export function quantizedFrom(constants: Constants, makers: ReadonlyMap<string, NodeProto>, dequantize: NodeProto): number | undefined {
  const maker = makers.get(dequantize.input[0] ?? "");
  if (maker !== undefined && isBlockQuantize(maker)) return quantizedType(constants, maker);
  return dequantizedFrom(constants, dequantize) ?? (maker && isQuantize(maker) ? quantizedType(constants, maker) : undefined);
}

/** Type of the numbers that a dequantisation reads, as far as the node itself says it. */
export const dequantizedFrom = (constants: Constants, dequantize: NodeProto): number | undefined =>
  constants.get(dequantize.input[0] ?? "")?.dataType ?? saidType(constants, dequantize);

const saidType = (constants: Constants, node: NodeProto): number | undefined =>
  constants.get(node.input[2] ?? "")?.dataType ?? trtType(node);

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
