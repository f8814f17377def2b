/**
 * `trt-gate compare`: two saved output files, or the two runners of one, measured and judged.
 * Reading and measuring are formats/ and compare/, judging is gate/; here they are put in a row.
 */
import { resolve } from "node:path";
import { chooseSides } from "../compare/choose-runner.ts";
import { measureSides } from "../compare/compare.ts";
import { type PairedSides, pairSides } from "../compare/match-tensors.ts";
import { startPool, type WorkerPool } from "../compare/worker-pool.ts";
import { utcDate } from "../effects/clock.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { asTyped } from "../effects/own-command.ts";
import { commonRows, rowsAsIterations } from "../formats/rows.ts";
import type { Iteration, SavedFile } from "../formats/saved-file.ts";
import { baselineCaveat } from "../gate/baseline-limits.ts";
import { type Caveat, findingCaveats } from "../gate/caveats.ts";
import { doubtCaveat, doubtOf, withCertainty } from "../gate/certainty.ts";
import { evidenceCaveat } from "../gate/evidence.ts";
import { exitCodeOfVerdict } from "../gate/exit-code.ts";
import { judge } from "../gate/judge.ts";
import { limitsFor } from "../gate/limits.ts";
import { judgeTensor } from "../gate/tensor-findings.ts";
import { unjudgedCaveat } from "../gate/unjudged-limits.ts";
import type { Tolerance } from "../gate/verdict.ts";
import type { Measurement } from "../measure/measurement.ts";
import { plural } from "../model/plural.ts";
import { forSavedFiles } from "../report/fitting-message.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { mapOf, threadsFor } from "./compare-flags.ts";
import { type Comparison, comparisonJson, comparisonText } from "./compare-output.ts";
import { comparisonReport } from "./compare-report.ts";
import { toleranceOf } from "./tolerance-flags.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const tolerance = await toleranceOf(parsed, effects);
  const started = effects.clock.monotonicMs();
  const paths = parsed.positionals.map((path) => resolve(effects.cwd, path));
  const pool = startPool(await threadsFor(paths, parsed, effects), effects.files);
  const end = () => void pool.close();
  effects.cancelled.addEventListener("abort", end, { once: true });
  try {
    effects.cancelled.throwIfAborted();
    const comparison = await compare(paths, parsed, tolerance, pool, effects);
    for (const warning of comparison.warnings) effects.log.warning(warning);
    io.out(parsed.has("json") ? comparisonJson(comparison) : asTyped(comparisonText(comparison), effects));
    const html = parsed.text("html");
    if (html !== undefined) {
      const { renderHtml } = await import("../report/html/page.ts");
      const seconds = (effects.clock.monotonicMs() - started) / 1000;
      await effects.files.writeText(
        resolve(effects.cwd, html),
        renderHtml(comparisonReport(comparison, effects.clock.now(), seconds), effects),
      );
    }
    return comparison.exitCode;
  } finally {
    effects.cancelled.removeEventListener("abort", end);
    await pool.close();
  }
};

async function compare(
  paths: readonly string[],
  parsed: Parsed,
  tolerance: Tolerance,
  pool: WorkerPool,
  effects: Effects,
): Promise<Comparison> {
  const [first = "", second] = paths;
  const onBytes = readingProgress(effects);
  const [reference, candidate] = await Promise.all([
    pool.open(first, onBytes),
    second === undefined ? undefined : pool.open(second, onBytes),
  ]);
  const runners = chooseSides(reference, candidate, {
    reference: parsed.text("reference-runner"),
    candidate: parsed.text("candidate-runner"),
  });
  const [before, after] = [runners.reference, runners.candidate].map(({ iterations }) => samplesOf(iterations, parsed.has("rows")));
  const sides = pairSides(before ?? [], after ?? [], mapOf(parsed.list("map")));
  const measurements = await measureAll(sides, tolerance, parsed.has("fail-fast"), pool, effects);
  const today = utcDate(effects.clock);
  const outputs = measurements.length < sides.tensors.length ? measurements.map(({ tensor }) => tensor) : sides.finals;
  const judged = judge({ measurements, coverage: sides.coverage, outputs, tolerance, waivers: [], today });
  const doubt = doubtOf(judged.findings, measurements);
  const judgement = { ...judged, verdict: forSavedFiles(withCertainty(judged.verdict, doubt)) };
  const noBaseline = baselineCaveat({ tolerance, measurements, gap: { kind: "none", why: "saved outputs have no base commit" } });
  const unjudged = unjudgedCaveat({
    tolerance,
    findings: judgement.findings,
    measurements,
    sharesEntry: false,
    written: new Set<string>(),
  });
  const isUnsure = judgement.verdict.kind === "pass" && doubt !== undefined;
  const evidence = { samples: before?.length ?? 0, distinct: undefined, inCalibration: undefined, isOverlapAllowed: false };
  // Where nothing was compared more samples would not help.
  const weak = measurements.length === 0 ? undefined : evidenceCaveat(evidence);
  const opened = [
    { file: reference, ...runners.reference },
    ...(candidate === undefined ? [] : [{ file: candidate, ...runners.candidate }]),
  ];
  return {
    caveats: [
      ...(weak ? [withRowsHint(weak, before ?? [])] : []),
      ...(judgement.verdict.kind === "pass" ? [noBaseline, unjudged].filter((caveat) => caveat !== undefined) : []),
      ...(isUnsure ? [doubtCaveat(doubt)] : []),
      ...findingCaveats(judgement.findings),
    ],
    reference: sideOf(reference, runners.reference.name, before ?? []),
    candidate: sideOf(candidate ?? reference, runners.candidate.name, after ?? []),
    tolerance,
    measurements,
    judgement,
    coverage: sides.coverage,
    stoppedEarly: measurements.length < sides.tensors.length,
    exitCode: exitCodeOfVerdict(judgement.verdict.kind, new Set(["regression", "undecided"])),
    warnings: [...new Set(opened.flatMap(emptyWarning)), ...warningsOf(sides, judgement.unusedPatterns)],
  };
}

/** In order of execution; with `failFast` up to and including the first tensor that fails. */
async function measureAll(
  sides: PairedSides,
  tolerance: Tolerance,
  failFast: boolean,
  pool: WorkerPool,
  effects: Effects,
): Promise<Measurement[]> {
  const measurements: Measurement[] = [];
  const { atol, rtol, topK } = tolerance;
  let done = 0;
  const options = {
    atol,
    rtol,
    topK,
    seed: 0,
    decisions: (tensor: string) => wantsDecisions(tensor, sides, tolerance),
    onTensor: (tensor: string) => effects.log.progress("comparing", `${++done} of ${sides.tensors.length} tensors, ${tensor}`),
  };
  for await (const measurement of measureSides(sides, options, pool)) {
    measurements.push(measurement);
    const findings = judgeTensor(measurement, { tolerance, waivers: [], today: "", baseline: undefined });
    if (failFast && findings.some(({ level }) => level === "fail")) break;
  }
  return measurements;
}

/** Agreement of classes is measured for final outputs, and where a limit asks for it. */
function wantsDecisions(tensor: string, sides: PairedSides, tolerance: Tolerance): boolean {
  const limits = limitsFor({ tensor, role: "output" }, tolerance) ?? {};
  return sides.finals.includes(tensor) || ["top1Agreement", "topkAgreement", "argmaxAgreement"].some((metric) => metric in limits);
}

function warningsOf({ coverage }: PairedSides, unusedPatterns: readonly string[]): string[] {
  const oneSide = (names: readonly string[], side: string) =>
    names.length === 0
      ? []
      : [
          `Only in the ${side}: ${names
            .slice(0, 5)
            .map((name) => `"${name.slice(0, 80)}"`)
            .join(", ")}${names.length > 5 ? ", …" : ""}. Pair them with --map if they are the same.`,
        ];
  return [
    ...oneSide(coverage.onlyReference, "reference"),
    ...oneSide(coverage.onlyCandidate, "candidate"),
    ...unusedPatterns.map((pattern) => `The pattern "${pattern}" of the tolerance names no compared tensor. Correct it.`),
  ];
}

function emptyWarning({ file, iterations }: { readonly file: SavedFile; readonly iterations: readonly Iteration[] }): string[] {
  if (iterations.some(({ size }) => size > 0)) return [];
  return [
    `${file.path} holds no tensor (${plural(iterations.length, "iteration")}). Save it again with --save-outputs (polygraphy) or --exportOutput (trtexec).`,
  ];
}

/** An iteration is a sample, unless axis 0 counts them. Throws ConfigError where the arrays have no rows in common. */
function samplesOf(iterations: readonly Iteration[], byRow: boolean): readonly Iteration[] {
  if (!byRow) return iterations;
  const samples = iterations.flatMap(rowsAsIterations);
  if (samples.length > iterations.length || iterations.length === 0) return samples;
  throw new ConfigError(["--rows is given, and the saved arrays have no number of rows (axis 0) in common. Leave it out."]);
}

/** Rows are not taken for samples by themselves: they may be the boxes of one picture. */
function withRowsHint(caveat: Caveat, iterations: readonly Iteration[]): Caveat {
  const [only] = iterations;
  const rows = iterations.length === 1 && only !== undefined ? commonRows(only) : 1;
  if (rows === 1) return caveat;
  return {
    ...caveat,
    message: `${caveat.message} One iteration of ${rows} rows counts as one sample; where axis 0 counts samples, add --rows.`,
  };
}

const sideOf = (saved: SavedFile, runner: string, samples: readonly unknown[]) => ({
  path: saved.path,
  format: saved.format,
  runner,
  iterations: samples.length,
});

function readingProgress({ log }: Effects): (done: number) => void {
  let total = 0;
  return (bytes) => {
    total += bytes;
    log.progress("reading", `${Math.round(total / 1e6)} MB`);
  };
}
