/**
 * What of a quantised model TensorRT's parser refuses, asked of the file as it is: zero points, INT32 biases behind DequantizeLinear, 16-bit types, quantised operators,
 * scales that are not above 0.
 * Known from the parser's own words (TensorRT for RTX 1.7.1); what else a builder may refuse only a builder can say.
 */
import { isFloatTensor, smallValues } from "./constants.ts";
import { DataType, type NodeProto, nodeLabel, type TensorProto } from "./model.ts";
import type { Network } from "./network.ts";
import { dequantizedFrom, isDequantize, isQuantize, quantizedType } from "./qdq.ts";
import { isQOperator } from "./qoperators.ts";

export type RefusalKind = "operator" | "type" | "bias" | "zero-point" | "scale";

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
  for (const node of network.nodes) {
    const refused = refusalOf(network, node);
    if (refused === undefined) continue;
    const [kind, what] = refused;
    const known = found.get(kind);
    if (known === undefined) found.set(kind, { what, nodes: 1, first: nodeLabel(node) });
    else known.nodes++;
  }
  return [...found].map(([kind, facts]) => ({ kind, ...facts }));
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
