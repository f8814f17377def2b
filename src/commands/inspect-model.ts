/** An ONNX model: inputs, opset, operators, whether it is quantised, and the units a search would move. */
import type { Files } from "../effects/effects.ts";
import { isStandard } from "../onnx/model.ts";
import { type Network, toNetwork } from "../onnx/network.ts";
import { countOthers, hasQdq, qdqUnits } from "../onnx/qdq-units.ts";
import { readModel } from "../onnx/read.ts";
import { type ModelValue, typedInputs, typedOutputs } from "../onnx/types.ts";
import { findUnits, storedWeightBytes } from "../onnx/units.ts";
import { inQdqForm } from "./in-qdq-form.ts";
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
    ...(await unitsOf(network, files)),
  };
}

type Units = Pick<Extract<Inspection, { kind: "onnx-model" }>, "quantized" | "units" | "otherUnits" | "integerWeights" | "floatNodes">;

/** The same units that a check moves: of a model that is quantised already, what stands behind its Q/DQ; else every compute node. */
async function unitsOf(written: Network, files: Files): Promise<Units> {
  const quantized = hasQdq(written.nodes);
  const network = quantized ? ((await inQdqForm(written, files)) ?? written) : written;
  const found = quantized ? qdqUnits(network, undefined) : undefined;
  const compute = findUnits(network);
  const units = found?.units ?? compute;
  const listed = new Set(units.map(({ id }) => id));
  const rounded = new Set(found?.roundedWeights);
  const others = compute.filter(({ id }) => !listed.has(id)).map(({ nodes: [label = ""] }) => label);
  return {
    quantized,
    units: units.map((unit) => ({ id: unit.id, nodes: unit.nodes, weightBytes: storedWeightBytes(network, unit) })),
    otherUnits: found === undefined ? {} : countOthers(found),
    integerWeights: others.filter((label) => rounded.has(label)),
    floatNodes: others.filter((label) => !rounded.has(label)),
  };
}

const asFacts = ({ name, type, dims }: ModelValue) => ({ name, dtype: type, dims });

/** Most frequent first. */
export function countBy(words: readonly string[]): Record<string, number> {
  const counts = [...Map.groupBy(words, (word) => word)].map(([word, all]) => [word, all.length] as const);
  return Object.fromEntries(counts.toSorted((a, b) => b[1] - a[1]));
}
