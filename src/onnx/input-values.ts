/**
 * Which values make sense at an input whose numbers are not quantities: token ids, masks, types, positions, choices. Read from what the graph does
 * with them, or from names that every exporter uses; without a word for an input any number goes. Pure; making samples is samples/.
 */
import { attribute, DataType, type GraphProto, type NodeProto, type OnnxModel, type TensorProto, tensorShape } from "./model.ts";
import { producers } from "./network.ts";

/** `below`: whole numbers from 0 up to, not including, `limit`. `positions`: 0, 1, 2 … along the last axis. */
export type InputValues =
  | { readonly kind: "below"; readonly limit: number }
  | { readonly kind: "constant"; readonly value: number }
  | { readonly kind: "positions" };

/** By input name; inputs that carry quantities are not in it. */
export function inputValues({ graph }: Pick<OnnxModel, "graph">): Map<string, InputValues> {
  const filled = new Set(graph.initializer.map(({ name }) => name));
  const known = graph.input
    .filter(({ name }) => !filled.has(name))
    .flatMap((input) => {
      const type = input.type?.value;
      if (type?.case !== "tensorType") return [];
      const values = valuesOf(graph, { name: input.name, elemType: type.value.elemType, rank: type.value.shape?.dim.length ?? 0 });
      return values === undefined ? [] : [[input.name, values] as const];
    });
  return new Map(known);
}

interface GraphInput {
  readonly name: string;
  readonly elemType: number;
  readonly rank: number;
}

const floatTypes: ReadonlySet<number> = new Set([
  ...[DataType.FLOAT, DataType.FLOAT16, DataType.DOUBLE, DataType.BFLOAT16],
  ...[DataType.FLOAT8E4M3FN, DataType.FLOAT8E4M3FNUZ, DataType.FLOAT8E5M2, DataType.FLOAT8E5M2FNUZ, DataType.FLOAT8E8M0],
]);

function valuesOf(graph: GraphProto, { name, elemType, rank }: GraphInput): InputValues | undefined {
  const isFloat = floatTypes.has(elemType);
  // A mask of rank 4 may as well be a picture.
  if (/mask/i.test(name) && rank < 4) return { kind: "constant", value: 1 };
  if (isFloat || elemType === DataType.BOOL) return undefined;
  if (/token_?type|segment|type_?ids/i.test(name)) return { kind: "constant", value: 0 };
  if (/position|pos_ids/i.test(name)) return { kind: "positions" };
  const uses = usesOf(graph, name);
  const limit = Math.min(...uses.flatMap((use) => (use.kind === "below" ? [use.limit] : [])));
  if (Number.isFinite(limit)) return { kind: "below", limit };
  const choice = uses.find((use) => use.kind === "constant");
  if (choice !== undefined) return choice;
  if (elemType === DataType.UINT8 && rank > 2) return { kind: "below", limit: 256 };
  return { kind: "below", limit: 2 };
}

/** Operators that hand indices on without changing them, with the inputs they come in by. */
const passing: ReadonlySet<string> = new Set([
  "Cast",
  "Identity",
  "Reshape",
  "Unsqueeze",
  "Squeeze",
  "Flatten",
  "Transpose",
  "Slice",
  "Expand",
  "Tile",
  "Split",
  "Concat",
]);

function usesOf(graph: GraphProto, name: string): InputValues[] {
  const facts = { constants: new Map(graph.initializer.map((tensor) => [tensor.name, tensor])), makers: producers(graph.node) };
  const reached = new Set([name]);
  return graph.node.flatMap((node) => {
    const slots = node.input.flatMap((input, slot) => (reached.has(input) ? [slot] : []));
    if (slots.length === 0) return [];
    const carries = passing.has(node.opType) && (node.opType === "Concat" || slots.includes(0));
    if (carries) for (const output of node.output) reached.add(output);
    return slots.flatMap((slot) => useAt(node, slot, facts) ?? []);
  });
}

interface Constants {
  readonly constants: ReadonlyMap<string, TensorProto>;
  readonly makers: ReadonlyMap<string, NodeProto>;
}

/** An index has to stay below the rows that it picks from; a number that is compared for equality is a choice among constants. */
function useAt({ opType, input, attribute: attributes }: NodeProto, slot: number, facts: Constants): InputValues | undefined {
  if (opType === "Gather" && slot === 1) {
    const dims = constantDims(input[0], facts);
    const axis = Number(attributes.find(({ name }) => name === "axis")?.i ?? 0);
    const rows = dims?.at(axis);
    return rows === undefined ? undefined : { kind: "below", limit: rows };
  }
  // com.microsoft: ids and types, then the tables of words, positions and types.
  if (opType === "EmbedLayerNormalization" && slot < 2) {
    const rows = constantDims(input[slot === 0 ? 2 : 4], facts)?.[0];
    return rows === undefined ? undefined : { kind: "below", limit: rows };
  }
  if (opType === "OneHot" && slot === 0) {
    const depth = constantNumber(input[1], facts);
    return depth === undefined ? undefined : { kind: "below", limit: depth };
  }
  if (opType !== "Equal") return undefined;
  const value = constantNumber(input[1 - slot], facts);
  return value === undefined ? undefined : { kind: "constant", value };
}

/** Through Constant nodes and the DequantizeLinear or Cast of a stored table. */
function constantOf(name: string | undefined, { constants, makers }: Constants): TensorProto | undefined {
  const own = constants.get(name ?? "");
  const maker = own === undefined ? makers.get(name ?? "") : undefined;
  if (maker === undefined) return own;
  if (maker.opType === "Constant") return attribute(maker, "value")?.t;
  return /^(DequantizeLinear|QuantizeLinear|Cast|Identity)$/.test(maker.opType)
    ? constantOf(maker.input[0], { constants, makers })
    : undefined;
}

const constantDims = (name: string | undefined, facts: Constants): number[] | undefined => {
  const tensor = constantOf(name, facts);
  return tensor === undefined ? undefined : tensorShape(tensor);
};

/** The one integer of a constant, from its bytes or its typed field; undefined for anything else. */
function constantNumber(name: string | undefined, facts: Constants): number | undefined {
  const tensor = constantOf(name, facts);
  if (tensor === undefined || tensorShape(tensor).some((dim) => dim !== 1)) return undefined;
  const { rawData, int32Data, int64Data } = tensor;
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  const wide = int64Data[0] ?? (view.byteLength === 8 ? view.getBigInt64(0, true) : undefined);
  if (tensor.dataType === DataType.INT64) return wide === undefined ? undefined : Number(wide);
  if (tensor.dataType === DataType.INT32) return int32Data[0] ?? (view.byteLength === 4 ? view.getInt32(0, true) : undefined);
  return undefined;
}
