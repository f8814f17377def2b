/**
 * Undoes the saturation of probability outputs: centred log-probabilities or logits, from the output's own values.
 * Decides how a score is computed; whether it gates is gate/'s business.
 */
import type { ScoreSource } from "../model/output-form.ts";
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
  const scores = clampAll(values, source.kind === "softmax" ? (value) => value : Math.exp, Math.log);
  centre(scores.values, shape, source.axis);
  return scores;
}

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
