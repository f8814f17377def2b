/**
 * How far a pooled figure may lie from what many more samples would give: a bootstrap interval over samples.
 * BCa (Efron 1987: bias-corrected and accelerated), its tails moved out as few samples ask. `bench/intervals.ts` measures what it covers, against the plain
 * percentile interval. Says nothing of noise between builds.
 */
import { type MetricName, metrics } from "./metrics.ts";
import { normalCdf, normalQuantile, studentQuantile } from "./quantiles.ts";
import { seededRandom } from "./random.ts";
import { emptySums, poolSums, type Sums, sumFields } from "./sums.ts";

/** Both ends in the metric's own unit. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** What an interval is meant to cover: the figure on `freshSamples` other samples, nine times of ten. */
const nominalCoverage = 0.9;
/** A figure on these many fresh samples varies too; the interval is for it, not for an endless number. */
export const freshSamples = 512;
/** In each tail. By theory 5 %; errors of a few samples weigh so much more than others that 4 % covers what 5 % should (bench/intervals.ts). */
const tail = 0.04;

const rounds = 999;
/** The largest of some samples tells nothing of the largest of more. */
const extremes: ReadonlySet<MetricName> = new Set(["maxAbs", "maxRel"]);

/** The figure of a pooled tensor on the metric's own scale, and how sure it is. Undefined for fewer than two samples, an extreme and a figure that is not finite. */
export function intervalOf(perSample: readonly Sums[], name: MetricName, seed: number): Interval | undefined {
  if (perSample.length < 2 || extremes.has(name)) return undefined;
  const { value } = metrics[name];
  const figure = value(poolSums(perSample));
  if (!Number.isFinite(figure)) return undefined;
  return bcaInterval(figure, resampled(perSample, value, seed), leaveOneOut(perSample, value));
}

/** The plain percentile interval of the same resamples: what the other is compared with. */
export function percentileInterval(perSample: readonly Sums[], name: MetricName, seed: number): Interval {
  const values = resampled(perSample, metrics[name].value, seed).toSorted();
  return { low: quantileOf(values, (1 - nominalCoverage) / 2), high: quantileOf(values, (1 + nominalCoverage) / 2) };
}

function bcaInterval(figure: number, bootstrap: Float64Array, jackknife: Float64Array): Interval {
  const sorted = bootstrap.toSorted();
  const count = jackknife.length;
  const below = sorted.filter((value) => value < figure).length + sorted.filter((value) => value === figure).length / 2;
  const bias = normalQuantile(Math.min(1 - 1e-3, Math.max(1e-3, below / sorted.length)));
  const acceleration = accelerationOf(jackknife);
  // As a t interval is wider than a normal one, and a prediction than an estimate.
  const wider = Math.sqrt((count / Math.max(1, count - 1)) * (1 + count / freshSamples));
  const reach = Math.abs(studentQuantile(tail, count - 1)) * wider;
  const end = (z: number) => quantileOf(sorted, normalCdf(bias + (bias + z) / Math.max(0.1, 1 - acceleration * (bias + z))));
  return { low: Math.min(figure, end(-reach)), high: Math.max(figure, end(reach)) };
}

/** Skewness of the figures that leave one sample out, as Efron has it; 0 where they do not vary. */
function accelerationOf(jackknife: Float64Array): number {
  const finite = jackknife.filter(Number.isFinite);
  const mean = finite.reduce((sum, value) => sum + value, 0) / finite.length;
  const squares = finite.reduce((sum, value) => sum + (mean - value) ** 2, 0);
  const cubes = finite.reduce((sum, value) => sum + (mean - value) ** 3, 0);
  return squares > 0 ? cubes / (6 * squares ** 1.5) : 0;
}

/** Between the order statistics; the ends beyond them. */
export function quantileOf(sorted: Float64Array, share: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, share * (sorted.length + 1) - 1));
  const [low, high] = [sorted[Math.floor(at)] ?? Number.NaN, sorted[Math.ceil(at)] ?? Number.NaN];
  return low === high ? low : low + (high - low) * (at - Math.floor(at));
}

type Value = (sums: Sums) => number;

/** Figures that are not numbers are left out. */
function resampled(perSample: readonly Sums[], value: Value, seed: number): Float64Array {
  const random = seededRandom(seed);
  const table = fieldTable(perSample);
  const pooled = new Pooled();
  const figures = Float64Array.from({ length: rounds }, () => {
    pooled.clear();
    for (let draw = 0; draw < perSample.length; draw++) pooled.add(table, Math.floor(random() * perSample.length), 1);
    return value(pooled.sums());
  });
  return figures.filter((figure) => !Number.isNaN(figure));
}

function leaveOneOut(perSample: readonly Sums[], value: Value): Float64Array {
  const table = fieldTable(perSample);
  const pooled = new Pooled();
  for (let row = 0; row < perSample.length; row++) pooled.add(table, row, 1);
  return Float64Array.from(perSample, (_, row) => {
    pooled.add(table, row, -1);
    const figure = value(pooled.sums());
    pooled.add(table, row, 1);
    return figure;
  });
}

/** A row a sample, a column a sum: adding them up is all that a resample costs. */
const fieldTable = (perSample: readonly Sums[]): Float64Array =>
  Float64Array.from(perSample.flatMap((sums) => sumFields.map((field) => sums[field])));

class Pooled {
  readonly #fields = new Float64Array(sumFields.length);
  readonly #sums = emptySums();

  clear(): void {
    this.#fields.fill(0);
  }

  add(table: Float64Array, row: number, sign: 1 | -1): void {
    const start = row * this.#fields.length;
    for (let i = 0; i < this.#fields.length; i++) this.#fields[i] = (this.#fields[i] ?? 0) + sign * (table[start + i] ?? 0);
  }

  /** The same object each time. */
  sums(): Sums {
    for (const [i, field] of sumFields.entries()) this.#sums[field] = this.#fields[i] ?? 0;
    return this.#sums;
  }
}
