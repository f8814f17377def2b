/**
 * Copies the body of a function for one call of it: attributes that refer to the function's own take the call's values or the defaults, inputs and outputs
 * take the call's tensors, everything else takes names that nothing has yet. Which calls there are is inline.ts.
 */
import type { FunctionProto } from "./gen/onnx-ml_pb.js";
import { type AttributeProto, type GraphProto, makeNode, type NodeProto, withFields } from "./model.ts";
import { sortNodes } from "./network.ts";

export interface CallSite {
  readonly call: NodeProto;
  readonly callee: FunctionProto;
  /** Behind every name of the body. */
  readonly suffix: string;
  /** Makes a name that the whole model does not have yet. */
  readonly names: (wanted: string) => string;
}

/** The nodes in topological order, or what is wrong with the call (to follow its name). Tensors of attributes are shared, not copied. */
export function copyBody(site: CallSite): NodeProto[] | string {
  const { call, callee } = site;
  if (call.input.length > callee.input.length) return `gives ${call.input.length} inputs, and it takes ${callee.input.length}`;
  if (call.output.length > callee.output.length) return `reads ${call.output.length} outputs, and it gives ${callee.output.length}`;
  const unique = (name: string) => site.names(name + site.suffix);
  const scope: Scope = { own: new Map(), outer: undefined, unique, attributes: attributesOf(call, callee) };
  for (const [i, name] of callee.input.entries()) scope.own.set(name, call.input[i] ?? "");
  const passed: NodeProto[] = [];
  for (const [i, name] of callee.output.entries()) {
    const given = call.output[i] ?? "";
    const known = scope.own.get(name);
    // An output that is an input, or given twice, is made by no node of the body.
    if (known !== undefined && known !== "") passed.push(makeNode({ opType: "Identity", input: [known], output: [given || unique(name)] }));
    else scope.own.set(name, given || unique(name));
  }
  const sorted = sortNodes(callee.node);
  if (sorted.length < callee.node.length) return "leads into nodes that depend on their own output";
  const nodes = sorted.map((node) => renamed(node, scope));
  return scope.stranger === undefined ? [...nodes, ...passed] : `reads '${scope.stranger}' inside, which nothing writes`;
}

interface Scope {
  readonly own: Map<string, string>;
  readonly outer: Scope | undefined;
  readonly unique: (name: string) => string;
  /** Values for attributes that refer to the function's own; undefined: neither given nor a default. */
  readonly attributes: ReadonlyMap<string, AttributeProto>;
  /** A name that the body reads and nothing defines; kept at the outermost scope. */
  stranger?: string;
}

const attributesOf = (call: NodeProto, callee: FunctionProto) =>
  new Map([...callee.attributeProto, ...call.attribute].map((one) => [one.name, one]));

function renamed(node: NodeProto, scope: Scope): NodeProto {
  const name = node.name === "" ? {} : { name: scope.unique(node.name) };
  const input = node.input.map((one) => read(one, scope));
  const output = node.output.map((one) => written(one, scope));
  const attribute = node.attribute.flatMap((one) => boundAttribute(one, scope));
  return withFields(node, { ...name, input, output, attribute });
}

function read(name: string, scope: Scope): string {
  if (name === "") return "";
  let outermost = scope;
  for (let at: Scope | undefined = scope; at !== undefined; at = at.outer) {
    const known = at.own.get(name);
    if (known !== undefined) return known;
    outermost = at;
  }
  // A body sees nothing of the graph around the call.
  outermost.stranger ??= name;
  return name;
}

/** A name that the scope already gave out (an output of the function or of a body) stays that one. */
function written(name: string, scope: Scope): string {
  if (name === "") return "";
  const known = scope.own.get(name);
  if (known !== undefined) return known;
  const unique = scope.unique(name);
  scope.own.set(name, unique);
  return unique;
}

/** Nothing where it refers to an attribute that the call leaves out and that has no default: the operator's own default holds. */
function boundAttribute(attribute: AttributeProto, scope: Scope): AttributeProto[] {
  if (attribute.refAttrName !== "") {
    const value = scope.attributes.get(attribute.refAttrName);
    return value === undefined ? [] : [withFields(value, { name: attribute.name })];
  }
  if (attribute.g === undefined && attribute.graphs.length === 0) return [attribute];
  const graphs = attribute.graphs.map((graph) => renamedGraph(graph, scope));
  return [withFields(attribute, { graphs, ...(attribute.g === undefined ? {} : { g: renamedGraph(attribute.g, scope) }) })];
}

function renamedGraph(graph: GraphProto, outer: Scope): GraphProto {
  const scope: Scope = { own: new Map(), outer, unique: outer.unique, attributes: outer.attributes };
  const input = graph.input.map((one) => withFields(one, { name: written(one.name, scope) }));
  const initializer = graph.initializer.map((one) => withFields(one, { name: written(one.name, scope) }));
  const sparseInitializer = graph.sparseInitializer.map((one) =>
    one.values === undefined ? one : withFields(one, { values: withFields(one.values, { name: written(one.values.name, scope) }) }),
  );
  const made = new Set(graph.node.flatMap((node) => node.output));
  // An output may also be an input of the body, or a tensor from outside it.
  const nameOf = (name: string) => (made.has(name) ? written(name, scope) : read(name, scope));
  const output = graph.output.map((one) => withFields(one, { name: nameOf(one.name) }));
  const node = sortNodes(graph.node).map((one) => renamed(one, scope));
  return withFields(graph, { input, initializer, sparseInitializer, output, node, valueInfo: [] });
}
