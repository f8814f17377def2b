/** Values inside a graph that are no tensors: sequences and optional ones. Nothing can be marked or probed there. */
import type { GraphProto } from "./gen/onnx-ml_pb.js";
import { isStandard, type NodeProto, subgraphs } from "./model.ts";
import type { Network } from "./network.ts";

const makers: ReadonlySet<string> = new Set([
  ...["SplitToSequence", "SequenceConstruct", "SequenceEmpty", "SequenceInsert", "SequenceErase", "SequenceMap", "Optional"],
]);

/** Names of the network's values that are sequences or optional. An element that is taken out of one counts as a tensor again. */
export function nonTensors(network: Network): Set<string> {
  const found = new Set<string>();
  for (const { name, type } of network.inputs) if (type !== undefined && type.value.case !== "tensorType") found.add(name);
  for (const node of network.nodes) for (const name of madeBy(node, found)) found.add(name);
  return found;
}

function madeBy(node: NodeProto, known: ReadonlySet<string>): readonly string[] {
  if (!isStandard(node)) return [];
  if (makers.has(node.opType)) return node.output;
  if (node.opType === "Identity") return known.has(node.input[0] ?? "") ? node.output : [];
  return subgraphs(node).length === 0 ? [] : bodyResults(node, known);
}

/** Outputs of If and of the carried values of Loop are what the body's outputs are; Scan and Loop's further outputs are stacked tensors. */
function bodyResults(node: NodeProto, known: ReadonlySet<string>): string[] {
  const [body] = subgraphs(node);
  if (body === undefined) return [];
  const inside = new Set(known);
  const isLoop = node.opType === "Loop";
  if (isLoop) for (const [i, input] of body.input.entries()) if (known.has(node.input[i] ?? "")) inside.add(input.name);
  for (const one of body.node) for (const name of madeBy(one, inside)) inside.add(name);
  const results = isLoop ? body.output.slice(1) : body.output;
  return node.output.filter((_, i) => isSequence(results[i], inside));
}

const isSequence = (output: GraphProto["output"][number] | undefined, inside: ReadonlySet<string>): boolean =>
  output !== undefined &&
  ((output.type !== undefined && output.type.value.case !== "tensorType" && output.type.value.case !== undefined) ||
    inside.has(output.name));
