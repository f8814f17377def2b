/**
 * Adds pairs of values to sums: the inner loop of every comparison, from a lane, from saved files and in worker threads.
 * Element by element only; what needs rows or pixels is in agreement.ts.
 */
import { mergeMoments, momentsFrom } from "./moments.ts";
import type { Sums } from "./sums.ts";

export interface Closeness {
  readonly atol: number;
  readonly rtol: number;
}

/** Values as the loop wants them. Other typed arrays go through numbers.ts first: a loop over many array kinds is several times slower. */
export type Numbers = Float32Array | Float64Array;

/** Relative error divides by |r|; where r is 0 by this instead, as Polygraphy does, so that one zero does not make the mean infinite. */
const zeroDenominator = 2 ** -52;
/** Partial sums of blocks keep rounding small, and a block of both sides stays in the processor's first cache. */
const blockLength = 2048;

/**
 * Adds the first `count` pairs to `sums`. Pairs in which a value is NaN or infinite are counted and left out of the sums.
 * May be called with any parts: calling it twice with halves equals calling it once, up to rounding.
 */
export function accumulate(sums: Sums, reference: Numbers, candidate: Numbers, count: number, closeness: Closeness): void {
  sums.elements += count;
  for (let from = 0; from < count; from += blockLength) {
    const block = { reference, candidate, from, to: Math.min(count, from + blockLength) };
    if (!addPairs(sums, block, closeness)) addFinitePairs(sums, block, closeness);
  }
}

interface Block {
  readonly reference: Numbers;
  readonly candidate: Numbers;
  readonly from: number;
  readonly to: number;
}

/** x - x is 0 for a finite x and NaN for any other. */
function areFinite(values: Numbers, from: number, to: number): boolean {
  let sum = 0;
  for (let i = from; i < to; i++) {
    const x = values[i] ?? Number.NaN;
    sum += x - x;
  }
  return sum === 0;
}

function addFinitePairs(sums: Sums, { reference, candidate, from, to }: Block, closeness: Closeness): void {
  const r: number[] = [];
  const c: number[] = [];
  for (let i = from; i < to; i++) {
    const [value = Number.NaN, other = Number.NaN] = [reference[i], candidate[i]];
    const [isReference, isCandidate] = [Number.isFinite(value), Number.isFinite(other)];
    if (!isReference) sums.nonFiniteReference++;
    if (!isCandidate) sums.nonFiniteCandidate++;
    if (!isReference || !isCandidate) continue;
    r.push(value);
    c.push(other);
  }
  if (r.length > 0) addPairs(sums, { reference: Float64Array.from(r), candidate: Float64Array.from(c), from: 0, to: r.length }, closeness);
}

/** False, and nothing is added, where a value is NaN or infinite. */
function addPairs(sums: Sums, { reference, candidate, from, to }: Block, { atol, rtol }: Closeness): boolean {
  let r2 = 0;
  let c2 = 0;
  let d2 = 0;
  let rc = 0;
  let absSum = 0;
  let absMax = 0;
  let relSum = 0;
  let relMax = 0;
  let exact = 0;
  let close = 0;
  // Moments of both sides in the same loop: the processor waits for one sum while it adds to another.
  const [rOrigin, cOrigin] = [reference[from] ?? 0, candidate[from] ?? 0];
  let rMin = Number.POSITIVE_INFINITY;
  let rMax = Number.NEGATIVE_INFINITY;
  let rSum = 0;
  let rSquares = 0;
  let cMin = Number.POSITIVE_INFINITY;
  let cMax = Number.NEGATIVE_INFINITY;
  let cSum = 0;
  let cSquares = 0;
  for (let i = from; i < to; i++) {
    const r = reference[i] ?? Number.NaN;
    const c = candidate[i] ?? Number.NaN;
    const abs = Math.abs(r - c);
    const magnitude = Math.abs(r);
    const rel = abs / (magnitude === 0 ? zeroDenominator : magnitude);
    r2 += r * r;
    c2 += c * c;
    d2 += abs * abs;
    rc += r * c;
    absSum += abs;
    relSum += rel;
    // Branches that hardly ever change cost less than Math.max, which has NaN and signed zeros to think of.
    if (abs > absMax) absMax = abs;
    if (rel > relMax) relMax = rel;
    if (abs === 0) exact++;
    if (abs <= atol + rtol * magnitude) close++;
    const rShift = r - rOrigin;
    const cShift = c - cOrigin;
    rSum += rShift;
    cSum += cShift;
    rSquares += rShift * rShift;
    cSquares += cShift * cShift;
    if (r < rMin) rMin = r;
    if (r > rMax) rMax = r;
    if (c < cMin) cMin = c;
    if (c > cMax) cMax = c;
  }
  // Every value that is not finite leaves its mark in a sum of squares; so do squares of very large ones, which are looked at again.
  if (!Number.isFinite(r2 + c2) && !(areFinite(reference, from, to) && areFinite(candidate, from, to))) return false;
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
  const count = to - from;
  mergeMoments(sums.reference, momentsFrom({ count, min: rMin, max: rMax, origin: rOrigin, sum: rSum, squares: rSquares }));
  mergeMoments(sums.candidate, momentsFrom({ count, min: cMin, max: cMax, origin: cOrigin, sum: cSum, squares: cSquares }));
  return true;
}
