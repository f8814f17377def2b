/**
 * Finds the parts of an output that a Softmax, LogSoftmax or Sigmoid makes, so that their score is measured as that of a whole output is. Follows positions
 * through nodes that only move values: a part whose values are changed after the operator has no score.
 */
import type { PartMap, ScoreSource } from "../model/output-form.ts";
import { elementCount } from "../model/tensor.ts";
import { filled, type Labels, stridesOf } from "./labels.ts";
import { type Network, producers } from "./network.ts";
import { deepest, Tracer } from "./output-parts.ts";
import { scoreOf } from "./scores.ts";
import { constantTensors } from "./units.ts";

/** Labels are bytes: positions along an axis are told apart up to this many, and counted again from there. */
const period = 250;

/** `whole`: the score of the output itself, which its parts share. An axis counts in the output. */
export function withPartScores(
  network: Network,
  shapes: ReadonlyMap<string, readonly number[]>,
  { name, map, whole }: { readonly name: string; readonly map: PartMap; readonly whole: ScoreSource | undefined },
): PartMap {
  if (whole !== undefined) return { ...map, parts: map.parts.map((part) => ({ ...part, score: whole })) };
  const makers = producers(network.nodes);
  const known = { network, shapes, makers, fixed: constantTensors(network) };
  const makersTrace = new Tracer(known, deepest, { movesOnly: true });
  const makersOf = makersTrace.trace(name);
  if (makersOf === undefined || makersTrace.names.length > period) return map;
  const positions = new Map<string, Labels | undefined>();
  const scoreOfPart = (label: number): ScoreSource | undefined => {
    const found = labelsAt(map, label, makersOf);
    const scores = found.map((one) => scoreOf(network, known, makersTrace.names[one - 1] ?? "", "picks"));
    const [first] = scores;
    if (first === undefined || scores.some((score) => score === undefined)) return undefined;
    if (scores.every((score) => score?.kind === "sigmoid")) return first;
    const source = makersTrace.names[(found[0] ?? 0) - 1] ?? "";
    if (found.length > 1 || first.kind === "sigmoid") return undefined;
    if (!positions.has(source)) {
      const along = (one: string, shape: readonly number[]) => (one === source ? positionsAlong(shape, first.axis) : filled(shape, 0));
      positions.set(source, new Tracer(known, deepest, { movesOnly: true, labelsOf: along }).trace(name));
    }
    const at = positions.get(source);
    const axis = at && wholeAxis(map, label, at, shapes.get(source)?.[first.axis] ?? 0);
    return axis === undefined ? undefined : { ...first, axis };
  };
  return {
    ...map,
    parts: map.parts.map((part, i) => {
      const score = scoreOfPart(i + 1);
      return score === undefined ? part : { ...part, score };
    }),
  };
}

function labelsAt({ labels }: PartMap, label: number, { data }: Labels): number[] {
  const found = new Set<number>();
  for (let at = 0; at < labels.length; at++) if (labels[at] === label) found.add(data[at] ?? 0);
  return [...found];
}

function positionsAlong(shape: readonly number[], axis: number): Labels {
  const stride = stridesOf(shape)[axis] ?? 1;
  const length = shape[axis] ?? 1;
  return { shape, data: new Uint8Array(elementCount(shape)).map((_, i) => ((Math.floor(i / stride) % length) % period) + 1) };
}

/** The axis of the output along which the part holds each class once and in order; undefined where the operator's axis was cut or mixed with another. */
function wholeAxis(map: PartMap, label: number, { data }: Labels, classes: number): number | undefined {
  const strides = stridesOf(map.shape);
  const axis = map.shape.findIndex((dim, i) => {
    const stride = strides[i] ?? 1;
    const seen = new Map<number, number>();
    for (let at = 0; at < data.length; at++) {
      if (map.labels[at] !== label) continue;
      const row = at - (Math.floor(at / stride) % dim) * stride;
      const position = seen.get(row) ?? 0;
      if (data[at] !== (position % period) + 1) return false;
      seen.set(row, position + 1);
    }
    return seen.size > 0 && [...seen.values()].every((count) => count === classes);
  });
  return axis < 0 || classes < 2 ? undefined : axis;
}
