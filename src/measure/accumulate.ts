/**
 * Adds pairs of values to sums: the inner loop of every comparison, from a lane, from saved files and in worker threads.
 * Element by element only; what needs rows or pixels is in agreement.ts.
 */
import { mergeMoments } from "./moments.ts";
import type { Sums } from "./sums.ts";

export interface Closeness {
  readonly atol: number;
  readonly rtol: number;
}

/** Values as the loop wants them. Other typed arrays go through numbers.ts first: a loop over many array kinds is several times slower. */
export type Numbers = Float32Array | Float64Array;

/** Relative error divides by |r|; where r is 0 by this instead, as Polygraphy does, so that one zero does not make the mean infinite. */
const zeroDenominator = 2 ** -52;
const blockLength = 4096;

/**
 * Adds the first `count` pairs to `sums`. Pairs in which a value is NaN or infinite are counted and left out of the sums.
 * Blocks may be of any length: calling it twice with halves equals calling it once, up to rounding.
 */
export function accumulate(sums: Sums, reference: Numbers, candidate: Numbers, count: number, { atol, rtol }: Closeness): void {
  for (let start = 0; start < count; start += blockLength)
    accumulateBlock(sums, reference, candidate, start, Math.min(count, start + blockLength), atol, rtol);
}

/** Partial sums per block keep rounding small; moments are taken around the block's first value, so that a large mean does not cancel. */
function accumulateBlock(sums: Sums, reference: Numbers, candidate: Numbers, start: number, end: number, atol: number, rtol: number): void {
  const referenceShift = finiteOrZero(reference[start] ?? 0);
  const candidateShift = finiteOrZero(candidate[start] ?? 0);
  let pairs = 0;
  let r2 = 0,
    c2 = 0,
    d2 = 0,
    rc = 0,
    absSum = 0,
    absMax = 0,
    relSum = 0,
    relMax = 0,
    exact = 0,
    close = 0;
  let rMin = Number.POSITIVE_INFINITY,
    rMax = Number.NEGATIVE_INFINITY,
    rSum = 0,
    rSquares = 0;
  let cMin = Number.POSITIVE_INFINITY,
    cMax = Number.NEGATIVE_INFINITY,
    cSum = 0,
    cSquares = 0;
  // Without branches that depend on the values: this loop is 2.4 times faster so.
  for (let i = start; i < end; i++) {
    const r = reference[i] ?? Number.NaN;
    const c = candidate[i] ?? Number.NaN;
    // x - x is 0 for a finite x only.
    if (r - r !== 0 || c - c !== 0) {
      if (r - r !== 0) sums.nonFiniteReference++;
      if (c - c !== 0) sums.nonFiniteCandidate++;
      continue;
    }
    pairs++;
    const d = r - c;
    const abs = Math.abs(d);
    const magnitude = Math.abs(r);
    const rel = abs / (magnitude === 0 ? zeroDenominator : magnitude);
    r2 += r * r;
    c2 += c * c;
    d2 += d * d;
    rc += r * c;
    absSum += abs;
    relSum += rel;
    absMax = Math.max(absMax, abs);
    relMax = Math.max(relMax, rel);
    exact += abs === 0 ? 1 : 0;
    close += abs <= atol + rtol * magnitude ? 1 : 0;
    rMin = Math.min(rMin, r);
    rMax = Math.max(rMax, r);
    cMin = Math.min(cMin, c);
    cMax = Math.max(cMax, c);
    const rDistance = r - referenceShift;
    const cDistance = c - candidateShift;
    rSum += rDistance;
    rSquares += rDistance * rDistance;
    cSum += cDistance;
    cSquares += cDistance * cDistance;
  }
  sums.elements += end - start;
  if (pairs === 0) return;
  sums.referenceEnergy += r2;
  sums.candidateEnergy += c2;
  sums.errorEnergy += d2;
  sums.dot += rc;
  sums.absSum += absSum;
  sums.relSum += relSum;
  sums.absMax = Math.max(sums.absMax, absMax);
  sums.relMax = Math.max(sums.relMax, relMax);
  sums.exact += exact;
  sums.close += close;
  mergeMoments(sums.reference, {
    count: pairs,
    min: rMin,
    max: rMax,
    mean: referenceShift + rSum / pairs,
    m2: Math.max(0, rSquares - (rSum * rSum) / pairs),
  });
  mergeMoments(sums.candidate, {
    count: pairs,
    min: cMin,
    max: cMax,
    mean: candidateShift + cSum / pairs,
    m2: Math.max(0, cSquares - (cSum * cSum) / pairs),
  });
}

const finiteOrZero = (value: number): number => (Number.isFinite(value) ? value : 0);
