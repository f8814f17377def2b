/**
 * Undoes the saturation of probability outputs: centred log-probabilities or logits, from the output's own values.
 * Decides how a score is computed; whether it gates is gate/'s business.
 */
import type { ScoreSource } from "../model/output-form.ts";
import { elementCount } from "../model/tensor.ts";
import type { Numbers } from "./accumulate.ts";

/** FP16's smallest normal number: probabilities below it are not told apart on either side. */
const smallest = 2 ** -14;

export interface Scores {
  readonly values: Float64Array;
  /** Values that were outside [2^-14, 1 - 2^-14]. */
  readonly clamped: number;
}

/**
 * Softmax and LogSoftmax: log p minus its mean along the operator's axis, which equals the centred logits. Sigmoid: log(p / (1 - p)).
 * p is clamped to [2^-14, 1 - 2^-14]; NaN stays NaN. Shape and order stay those of the output.
 */
export function scoresOf(values: Numbers, shape: readonly number[], source: ScoreSource): Scores {
  if (source.kind === "sigmoid")
    return clampAll(
      values,
      (value) => value,
      (p) => Math.log(p / (1 - p)),
    );
  const scores = logsOf(values, source.kind);
  centre(scores.values, shape, source.axis);
  return scores;
}

/** The same of a part: `values` lie at `places` of an output of this shape, where the source's axis counts; the part holds it whole. */
export function partScoresOf(
  values: Numbers,
  { places, shape }: { readonly places: Uint32Array; readonly shape: readonly number[] },
  source: ScoreSource,
): Scores {
  if (source.kind === "sigmoid") return scoresOf(values, [values.length], source);
  const scores = logsOf(values, source.kind);
  centreRows(scores.values, places, shape, source.axis);
  return scores;
}

const logsOf = (values: Numbers, kind: "softmax" | "logsoftmax"): Scores =>
  clampAll(values, kind === "softmax" ? (value) => value : Math.exp, Math.log);

function clampAll(values: Numbers, toProbability: (value: number) => number, toScore: (p: number) => number): Scores {
  const scores = new Float64Array(values.length);
  let clamped = 0;
  values.forEach((value, i) => {
    const p = toProbability(value);
    if (p < smallest || p > 1 - smallest) clamped++;
    scores[i] = toScore(Math.min(1 - smallest, Math.max(smallest, p)));
  });
  return { values: scores, clamped };
}

/** A row is named by the place of its first entry. */
function centreRows(values: Float64Array, places: Uint32Array, shape: readonly number[], axis: number): void {
  const stride = elementCount(shape.slice(axis + 1));
  const length = shape[axis] ?? 1;
  const rows = places.map((at) => at - (Math.floor(at / stride) % length) * stride);
  const sums = new Float64Array(elementCount(shape));
  const counts = new Uint32Array(sums.length);
  rows.forEach((row, i) => {
    sums[row] = (sums[row] ?? 0) + (values[i] ?? 0);
    counts[row] = (counts[row] ?? 0) + 1;
  });
  rows.forEach((row, i) => {
    values[i] = (values[i] ?? 0) - (sums[row] ?? 0) / (counts[row] ?? 1);
  });
}

function centre(values: Float64Array, shape: readonly number[], axis: number): void {
  const classes = shape[axis] ?? 1;
  const stride = shape.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  for (let outer = 0; outer < values.length; outer += classes * stride) {
    for (let first = outer; first < outer + stride; first++) {
      let sum = 0;
      for (let i = 0; i < classes; i++) sum += values[first + i * stride] ?? 0;
      const mean = sum / classes;
      for (let i = 0; i < classes; i++) values[first + i * stride] = (values[first + i * stride] ?? 0) - mean;
    }
  }
}
