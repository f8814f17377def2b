/**
 * Reads what `polygraphy debug precision` did: how many layers each iteration marked (only its log says), and what our check found (only our file counts).
 * The answer is recomputed from both; Polygraphy's own sentence must agree or nothing is claimed.
 */
import type { Unit } from "../model/unit.ts";
import type { OutcomeKind, ProbeRecord, SearchOutcome } from "../search/outcome.ts";
import type { ProbeResult } from "../search/probe.ts";
import { notAsked } from "../search/proof.ts";

export interface Iteration {
  readonly n: number;
  readonly marked: number;
  readonly seconds: number;
  /** False: the build failed and Polygraphy counted that as bad accuracy. */
  readonly checked: boolean;
}

export interface DebugPrecisionRun {
  /** Whole standard output and error of the command. */
  readonly log: string;
  /** Text of the results file of the check; empty when there is none. */
  readonly checks: string;
  /** True for exit 0 without a signal or a time limit. */
  readonly endedWell: boolean;
  readonly timedOut: boolean;
  readonly direction: "forward" | "reverse";
  readonly mode: "bisect" | "linear";
  readonly units: readonly Unit[];
  /** Names of the network's layers in order, where known: they turn a count into units. */
  readonly layerNames: readonly string[];
  readonly seconds: number;
  readonly seed: number;
}

export interface DebugPrecisionOutcome {
  readonly outcome: SearchOutcome;
  readonly layersMarked: number | undefined;
  readonly layersTotal: number | undefined;
}

/** What cannot be read, or contradicts Polygraphy's own sentence, is an outcome without units to keep; nothing is thrown for it. */
export function readDebugPrecision(run: DebugPrecisionRun): DebugPrecisionOutcome {
  const iterations = parseIterations(run.log);
  const checks = run.checks.split("\n").filter((line) => line !== "");
  const layersTotal = parseTotal(run, iterations);
  const probes = probesOf(run, iterations, checks);
  const verdict = conclude(run, iterations, checks, layersTotal);
  const keep = verdict.marked === undefined ? [] : unitsMarked(run, verdict.marked);
  const outcome: SearchOutcome = {
    kind: verdict.kind,
    method: run.mode,
    message: verdict.message,
    units: run.units,
    rankings: [],
    probes,
    prefix: [{ ranking: "topological", length: verdict.marked === undefined ? undefined : keep.length }],
    keep,
    oneMinimal: false,
    proof: notAsked("Not proved yet: polygraphy debug precision checks on all samples."),
    advice: [],
    builds: iterations.length,
    seconds: run.seconds,
    seed: run.seed,
  };
  return { outcome, layersMarked: verdict.marked, layersTotal };
}

/** In order of appearance; colour codes and indentation of the log do not matter. */
export function parseIterations(log: string): Iteration[] {
  const found: { n: number; marked: number; seconds: number; checked: boolean }[] = [];
  for (const line of log.split("\n")) {
    const selecting = /Selecting (?:first|last) (\d+) layer\(s\) to run in higher precision/.exec(line);
    const last = found.at(-1);
    if (selecting) found.push({ n: found.length + 1, marked: Number(selecting[1]), seconds: 0, checked: false });
    else if (last && /\] +Running check command:/.test(line)) last.checked = true;
    else if (last) last.seconds = secondsOf(line, last.n) ?? last.seconds;
  }
  return found;
}

function secondsOf(line: string, n: number): number | undefined {
  const ended = /(?:PASSED|FAILED) \| Iteration (\d+) \| Duration ([\d.]+)s/.exec(line);
  return ended && Number(ended[1]) === n ? Number(ended[2]) : undefined;
}

interface Conclusion {
  readonly kind: OutcomeKind;
  readonly marked: number | undefined;
  readonly message: string;
}

function conclude(
  run: DebugPrecisionRun,
  iterations: readonly Iteration[],
  checks: readonly string[],
  total: number | undefined,
): Conclusion {
  const failure = toolFailure(run, iterations, checks);
  if (failure !== undefined) return { kind: run.timedOut ? "budget" : "tool-failing", marked: undefined, message: failure };

  const passing = iterations.filter((_, i) => checks[i] === "pass").map((iteration) => iteration.marked);
  const marked = passing.length === 0 ? undefined : Math.min(...passing);
  const told = /try running the (?:first|last) (\d+) layer\(s\) in higher precision/.exec(run.log);
  const which = run.direction === "forward" ? "first" : "last";
  const of = `${total ?? "an unknown number of"} network layers`;
  if (marked === undefined || (total !== undefined && marked >= total)) {
    const why = marked === undefined ? "no iteration passed" : "only all layers together passed";
    return {
      kind: "none",
      marked: undefined,
      message: `${run.mode} over ${of} found no part to keep: ${why} in ${iterations.length} builds. Use method ranked.`,
    };
  }
  if (told && Number(told[1]) !== marked) {
    const message = `polygraphy answers ${told[1]} layers but the smallest that passed its check is ${marked}. Run it again and look at the log.`;
    return { kind: "tool-failing", marked: undefined, message };
  }
  return {
    kind: "prefix",
    marked,
    message: `Keeping the ${which} ${marked} of ${of} passed one build each in ${iterations.length} builds. Method ranked keeps fewer.`,
  };
}

/** Why nothing can be concluded, or undefined. The check's own file is read before any word of the log. */
function toolFailure(run: DebugPrecisionRun, iterations: readonly Iteration[], checks: readonly string[]): string | undefined {
  const stopped = checks.find((line) => line !== "pass" && line !== "fail");
  if (stopped !== undefined) return `The check could not decide (${stopped}); the search was stopped. Look at the last lines of the log.`;
  if (run.timedOut)
    return `polygraphy debug precision was stopped after ${run.seconds.toFixed(0)} s and ${iterations.length} builds. Raise search.budget-minutes.`;
  if (!run.endedWell) return "polygraphy debug precision failed. Look at the last lines of its log.";
  if (iterations.length === 0) return "polygraphy debug precision built nothing. Look at the last lines of its log.";
  const unchecked = iterations.find((iteration) => !iteration.checked);
  if (unchecked)
    return `The build with ${unchecked.marked} layers marked failed, which polygraphy counts as bad accuracy. Use method ranked, which does not.`;
  if (checks.length !== iterations.length) return `${iterations.length} builds but ${checks.length} checks. Look at the log.`;
  return undefined;
}

/** Bisect marks every layer first; linear marks none first and says its number only by the names handed in. */
const parseTotal = (run: DebugPrecisionRun, iterations: readonly Iteration[]): number | undefined =>
  run.layerNames.length > 0 ? run.layerNames.length : run.mode === "bisect" ? iterations[0]?.marked : undefined;

function probesOf(run: DebugPrecisionRun, iterations: readonly Iteration[], checks: readonly string[]): ProbeRecord[] {
  return iterations.map(({ n, marked, seconds, checked }, i) => ({
    n,
    phase: "prefix",
    ranking: "topological",
    samples: "all",
    keep: unitsMarked(run, marked),
    result: checked ? checkResult(checks[i], seconds) : { kind: "unknown", why: "the build failed", seconds },
  }));
}

/** The check answers yes or no; it gives no figures. */
function checkResult(line: string | undefined, seconds: number): ProbeResult {
  if (line !== "pass" && line !== "fail") return { kind: "unknown", why: line ?? "no result", seconds };
  return { kind: "measured", passes: line === "pass", marginDb: Number.NaN, lowDb: Number.NaN, sqnrDb: Number.NaN, sdDb: 0, seconds };
}

/** Units whose compute node is among the marked layers. */
function unitsMarked({ layerNames, direction, units }: DebugPrecisionRun, marked: number): string[] {
  const names = new Set(direction === "forward" ? layerNames.slice(0, marked) : layerNames.slice(layerNames.length - marked));
  return units.filter((unit) => names.has(unit.nodes[0] ?? "")).map((unit) => unit.id);
}
