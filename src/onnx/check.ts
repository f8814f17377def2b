/**
 * What must hold before a graph is used: names defined once, inputs that exist, no cycle, weights as large as their dimensions say.
 * Lists every problem at once. Does not know operators.
 */
import { ConfigError } from "../effects/failure.ts";
import { externalEntry, isExternal, storedBytes } from "./constants.ts";
import { type GraphProto, nodeLabel, type OnnxModel, subgraphs, type TensorProto } from "./model.ts";
import { sortNodes, usedNames } from "./network.ts";
import { typedBytes } from "./storage.ts";

const shown = 20;

/** Throws ConfigError naming nodes and tensors. */
export function checkGraph(model: OnnxModel): void {
  const problems = [...graphProblems(model.graph, new Set()), ...(model.graph.output.length === 0 ? ["the graph has no output"] : [])];
  if (problems.length === 0) return;
  const more = problems.length > shown ? [`and ${problems.length - shown} more`] : [];
  throw new ConfigError([...problems.slice(0, shown), ...more].map((problem) => `${model.file}: ${problem}. Export the model again.`));
}

function graphProblems(graph: GraphProto, outside: ReadonlySet<string>): string[] {
  const known = new Set([...outside, ...graph.input.map((input) => input.name), ...graph.initializer.map((tensor) => tensor.name)]);
  for (const sparse of graph.sparseInitializer) if (sparse.values !== undefined) known.add(sparse.values.name);
  const problems = graph.initializer.flatMap(tensorProblems);
  const made = new Map<string, string>();
  for (const node of graph.node)
    for (const name of node.output.filter((one) => one !== "")) {
      const earlier = made.get(name);
      if (earlier !== undefined) problems.push(`the tensor '${name}' is written by both '${earlier}' and '${nodeLabel(node)}'`);
      made.set(name, nodeLabel(node));
      known.add(name);
    }
  for (const node of graph.node) {
    for (const name of node.input)
      if (name !== "" && !known.has(name)) problems.push(`the node '${nodeLabel(node)}' reads '${name}', which nothing writes`);
    for (const inner of subgraphs(node)) problems.push(...graphProblems(inner, known));
    for (const one of node.attribute) if (one.t !== undefined) problems.push(...tensorProblems(one.t));
  }
  for (const output of graph.output) if (!known.has(output.name)) problems.push(`the output '${output.name}' is written by no node`);
  if (problems.length === 0) problems.push(...cycleProblems(graph));
  return problems;
}

function cycleProblems(graph: GraphProto): string[] {
  const sorted = new Set(sortNodes(graph.node));
  const stuck = graph.node.filter((node) => !sorted.has(node));
  const first = stuck.find((node) => usedNames(node).some((name) => stuck.some((other) => other.output.includes(name))));
  return first === undefined ? [] : [`the node '${nodeLabel(first)}' depends on its own output (a cycle of ${stuck.length} nodes)`];
}

/** Bytes that lie in the file must be as many as the dimensions say; external ones are compared with their file by external.ts. */
function tensorProblems(tensor: TensorProto): string[] {
  if (tensor.dims.some((dim) => dim < 0n || dim > BigInt(Number.MAX_SAFE_INTEGER)))
    return [`the tensor '${tensor.name}' has the dimensions [${tensor.dims.join(", ")}]`];
  const wanted = storedBytes(tensor);
  if (wanted === undefined) return [];
  const found = isExternal(tensor) ? externalEntry(tensor).length : tensor.rawData.length > 0 ? tensor.rawData.length : typedBytes(tensor);
  return found === undefined || found === wanted ? [] : [sizeProblem(tensor, wanted, found)];
}

const sizeProblem = (tensor: TensorProto, wanted: number, found: number) =>
  `the tensor '${tensor.name}' of dimensions [${tensor.dims.join(", ")}] needs ${wanted} bytes and has ${found}`;
