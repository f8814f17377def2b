/** Recognises QuantizeLinear and DequantizeLinear and what a pair of them stands for. */
import type { NodeProto } from "./model.ts";

const domains: ReadonlySet<string> = new Set(["", "ai.onnx", "com.microsoft"]);
export const isQuantize = (node: NodeProto): boolean => node.opType === "QuantizeLinear" && domains.has(node.domain);
export const isDequantize = (node: NodeProto): boolean => node.opType === "DequantizeLinear" && domains.has(node.domain);

/** The tensor before Quantize -> Dequantize when `name` is the end of such a pair; undefined otherwise. */
export function qdqSource(makers: ReadonlyMap<string, NodeProto>, name: string): string | undefined {
  const dequantize = makers.get(name);
  if (dequantize === undefined || !isDequantize(dequantize)) return undefined;
  const quantize = makers.get(dequantize.input[0] ?? "");
  return quantize !== undefined && isQuantize(quantize) ? quantize.input[0] : undefined;
}
