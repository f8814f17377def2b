/** Takes an output apart: the values of each part, in their own order, from the values of the whole. Which values are whose is the graph's (onnx/output-parts.ts). */
import type { OutputPart, PartMap, ScoreSource } from "../model/output-form.ts";
import { elementCount, sameShape } from "../model/tensor.ts";
import type { Numbers } from "./accumulate.ts";

/** One part with the positions of its elements. */
export interface PartPlaces {
  readonly part: OutputPart;
  readonly places: Uint32Array;
}

/** The parts of an output of the map's shape. */
export const placesOf = ({ labels, parts }: PartMap): PartPlaces[] =>
  parts.map((part, i) => {
    const places: number[] = [];
    for (let at = 0; at < labels.length; at++) if (labels[at] === i + 1) places.push(at);
    return { part, places: Uint32Array.from(places) };
  });

/**
 * The map for an output of another shape, as open dimensions give it: parts that differ along an axis of the same length stay apart, those that differ
 * only along a changed one become one. Undefined where the rank differs, or nothing is left to tell apart.
 */
export function mapFor(map: PartMap, shape: readonly number[]): PartMap | undefined {
  if (sameShape(map.shape, shape)) return map;
  if (map.shape.length !== shape.length) return undefined;
  const kept = shape.map((dim, axis) => dim === map.shape[axis]);
  const groups = groupsByAxes(map, kept);
  const roots = [...new Set(groups.values())];
  if (roots.length < 2) return undefined;
  const labels = new Uint8Array(elementCount(shape));
  const index = shape.map(() => 0);
  const numbers = new Map(roots.map((root, i) => [root, i + 1]));
  const byPlace = labelsByPlace(map, kept);
  for (let at = 0; at < labels.length; at++) {
    const label = byPlace.get(placeKey(index, kept)) ?? 0;
    labels[at] = numbers.get(groups.get(label) ?? -1) ?? 0;
    step(index, shape);
  }
  const members = roots.map((root) => map.parts.filter((_, i) => groups.get(i + 1) === root));
  return { shape, labels, parts: members.map((group) => joined(group, kept)) };
}

const joined = (parts: readonly OutputPart[], kept: readonly boolean[]): OutputPart => {
  const [first] = parts;
  const values = parts.every((part) => part.values === first?.values) ? first?.values : undefined;
  const score = jointScore(parts, kept);
  return {
    name: parts.map(({ name }) => name).join(", "),
    where: first?.where ?? "",
    values,
    score,
  };
};

/** Of a Softmax only while its axis keeps its length: then each row is still whole. */
function jointScore(parts: readonly OutputPart[], kept: readonly boolean[]): ScoreSource | undefined {
  const [first] = parts;
  if (first?.score === undefined || !parts.every(({ score }) => score?.kind === first.score?.kind)) return undefined;
  if (first.score.kind === "sigmoid") return first.score;
  const { axis } = first.score;
  const isOne = parts.every(({ score }) => score !== undefined && score.kind !== "sigmoid" && score.axis === axis);
  return isOne && kept[axis] === true ? first.score : undefined;
}

/** Labels that meet at one place of the kept axes belong together: label -> smallest label of its group. */
function groupsByAxes(map: PartMap, kept: readonly boolean[]): Map<number, number> {
  const root = new Map(map.parts.map((_, i) => [i + 1, i + 1]));
  const find = (label: number): number => {
    const up = root.get(label) ?? label;
    return up === label ? label : find(up);
  };
  const first = new Map<string, number>();
  eachPlace(map, kept, (key, label) => {
    const before = first.get(key);
    if (before === undefined) first.set(key, label);
    else root.set(Math.max(find(before), find(label)), Math.min(find(before), find(label)));
  });
  return new Map(map.parts.map((_, i) => [i + 1, find(i + 1)]));
}

function labelsByPlace(map: PartMap, kept: readonly boolean[]): Map<string, number> {
  const found = new Map<string, number>();
  eachPlace(map, kept, (key, label) => found.set(key, label));
  return found;
}

function eachPlace({ shape, labels }: PartMap, kept: readonly boolean[], visit: (key: string, label: number) => void): void {
  const index = shape.map(() => 0);
  for (let at = 0; at < labels.length; at++) {
    const label = labels[at] ?? 0;
    if (label > 0) visit(placeKey(index, kept), label);
    step(index, shape);
  }
}

const placeKey = (index: readonly number[], kept: readonly boolean[]): string => index.filter((_, axis) => kept[axis]).join(",");

/** The next index in row-major order. */
function step(index: number[], shape: readonly number[]): void {
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const next = (index[axis] ?? 0) + 1;
    index[axis] = next === shape[axis] ? 0 : next;
    if (next !== shape[axis]) return;
  }
}

/** In the order of `places`; NaN for a place beyond the values. */
export function valuesAt(values: Numbers, places: Uint32Array): Float64Array {
  const result = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) result[i] = values[places[i] ?? 0] ?? Number.NaN;
  return result;
}
