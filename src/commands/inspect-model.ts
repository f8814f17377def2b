/** An ONNX model: inputs, opset, operators, whether it is quantised, and the units a search would move. */
import type { Files } from "../effects/effects.ts";
import { isStandard } from "../onnx/model.ts";
import { toNetwork } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";
import { type ModelValue, typedInputs, typedOutputs } from "../onnx/types.ts";
import { findUnits, storedWeightBytes } from "../onnx/units.ts";
import type { Inspection } from "./inspection.ts";

/** Rejects as `readModel` does. */
export async function inspectModel(path: string, files: Files): Promise<Inspection> {
  const model = await readModel(path, files);
  const network = toNetwork(model);
  const { node } = model.graph;
  return {
    kind: "onnx-model",
    path,
    opsets: Object.fromEntries([...network.opsets].map(([domain, version]) => [domain || "ai.onnx", version])),
    producer: `${model.proto.producerName} ${model.proto.producerVersion}`.trim(),
    inputs: typedInputs(model).map(asFacts),
    outputs: model.graph.output.map(({ name }) => name),
    outputTypes: typedOutputs(model).map(asFacts),
    nodes: node.length,
    operators: countBy(node.map(({ opType }) => opType)),
    customDomains: [...new Set(node.filter((one) => !isStandard(one)).map(({ domain }) => domain))],
    quantized: node.some(({ opType }) => opType === "QuantizeLinear" || opType === "DequantizeLinear"),
    units: findUnits(network).map((unit) => ({ id: unit.id, nodes: unit.nodes, weightBytes: storedWeightBytes(network, unit) })),
  };
}

const asFacts = ({ name, type, dims }: ModelValue) => ({ name, dtype: type, dims });

/** Most frequent first. */
export function countBy(words: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length] as const);
  return Object.fromEntries(counts.toSorted((a, b) => b[1] - a[1]));
}
