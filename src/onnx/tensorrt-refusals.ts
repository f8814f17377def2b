/**
 * What of a quantised model TensorRT's parser refuses, asked of the file as it is: zero points, INT32 biases behind DequantizeLinear, 16-bit types, quantised operators,
 * scales that are not above 0, and operands of two float types.
 * Known from the parser's own words (TensorRT for RTX 1.7.1); what else a builder may refuse only a builder can say.
 */
import { isFloatTensor, smallValues } from "./constants.ts";
import { guessedTypes } from "./element-types.ts";
import { DataType, isStandard, type NodeProto, nodeLabel, type TensorProto } from "./model.ts";
import type { Network } from "./network.ts";
import { dequantizedFrom, isDequantize, isQuantize, quantizedType } from "./qdq.ts";
import { isQOperator } from "./qoperators.ts";
import { elementWord } from "./types.ts";

export type RefusalKind = "operator" | "type" | "bias" | "zero-point" | "scale" | "operands";

export interface Refusal {
  readonly kind: RefusalKind;
  /** What the nodes hold: an operator, a type, a zero point. */
  readonly what: string;
  readonly nodes: number;
  /** Label of the first. */
  readonly first: string;
}

const taken: ReadonlySet<number> = new Set([DataType.INT8, DataType.UINT8, DataType.INT4, DataType.FLOAT8E4M3FN, DataType.FLOAT4E2M1]);

/** One entry for each kind that occurs, with the first node's value. Empty where nothing is known to be refused. */
export function tensorRtRefusals(network: Network): Refusal[] {
  const found = new Map<RefusalKind, { what: string; nodes: number; first: string }>();
  const types = guessedTypes(network);
  for (const node of network.nodes) {
    const refused = refusalOf(network, node) ?? operandsOf(types, node);
    if (refused === undefined) continue;
    const [kind, what] = refused;
    const known = found.get(kind);
    if (known === undefined) found.set(kind, { what, nodes: 1, first: nodeLabel(node) });
    else known.nodes++;
  }
  return [...found].map(([kind, facts]) => ({ kind, ...facts }));
}

/** Operators whose first two operands have to be of one type. ONNX asks for it too; ModelOpt 0.47.0 writes products of float16 and float32 into NVFP4 models. */
const binary: ReadonlySet<string> = new Set(["MatMul", "Gemm", "Conv", "ConvTranspose", "Add", "Sub", "Mul", "Div"]);
const floats: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16]);

function operandsOf(types: ReadonlyMap<string, number>, node: NodeProto): readonly [RefusalKind, string] | undefined {
  if (!isStandard(node) || !binary.has(node.opType)) return undefined;
  const [a = 0, b = 0] = node.input.slice(0, 2).map((name) => types.get(name) ?? 0);
  return a !== b && floats.has(a) && floats.has(b) ? ["operands", `${node.opType} of ${elementWord(a)} and ${elementWord(b)}`] : undefined;
}

function refusalOf(network: Network, node: NodeProto): readonly [RefusalKind, string] | undefined {
  if (isQOperator(node)) return ["operator", node.opType];
  if (!isQuantize(node) && !isDequantize(node)) return undefined;
  const type = (isDequantize(node) ? dequantizedFrom(network.constants, node) : undefined) ?? quantizedType(network.constants, node);
  if (type === DataType.INT32) return ["bias", "INT32"];
  if (!taken.has(type)) return ["type", DataType[type] ?? String(type)];
  const zero = network.constants.get(node.input[2] ?? "");
  const value = zero === undefined ? undefined : Array.from(smallValues(zero) ?? []).find((one) => one !== 0);
  if (value !== undefined) return ["zero-point", `${DataType[type]} with zero point ${value}`];
  const scale = nonPositive(network.constants.get(node.input[1] ?? ""));
  return scale === undefined ? undefined : ["scale", `the scale ${scale}`];
}

/** Of a dead channel a quantiser may write 0; NaN is not above 0 either. Scales that are exponents (MXFP8), are computed or lie in another file are not looked at. */
const nonPositive = (scales: TensorProto | undefined): number | undefined =>
  scales && isFloatTensor(scales) ? Array.from(smallValues(scales) ?? []).find((scale) => !(scale > 0)) : undefined;
