/**
 * The sums from which every metric of one tensor is computed: one pass, float64, mergeable over blocks, samples and worker threads.
 * Plain numbers only, so that they travel as JSON. Metrics themselves are in metrics.ts.
 */
import { emptyMoments, type Moments, mergeMoments } from "./moments.ts";

export interface Sums {
  elements: number;
  nonFiniteReference: number;
  nonFiniteCandidate: number;
  /** Sums over pairs in which both values are finite: r², c², (r-c)², r·c. */
  referenceEnergy: number;
  candidateEnergy: number;
  errorEnergy: number;
  dot: number;
  absSum: number;
  absMax: number;
  relSum: number;
  relMax: number;
  /** Pairs that are equal, and pairs with |r-c| <= atol + rtol·|r|. */
  exact: number;
  close: number;
  reference: Moments;
  candidate: Moments;
  /** Class vectors along the last axis: how many, and in how many the best class agrees. */
  rows: number;
  top1: number;
  topk: number;
  /** Pixels of an NCHW tensor, and in how many the best channel agrees. */
  pixels: number;
  argmax: number;
}

/** The sums that are added up; extremes and moments are merged in their own ways. */
export const sumFields = [
  "elements",
  "nonFiniteReference",
  "nonFiniteCandidate",
  "referenceEnergy",
  "candidateEnergy",
  "errorEnergy",
  "dot",
  "absSum",
  "relSum",
  "exact",
  "close",
  "rows",
  "top1",
  "topk",
  "pixels",
  "argmax",
] as const;

/** Of no pairs: every metric of them is NaN. */
export const emptySums = (): Sums => ({
  elements: 0,
  nonFiniteReference: 0,
  nonFiniteCandidate: 0,
  referenceEnergy: 0,
  candidateEnergy: 0,
  errorEnergy: 0,
  dot: 0,
  absSum: 0,
  absMax: 0,
  relSum: 0,
  relMax: 0,
  exact: 0,
  close: 0,
  reference: emptyMoments(),
  candidate: emptyMoments(),
  rows: 0,
  top1: 0,
  topk: 0,
  pixels: 0,
  argmax: 0,
});

/** Adds `from` to `into`. */
export function mergeSums(into: Sums, from: Sums): void {
  for (const key of sumFields) into[key] += from[key];
  into.absMax = Math.max(into.absMax, from.absMax);
  into.relMax = Math.max(into.relMax, from.relMax);
  mergeMoments(into.reference, from.reference);
  mergeMoments(into.candidate, from.candidate);
}

/** The sums of all parts together; the parts stay as they are. No parts: empty sums, of which every metric is NaN. */
export function poolSums(parts: Iterable<Sums>): Sums {
  const pooled = emptySums();
  for (const part of parts) mergeSums(pooled, part);
  return pooled;
}
