/**
 * How fast the engines are, measured against each other: candidate and fix against the FP16 engine, which could be shipped instead. Whether one is faster,
 * and the limit that an entry may set. Without that limit time never decides: it is told, and advice (search/advice/slow.ts).
 */
import { ToolError } from "../effects/failure.ts";
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import { quantileOf } from "../measure/intervals.ts";
import type { BuildFacts, Engine, TimingRun } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import { type ModelReport, toNum } from "../report/schema.ts";

type Latency = NonNullable<ModelReport["latency"]>;
type FixLatency = NonNullable<NonNullable<ModelReport["fix"]>["latency"]>;

/** Of many rounds: the median, and the 5th and 95th percentile. */
interface Spread {
  readonly median: number;
  readonly p05: number;
  readonly p95: number;
}

/** Milliseconds of one inference. `ratio`: to the FP16 engine in the same round; nothing for that engine itself. */
export interface EngineTime {
  readonly what: string;
  readonly ms: Spread;
  readonly ratio?: Spread;
}

/** Faster in at least 95 of 100 rounds, slower in as many, or neither. */
export type Speed = "faster" | "as-fast" | "slower";

export interface Timed {
  readonly half: EngineTime | undefined;
  readonly candidate: EngineTime | undefined;
  readonly fixed: EngineTime | undefined;
  /** Every engine that was timed, by the path of its plan. */
  readonly byPlan: ReadonlyMap<string, EngineTime>;
  readonly run: TimingRun | undefined;
  /** Why nothing was timed; undefined where nothing was wanted (`simulate`). */
  readonly why?: string;
}

/** Nothing is timed where there are no engines. */
export const notTimed: Timed = { half: undefined, candidate: undefined, fixed: undefined, byPlan: new Map(), run: undefined };

export interface TimedEngines {
  readonly plain: Engine;
  readonly fixed?: Engine | undefined;
  /** Further ones that the search built, timed as long as they are few. */
  readonly tried?: readonly Engine[];
}

/** Engines side by side in the GPU's memory. */
const mostEngines = 6;

/** To be asked when nothing else runs. A tool's failure is an answer here, and no failure of the model; a cancel is thrown on. */
export async function timeEngines({ timePlans }: Pick<PreparedLane, "timePlans">, engines: TimedEngines): Promise<Timed> {
  const { half, facts } = engines.plain;
  if (timePlans === undefined || half?.plan === undefined || facts.plan === undefined) return notTimed;
  const all = [half, facts, engines.fixed?.facts, ...(engines.tried ?? []).map((one) => one.facts)]
    .flatMap((one) => (one?.plan === undefined ? [] : [[one.plan.path, one] as const]))
    .filter(([path], i, plans) => plans.findIndex(([other]) => other === path) === i);
  const needed = all.slice(0, engines.fixed?.facts.plan === undefined ? 2 : 3);
  try {
    const run = await timePlans(all.slice(0, mostEngines).map(([path]) => path)).catch((error: unknown) => {
      if (!isFailure(error) || all.length === needed.length) throw error;
      // Too many for the GPU's memory, it may be.
      return timePlans(needed.map(([path]) => path));
    });
    return timesOf(run, all, engines);
  } catch (error) {
    if (!isFailure(error)) throw error;
    return { ...notTimed, why: error.message };
  }
}

const isFailure = (error: unknown): error is ToolError => error instanceof ToolError && error.reason !== "cancelled";

function timesOf(run: TimingRun, engines: readonly (readonly [path: string, facts: BuildFacts])[], { plain, fixed }: TimedEngines): Timed {
  const count = run.rounds[0]?.length ?? 0;
  const byPlan = new Map(engines.slice(0, count).map(([path, { what }], e) => [path, timeOf(run, e, what)] as const));
  const of = (facts: BuildFacts | undefined) => byPlan.get(facts?.plan?.path ?? "");
  return { half: of(plain.half), candidate: of(plain.facts), fixed: of(fixed?.facts), byPlan, run };
}

/** The FP16 engine is the first. */
const timeOf = ({ rounds }: TimingRun, engine: number, what: string): EngineTime => ({
  what,
  ms: spreadOf(rounds.map((round) => round[engine] ?? Number.NaN)),
  ...(engine === 0 ? {} : { ratio: spreadOf(rounds.map((round) => (round[engine] ?? Number.NaN) / (round[0] ?? Number.NaN))) }),
});

function spreadOf(values: readonly number[]): Spread {
  const sorted = Float64Array.from(values).toSorted();
  return { median: quantileOf(sorted, 0.5), p05: quantileOf(sorted, 0.05), p95: quantileOf(sorted, 0.95) };
}

/** From the middle 90 % of ratios of two latencies: as fast where they hold 1. */
export const speedOf = ({ p05, p95 }: Spread): Speed => (p95 < 1 ? "faster" : p05 > 1 ? "slower" : "as-fast");

/**
 * A candidate that meets its limits but is slower than the entry allows is a regression; where engines gave no times it is undecided.
 * Other verdicts stand. Not for the simulate lane, whose times mean nothing.
 */
export function withLatency(verdict: Verdict, { half, candidate, why }: Timed, maxSlowdown: number | undefined): Verdict {
  if (maxSlowdown === undefined || verdict.kind !== "pass") return verdict;
  const slowdown = candidate?.ratio?.median ?? Number.NaN;
  if (slowdown <= maxSlowdown) return verdict;
  if (half === undefined || candidate === undefined || Number.isNaN(slowdown)) {
    const { kind, next } = reasonOf("no-latency");
    const because = why === undefined ? "" : ` (${why})`;
    const message = `latency.max-slowdown-vs-reference is set, and no latency was measured${because}. ${next}`;
    return { kind, reason: "no-latency", message };
  }
  const { kind, next } = reasonOf("latency");
  const message = `The candidate takes ${figure(candidate.ms)} against the ${half.what}'s ${figure(half.ms)}, ${slowdown.toFixed(2)} times as long; ${maxSlowdown} is allowed. ${next}`;
  return { kind, reason: "latency", message };
}

/** For the report: every figure with its spread, and who is not faster than FP16. Undefined where there are no engines. */
export function latencyReport({ half, candidate, fixed, run, why }: Timed): Latency | undefined {
  if (run === undefined || half === undefined)
    return why === undefined ? undefined : { engines: [], message: `Latency was not measured: ${why}` };
  const engines = (
    [
      ["reference", half],
      ["candidate", candidate],
      ["fix", fixed],
    ] as const
  ).flatMap(([role, time]) => (time === undefined ? [] : [{ role, ...timeReport(time) }]));
  const figures = engines.map(
    ({ what, medianMs, p05Ms, p95Ms }) => `${what} ${figure({ median: Number(medianMs), p05: Number(p05Ms), p95: Number(p95Ms) })}`,
  );
  const slow = [candidate, fixed].flatMap((time) => (time === undefined ? [] : slowWords(time, half)));
  return {
    engines,
    rounds: run.rounds.length,
    usedGraphs: run.usedGraphs,
    smClockMHz: run.smClockMHz ?? null,
    throttle: run.throttle,
    message: [
      `Latency, median (5th to 95th percentile) of ${run.rounds.length} alternating rounds: ${figures.join(", ")}.`,
      ...slow,
      conditions(run),
    ].join(" "),
  };
}

const timeReport = ({ what, ms, ratio }: EngineTime) => ({
  what,
  medianMs: toNum(ms.median),
  p05Ms: toNum(ms.p05),
  p95Ms: toNum(ms.p95),
  ...(ratio === undefined
    ? {}
    : { vsReference: { median: toNum(ratio.median), p05: toNum(ratio.p05), p95: toNum(ratio.p95) }, speed: speedOf(ratio) }),
});

/** Nothing for an engine that is faster. */
function slowWords({ what, ratio }: EngineTime, half: EngineTime): string[] {
  if (ratio === undefined || speedOf(ratio) === "faster") return [];
  const times = `${ratio.median.toFixed(2)} times as long (${ratio.p05.toFixed(2)} to ${ratio.p95.toFixed(2)})`;
  return [`The ${what} is ${speedOf(ratio) === "slower" ? "slower" : "no faster"} than the ${half.what}: ${times}.`];
}

/** Under which conditions the times hold; what is not known is said. */
function conditions({ usedGraphs, graphs, smClockMHz, throttle }: TimingRun): string {
  const graph = usedGraphs
    ? "CUDA graphs"
    : graphs.some((one) => one)
      ? "no CUDA graphs, since not every engine allows one"
      : "no CUDA graphs, which no engine here allows";
  const clock =
    smClockMHz === undefined
      ? "the GPU does not tell its clocks"
      : `SM clock ${smClockMHz.min === smClockMHz.max ? smClockMHz.min : `${smClockMHz.min} to ${smClockMHz.max}`} MHz`;
  return `GPU time by CUDA events, ${graph}; ${clock}${throttle === undefined ? "" : `, slowed down by ${throttle}`}.`;
}

/** `0.627 ms (0.620 to 0.641)`. */
export const figure = ({ median, p05, p95 }: Spread): string => `${median.toFixed(3)} ms (${p05.toFixed(3)} to ${p95.toFixed(3)})`;

/** A fix that is not faster than the FP16 engine, or slower than the entry allows, is pointless: the FP16 engine could be shipped instead. */
export function latencyOfFix({ half, candidate, fixed }: Timed, maxSlowdown: number | undefined): FixLatency | null {
  if (half === undefined) return null;
  const pointless =
    fixed?.ratio !== undefined && (maxSlowdown === undefined ? speedOf(fixed.ratio) !== "faster" : fixed.ratio.median > maxSlowdown);
  const times = [half, candidate, fixed].flatMap((time) => (time === undefined ? [] : [`${time.what} ${figure(time.ms)}`])).join(", ");
  return {
    referenceMs: toNum(half.ms.median),
    ...(candidate === undefined ? {} : { candidateMs: toNum(candidate.ms.median) }),
    ...(fixed === undefined ? {} : { fixedMs: toNum(fixed.ms.median) }),
    ...(fixed?.ratio === undefined ? {} : { slowdownVsReference: toNum(fixed.ratio.median) }),
    pointless,
    message: pointless
      ? `Pointless: the fixed engine is not faster than the ${half.what} (${times}). Ship that one instead.`
      : `Median latency: ${times}.`,
  };
}
