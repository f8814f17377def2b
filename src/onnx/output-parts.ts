/**
 * Finds what a final output is joined from: walks back through nodes that only move values, or change each by itself, to Concat and the like, and follows
 * each source to its place in the output. Where the graph cannot be followed there are no parts; nothing is guessed.
 */
import type { OutputPart, PartMap } from "../model/output-form.ts";
import { elementCount } from "../model/tensor.ts";
import { intValues } from "./constants.ts";
import { type ValueKind, valueKinds } from "./index-outputs.ts";
import { boxOf, broadcast, concatenated, filled, isInvariant, type Labels, reshaped, stridesOf, taken, transposed } from "./labels.ts";
import { intAttribute, intsAttribute, isStandard, type NodeProto, tensorShape } from "./model.ts";
import { type Network, opsetOf, producers } from "./network.ts";
import { constantTensors } from "./units.ts";

/** More parts than these tell nobody anything; then only the outermost join counts. */
const mostParts = 64;
/** A label costs a byte an element. */
const mostElements = 2 ** 26;
export const deepest = 1000;

/** `shapes`: of every tensor, from one run. An output that is not joined, or whose join cannot be followed, is not in the map. */
export function outputParts(network: Network, shapes: ReadonlyMap<string, readonly number[]>): Map<string, PartMap> {
  const makers = producers(network.nodes);
  const known = { network, shapes, makers, fixed: constantTensors(network), kindOf: valueKinds(network, makers) };
  return new Map(
    network.outputs.flatMap(({ name }) => {
      const parts = partsOf(known, name, deepest) ?? partsOf(known, name, 1);
      return parts === undefined ? [] : [[name, parts] as const];
    }),
  );
}

export interface Known {
  readonly network: Network;
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  readonly makers: ReadonlyMap<string, NodeProto>;
  /** Tensors that no input decides. */
  readonly fixed: ReadonlySet<string>;
}

/** Undefined with fewer than two parts and with too many. */
function partsOf(known: Known & { kindOf(name: string): ValueKind | undefined }, output: string, joins: number): PartMap | undefined {
  const shape = known.shapes.get(output);
  if (shape === undefined || elementCount(shape) > mostElements) return undefined;
  const tracer = new Tracer(known, joins);
  const labels = tracer.trace(output);
  if (labels === undefined || tracer.names.length > 250) return undefined;
  const used = [...new Set(labels.data)].filter((label) => label > 0).toSorted((a, b) => a - b);
  if (used.length > mostParts || (used.length < 2 && !(used.length === 1 && labels.data.includes(0)))) return undefined;
  const data = labels.data.map((label) => used.indexOf(label) + 1);
  const parts = used.map((label, i): OutputPart => {
    const name = tracer.names[label - 1] ?? "";
    const values = known.kindOf(name);
    return {
      name,
      where: boxOf({ shape, data }, i + 1),
      ...(values === undefined ? {} : { values }),
    };
  });
  return { shape, labels: data, parts };
}

/** Keep row-major order. */
const keeping: ReadonlySet<string> = new Set(["Reshape", "Flatten", "Squeeze", "Unsqueeze", "Identity", "Cast", "Dropout"]);
/** Change each value by itself. */
const unary: ReadonlySet<string> = new Set(
  "Sigmoid Relu LeakyRelu Elu Selu Celu Gelu Mish HardSigmoid HardSwish Softplus Softsign ThresholdedRelu Tanh Exp Log Abs Neg Sqrt Reciprocal Erf Sin Cos Floor Ceil Round Sign Clip QuantizeLinear DequantizeLinear Not".split(
    " ",
  ),
);
const elementwise: ReadonlySet<string> = new Set(
  "Add Sub Mul Div Pow Min Max Mod PRelu And Or Xor Equal Greater Less GreaterOrEqual LessOrEqual Sum Mean".split(" "),
);
/** Move values to other places, or pick some. */
const rearranging: ReadonlySet<string> = new Set("Transpose Slice Gather GatherElements GatherND TopK Expand".split(" "));
/** Put values of several, or parts of one, at their places. */
const joining: ReadonlySet<string> = new Set("Concat ConcatFromSequence ScatterND ScatterElements Scatter Where Pad Split".split(" "));
/** Mix values along one axis. */
const along: ReadonlyMap<string, number> = new Map([
  ["Softmax", -1],
  ["LogSoftmax", -1],
  ["Hardmax", -1],
  ["CumSum", 0],
]);

export interface TracerOptions {
  /** Stop where values are changed: what a source then is, is the tensor that was changed last. */
  readonly movesOnly?: boolean;
  /** Labels of a source; without it one label for each name. */
  readonly labelsOf?: (name: string, shape: readonly number[]) => Labels;
}

/** Labels each position of a tensor by the source that it comes from. */
export class Tracer {
  /** By label, from 1. */
  readonly names: string[] = [];
  readonly #known: Known;
  readonly #joins: number;
  readonly #options: TracerOptions;
  readonly #done = new Map<string, Labels | undefined>();

  constructor(known: Known, joins: number, options: TracerOptions = {}) {
    this.#options = options;
    this.#known = known;
    this.#joins = joins;
  }

  /** Undefined for a tensor that is not joined from several, or that cannot be followed. */
  trace(name: string, depth = 0, joins = 0): Labels | undefined {
    if (this.#done.has(name)) return this.#done.get(name);
    const node = this.#known.makers.get(name);
    const shape = this.#shapeOf(name);
    const follows = node !== undefined && isStandard(node) && shape !== undefined && depth < deepest && !this.#known.fixed.has(name);
    const labels = follows
      ? this.#through(node, name, shape, (input, more = 0) => this.trace(input, depth + 1, joins + more), joins)
      : undefined;
    const fits = labels !== undefined && shape !== undefined ? reshaped(labels, shape) : undefined;
    this.#done.set(name, fits);
    return fits;
  }

  #through(node: NodeProto, name: string, shape: readonly number[], trace: Follow, joins: number): Labels | undefined {
    const { opType, input } = node;
    const first = input[0] ?? "";
    if (keeping.has(opType)) return trace(first);
    if (this.#options.movesOnly === true && this.#changes(node)) return undefined;
    if (unary.has(opType)) return trace(first);
    if (elementwise.has(opType)) return this.#pointwise(input, shape, trace);
    if (opType === "Concat") return joins < this.#joins ? this.#concat(node, shape, trace) : undefined;
    if (opType === "ConcatFromSequence") return joins < this.#joins ? this.#sequence(node, shape, trace) : undefined;
    if (opType === "ScatterND" || opType === "ScatterElements" || opType === "Scatter")
      return joins < this.#joins ? this.#scatter(node, trace) : undefined;
    if (opType === "Where") return joins < this.#joins ? this.#where(node, shape, trace) : undefined;
    if (opType === "Pad") return joins < this.#joins ? this.#pad(node, shape, trace) : undefined;
    if (opType === "Split") return this.#split(node, name, shape, trace);
    if (!rearranging.has(opType) && !along.has(opType)) return undefined;
    const labels = trace(first);
    if (labels === undefined) return undefined;
    const mixed = along.get(opType);
    if (mixed !== undefined) return this.#mixing(node, labels, mixed);
    switch (opType) {
      case "Transpose":
        return transposed(labels, intsAttribute(node, "perm") ?? labels.shape.map((_, i) => labels.shape.length - 1 - i));
      case "Slice":
        return this.#slice(node, labels);
      case "Gather":
        return this.#gather(node, labels, shape);
      case "GatherElements":
      case "TopK":
        return resized(labels, axisOf(node, labels.shape.length, opType === "TopK" ? -1 : 0), shape);
      case "GatherND":
        return gatherRows(node, labels, shape);
      case "Expand":
        return broadcast(labels, shape);
      default:
        return undefined;
    }
  }

  /** A Where without a constant condition crosses both sides, as sums do. */
  #changes({ opType, input }: NodeProto): boolean {
    return !(joining.has(opType) || rearranging.has(opType)) || (opType === "Where" && !this.#known.network.constants.has(input[0] ?? ""));
  }

  /** Of a source that is joined: its own labels, one label for all of it, or 0 where no input decides it. */
  #source(name: string, trace: Follow, shape = this.#shapeOf(name)): Labels | undefined {
    if (shape === undefined) return undefined;
    if (name === "" || this.#known.fixed.has(name)) return filled(shape, 0);
    return trace(name, 1) ?? this.#options.labelsOf?.(name, shape) ?? filled(shape, this.#labelFor(name));
  }

  #labelFor(name: string): number {
    const known = this.names.indexOf(name);
    return known >= 0 ? known + 1 : Math.min(255, this.names.push(name));
  }

  #shapeOf(name: string): readonly number[] | undefined {
    const constant = this.#known.network.constants.get(name);
    return this.#known.shapes.get(name) ?? (constant === undefined ? undefined : tensorShape(constant));
  }

  #concat(node: NodeProto, shape: readonly number[], trace: Follow): Labels | undefined {
    const axis = axisOf(node, shape.length, 1);
    const lengths = node.input.map((name) => this.#shapeOf(name)?.[axis]);
    // Lanes that know fewer shapes: the one that is missing is what the others leave.
    const rest = (shape[axis] ?? 0) - lengths.reduce<number>((sum, length) => sum + (length ?? 0), 0);
    const open = lengths.filter((length) => length === undefined).length;
    if (open > 1) return undefined;
    const sources = node.input.map((name, i) =>
      this.#source(
        name,
        trace,
        shape.map((dim, a) => (a === axis ? (lengths[i] ?? rest) : dim)),
      ),
    );
    const all = sources.filter((source) => source !== undefined);
    return all.length === sources.length ? concatenated(all, axis) : undefined;
  }

  /** Stack: ConcatFromSequence of a SequenceConstruct. */
  #sequence(node: NodeProto, shape: readonly number[], trace: Follow): Labels | undefined {
    const maker = this.#known.makers.get(node.input[0] ?? "");
    if (maker?.opType !== "SequenceConstruct") return undefined;
    const stacks = intAttribute(node, "new_axis", 0) === 1;
    const axis = axisOf(node, shape.length, 0);
    const sources = maker.input.flatMap((name) => {
      const source = this.#source(name, trace);
      const widened = source && (stacks ? reshaped(source, source.shape.toSpliced(axis, 0, 1)) : source);
      return widened === undefined ? [] : [widened];
    });
    return sources.length === maker.input.length ? concatenated(sources, axis) : undefined;
  }

  /** Values are written over others at positions that the model holds as constants. */
  #scatter(node: NodeProto, trace: Follow): Labels | undefined {
    const [data = "", indices = "", updates = ""] = node.input;
    const [base, written] = [this.#source(data, trace), this.#source(updates, trace)];
    const tensor = this.#known.network.constants.get(indices);
    const values = tensor && intValues(tensor);
    if (base === undefined || written === undefined || tensor === undefined || values === undefined) return undefined;
    const result = { shape: base.shape, data: base.data.slice() };
    if (node.opType === "ScatterND") writeRows(result, written, values, tensorShape(tensor));
    else writeElements(result, written, values, axisOf(node, base.shape.length, 0));
    return result;
  }

  /** What is padded around a source is of no part: two that are padded into one shape and added are joined. */
  #pad(node: NodeProto, shape: readonly number[], trace: Follow): Labels | undefined {
    const [data = "", pads = "", , axesName = ""] = node.input;
    const source = this.#source(data, trace);
    const list = (name: string) => {
      const tensor = this.#known.network.constants.get(name);
      return tensor && intValues(tensor);
    };
    const sizes = list(pads) ?? intsAttribute(node, "pads");
    const axes = axesName === "" ? shape.map((_, axis) => axis) : list(axesName);
    if (source === undefined || sizes === undefined || axes === undefined || sizes.some((size) => size < 0)) return undefined;
    const before = (axis: number) => {
      const at = axes.findIndex((one) => (one < 0 ? one + shape.length : one) === axis);
      return at < 0 ? 0 : (sizes[at] ?? 0);
    };
    // A position before the source or behind it takes nothing: 0.
    return shape.reduce((result, dim, axis) => taken(result, axis, range(-before(axis), dim - before(axis), 1)), source);
  }

  #where(node: NodeProto, shape: readonly number[], trace: Follow): Labels | undefined {
    const [condition = "", yes = "", no = ""] = node.input;
    const tensor = this.#known.network.constants.get(condition);
    const values = tensor && intValues(tensor);
    if (tensor === undefined || values === undefined) return this.#pointwise([yes, no], shape, trace);
    const [chosen, other] = [this.#source(yes, trace), this.#source(no, trace)].map((labels) => labels && broadcast(labels, shape));
    const mask = broadcast({ shape: tensorShape(tensor), data: Uint8Array.from(values, (value) => (value === 0 ? 0 : 1)) }, shape);
    if (chosen === undefined || other === undefined || mask === undefined) return undefined;
    return { shape, data: mask.data.map((isChosen, i) => (isChosen === 1 ? chosen.data[i] : other.data[i]) ?? 0) };
  }

  /** Of several operands that are joined, each pair of places that meet is a part. */
  #pointwise(inputs: readonly string[], shape: readonly number[], trace: Follow): Labels | undefined {
    let result: Labels | undefined;
    for (const name of inputs) {
      const own = trace(name);
      const labels = own && broadcast(own, shape);
      if (labels === undefined) continue;
      result = result === undefined ? labels : this.#crossed(result, labels);
    }
    return result;
  }

  #crossed(a: Labels, b: Labels): Labels {
    const pairs = new Map<number, number>();
    const data = a.data.map((label, i) => {
      const other = b.data[i] ?? 0;
      if (label === 0 || other === 0 || label === other) return Math.max(label, other);
      const key = label * 256 + other;
      const known = pairs.get(key) ?? this.#labelFor(`${this.names[label - 1]}, ${this.names[other - 1]}`);
      pairs.set(key, known);
      return known;
    });
    return { shape: a.shape, data };
  }

  #split(node: NodeProto, name: string, shape: readonly number[], trace: Follow): Labels | undefined {
    const labels = trace(node.input[0] ?? "");
    if (labels === undefined) return undefined;
    const axis = axisOf(node, labels.shape.length, 0);
    const before = node.output.slice(0, node.output.indexOf(name)).map((one) => this.#shapeOf(one)?.[axis]);
    if (before.some((length) => length === undefined)) return undefined;
    const start = before.reduce<number>((sum, length) => sum + (length ?? 0), 0);
    return taken(labels, axis, range(start, start + (shape[axis] ?? 0), 1));
  }

  #mixing(node: NodeProto, labels: Labels, fallback: number): Labels | undefined {
    const flattens = opsetOf(this.#known.network) < 13 && node.opType !== "CumSum";
    const axis = axisOf(node, labels.shape.length, flattens ? 1 : fallback);
    const mixed = flattens ? labels.shape.map((_, i) => i).slice(axis) : [axis];
    return mixed.every((one) => isInvariant(labels, one)) ? labels : undefined;
  }

  #slice(node: NodeProto, labels: Labels): Labels | undefined {
    const list = (at: number, word: string) => {
      const tensor = this.#known.network.constants.get(node.input[at] ?? "");
      return tensor === undefined ? intsAttribute(node, word) : intValues(tensor);
    };
    const given = (at: number) => (node.input[at] ?? "") !== "";
    const [starts, ends] = [list(1, "starts"), list(2, "ends")];
    const axes = list(3, "axes") ?? (given(3) ? undefined : starts?.map((_, i) => i));
    const steps = list(4, "steps") ?? (given(4) ? undefined : starts?.map(() => 1));
    if (starts === undefined || ends === undefined || axes === undefined || steps === undefined) return undefined;
    return axes.reduce((result, one, i) => {
      const axis = one < 0 ? one + labels.shape.length : one;
      return taken(result, axis, sliceRange(labels.shape[axis] ?? 0, starts[i] ?? 0, ends[i] ?? 0, steps[i] ?? 1));
    }, labels);
  }

  #gather(node: NodeProto, labels: Labels, shape: readonly number[]): Labels | undefined {
    const axis = axisOf(node, labels.shape.length, 0);
    const length = labels.shape[axis] ?? 0;
    const tensor = this.#known.network.constants.get(node.input[1] ?? "");
    const values = tensor && intValues(tensor);
    const count = elementCount(shape) / Math.max(1, elementCount(labels.shape) / Math.max(1, length));
    if (values === undefined && !isInvariant(labels, axis)) return undefined;
    const indices = values?.map((value) => (value < 0 ? value + length : value)) ?? Array<number>(count).fill(0);
    return reshaped(taken(labels, axis, indices), shape);
  }
}

/** `joins`: how many joins more the tensor lies behind. */
type Follow = (name: string, joins?: number) => Labels | undefined;

function axisOf(node: NodeProto, rank: number, fallback: number): number {
  const axis = intAttribute(node, "axis", fallback);
  return axis < 0 ? axis + rank : axis;
}

/** Chosen by data along `axis`: the labels must not depend on the position there. */
function resized(labels: Labels, axis: number, shape: readonly number[]): Labels | undefined {
  if (!isInvariant(labels, axis)) return undefined;
  const result = taken(labels, axis, Array<number>(shape[axis] ?? 0).fill(0));
  return result.data.length === elementCount(shape) ? result : undefined;
}

/** GatherND chosen by data: what lies behind the indexed axes stays together. */
function gatherRows(node: NodeProto, labels: Labels, shape: readonly number[]): Labels | undefined {
  const batch = intAttribute(node, "batch_dims", 0);
  for (let axes = 1; axes <= labels.shape.length - batch; axes++) {
    const tail = labels.shape.slice(batch + axes);
    const fits = tail.every((dim, i) => dim === shape[shape.length - tail.length + i]);
    if (!fits || tail.length === 0 || !range(0, batch + axes, 1).every((axis) => isInvariant(labels, axis))) continue;
    return broadcast({ shape: tail, data: labels.data.slice(0, elementCount(tail)) }, shape);
  }
  return undefined;
}

function writeRows(target: Labels, written: Labels, indices: readonly number[], indexShape: readonly number[]): void {
  const depth = indexShape.at(-1) ?? 1;
  const size = elementCount(target.shape.slice(depth));
  const strides = stridesOf(target.shape);
  for (let row = 0; row * depth < indices.length; row++) {
    let start = 0;
    for (let i = 0; i < depth; i++) {
      const index = indices[row * depth + i] ?? 0;
      start += (index < 0 ? index + (target.shape[i] ?? 0) : index) * (strides[i] ?? 0);
    }
    target.data.set(written.data.subarray(row * size, (row + 1) * size), start);
  }
}

function writeElements(target: Labels, written: Labels, indices: readonly number[], axis: number): void {
  const strides = stridesOf(target.shape);
  const own = stridesOf(written.shape);
  for (let i = 0; i < written.data.length; i++) {
    let at = 0;
    for (let a = 0; a < written.shape.length; a++) {
      const position = Math.floor(i / (own[a] ?? 1)) % (written.shape[a] ?? 1);
      const index = indices[i] ?? 0;
      at += (a === axis ? (index < 0 ? index + (target.shape[axis] ?? 0) : index) : position) * (strides[a] ?? 0);
    }
    target.data[at] = written.data[i] ?? 0;
  }
}

const range = (start: number, end: number, step: number): number[] =>
  Array.from({ length: Math.max(0, Math.ceil((end - start) / step)) }, (_, i) => start + i * step);

/** Python's rules for one axis, with ONNX's clamping of what lies outside. */
function sliceRange(length: number, start: number, end: number, step: number): number[] {
  const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value < 0 ? value + length : value));
  return step > 0
    ? range(clamp(start, 0, length), clamp(end, 0, length), step)
    : range(clamp(start, 0, length - 1), clamp(end, -1, length - 1), step);
}
