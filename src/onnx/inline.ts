/**
 * Replaces every call of a model-local function by the function's nodes, so that all that follows sees one graph of operators.
 * Gives tensors and nodes the names that `onnx.inliner` gives them: a cache made for its result fits ours. How one body is copied is function-body.ts.
 */
import { create } from "@bufbuild/protobuf";
import { ConfigError } from "../effects/failure.ts";
import { copyBody } from "./function-body.ts";
import { type FunctionProto, OperatorSetIdProtoSchema } from "./gen/onnx-ml_pb.js";
import { type GraphProto, type ModelProto, type NodeProto, nodeLabel, subgraphs } from "./model.ts";
import { changedBetween } from "./operator-versions.ts";
import { uniqueNames } from "./unique-names.ts";

/** Calls may multiply (ten of ten of ten): beyond this a small file is made to fill the memory. */
const mostNodes = 200_000;

/**
 * Changes `proto`: no function and no call of one is left. Calls inside bodies of If, Loop and Scan count as well.
 * ConfigError for a function that calls itself, is called with more than it takes, or is written for an opset in which one of its operators means something else.
 */
export function inlineFunctions(proto: ModelProto, file: string): void {
  if (proto.graph === undefined || proto.functions.length === 0) return;
  const work: Work = {
    proto,
    file,
    functions: new Map(proto.functions.map((one) => [functionId(one.domain, one.name, one.overload), one])),
    names: uniqueNames(proto.graph),
    calls: 0,
    made: 0,
  };
  proto.graph.node = expanded(work, proto.graph.node, []);
  proto.functions = [];
}

interface Work {
  readonly proto: ModelProto;
  readonly file: string;
  readonly functions: ReadonlyMap<string, FunctionProto>;
  readonly names: ReturnType<typeof uniqueNames>;
  calls: number;
  made: number;
}

const functionId = (domain: string, name: string, overload: string): string =>
  `${domain === "ai.onnx" ? "" : domain}::${name}${overload === "" ? "" : `:${overload}`}`;

/** `within`: functions whose bodies these nodes come from, outermost first. */
function expanded(work: Work, nodes: readonly NodeProto[], within: readonly string[]): NodeProto[] {
  return nodes.flatMap((node) => {
    const id = functionId(node.domain, node.opType, node.overload);
    const callee = work.functions.get(id);
    if (callee === undefined) {
      for (const graph of subgraphs(node)) expandGraph(work, graph, within);
      return [node];
    }
    if (within.includes(id)) throw refusal(work, `the function '${id}' calls itself`);
    importOpsets(work, callee, id);
    work.calls++;
    const body = copyBody({ call: node, callee, suffix: `__${work.calls}`, names: work.names });
    if (typeof body === "string") throw refusal(work, `the call '${nodeLabel(node)}' of the function '${id}' ${body}`);
    work.made += body.length;
    if (work.made > mostNodes) throw refusal(work, `its functions come to more than ${mostNodes} nodes`);
    return expanded(work, body, [...within, id]);
  });
}

function expandGraph(work: Work, graph: GraphProto, within: readonly string[]): void {
  graph.node = expanded(work, graph.node, within);
}

/** What the body needs is imported by the model; where both import a domain, its operators must mean the same in both versions. */
function importOpsets(work: Work, callee: FunctionProto, id: string): void {
  const { opsetImport } = work.proto;
  for (const { domain, version } of callee.opsetImport) {
    const standard = domain === "ai.onnx" ? "" : domain;
    const own = opsetImport.find((one) => (one.domain === "ai.onnx" ? "" : one.domain) === standard);
    if (own === undefined) opsetImport.push(create(OperatorSetIdProtoSchema, { domain, version }));
    else if (own.version !== version) {
      const changed = changedBetween(callee.node, standard, [Number(version), Number(own.version)]);
      if (changed !== undefined)
        throw new ConfigError(
          `${work.file}: the function '${id}' is written for opset ${version} of '${standard || "ai.onnx"}' and the model for ${own.version}, between which ${changed} changed. ` +
            "Inline it with onnx.inliner.inline_local_functions(model, convert_version=True), or export both for one opset.",
        );
    }
  }
}

const refusal = ({ file }: Work, what: string) => new ConfigError(`${file}: ${what}. Export the model again.`);
