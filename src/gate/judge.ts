/**
 * Judges one model: measurements in, verdict and findings out.
 * Does not measure, does not know noise between builds (noise.ts), does not choose the exit code.
 */
import type { Coverage, Measurement } from "../measure/measurement.ts";
import { intervalFor, settling, settlingText } from "./intervals.ts";
import { type Level, worseLevel } from "./levels.ts";
import { unusedPatterns } from "./limits.ts";
import { capitalized } from "./messages.ts";
import { type ReasonCode, reasonOf } from "./reasons.ts";
import { type BaselineFigures, type JudgedFinding, judgeTensor } from "./tensor-findings.ts";
import type { Finding, Tolerance, Verdict, Waiver } from "./verdict.ts";

export interface JudgeInput {
  readonly measurements: readonly Measurement[];
  readonly coverage: Coverage;
  /** Final outputs of the model: each must be compared. Empty: what was measured with role `output` is taken. */
  readonly outputs: readonly string[];
  readonly tolerance: Tolerance;
  readonly waivers: readonly Waiver[];
  /** UTC date, YYYY-MM-DD: the caller owns the clock. */
  readonly today: string;
  /** The base commit's figures by output; absent where there is no usable baseline. */
  readonly baseline?: ReadonlyMap<string, BaselineFigures> | undefined;
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Worst first; the first one of a tensor decides that tensor. Tensors without limits have none. */
  readonly findings: readonly Finding[];
  /** Patterns of `tolerance.tensors` that named nothing that was measured. */
  readonly unusedPatterns: readonly string[];
}

/** Every final output must be compared and meet its limits; what is missing or not a number is never a pass. */
export function judge(input: JudgeInput): Judgement {
  const { measurements, tolerance, waivers, today, baseline } = input;
  const findings = measurements
    .flatMap((measurement) => judgeTensor(measurement, { tolerance, waivers, today, baseline: baseline?.get(measurement.tensor) }))
    .toSorted(byBadness);
  const unused = unusedPatterns(
    measurements.flatMap(({ tensor, parts = [] }) => [tensor, ...parts.flatMap(({ part }) => part?.name ?? [])]),
    tolerance,
  );
  return { verdict: decide(input, findings), findings: findings.map(withoutReason), unusedPatterns: unused };
}

/** A certain regression decides before anything undecided; what is undecided decides before a pass. */
function decide(input: JudgeInput, findings: readonly JudgedFinding[]): Verdict {
  const failing = findings.find(({ level }) => level === "fail");
  if (failing) return verdict(failing.reason, surely(failing, input.measurements));
  const gap = findGap(input);
  if (gap) return gap;
  const open = findings.find(({ level }) => level === "undecided");
  if (open) return verdict(open.reason, open.message);
  const judged = findings.filter(({ level }) => level !== "unjudged");
  if (judged.length === 0) return verdict("no-limits", "No limit applies to what was compared.");
  const waived = judged.find(({ level }) => level === "waived");
  if (waived) return verdict("waived", waived.message);
  const closest = judged.find(({ level }) => level === "pass") ?? judged[0];
  return verdict("within-limits", closest?.message ?? "");
}

/** A failing finding's sentence, and where its interval holds the limit how many samples would settle it. Of a pass certainty.ts says it. */
function surely(finding: JudgedFinding, measurements: readonly Measurement[]): string {
  const samples = measurements.find(({ tensor }) => tensor === finding.tensor)?.samples ?? 0;
  const open = settling(finding, intervalFor(finding, measurements), samples);
  return open === undefined ? finding.message : `${finding.message} ${settlingText(finding, open, samples)}`;
}

/** What was not compared although it had to be; undefined where nothing is missing. */
function findGap({ measurements, coverage, outputs, tolerance }: JudgeInput): Verdict | undefined {
  const measured = measurements.filter(({ role }) => role === "output");
  if (measured.length === 0 || coverage.compared === 0) {
    const counts = `${coverage.referenceTensors} tensors in the reference, ${coverage.candidateTensors} in the candidate, none in common`;
    return verdict("nothing-compared", `No output was compared (${counts}).`);
  }
  const expected = new Set(outputs.length > 0 ? outputs : measured.map(({ tensor }) => tensor));
  const compared = new Set(measured.map(({ tensor }) => tensor));
  const missing = expected.difference(compared);
  const share = (expected.size - missing.size) / expected.size;
  if (!(share >= tolerance.minCoverage))
    return verdict(
      "coverage",
      `${compared.size} of ${expected.size} outputs were compared, less than the asked ${tolerance.minCoverage * 100} %.`,
    );
  const [first] = missing;
  return first === undefined ? undefined : verdict("output-missing", `The final output "${first}" is not on both sides.`);
}

function verdict(reason: ReasonCode, sentence: string): Verdict {
  const { kind, next } = reasonOf(reason);
  return { kind, reason, message: `${capitalized(sentence)} ${next}` };
}

function byBadness(a: Finding, b: Finding): number {
  return worseLevel(a.level, b.level) || rank(a) - rank(b) || findingDistance(a) - findingDistance(b) || 0;
}

/** A pooled figure decides before samples one by one, these before single entries. */
const rank = ({ of }: Finding): number => (of === "samples" ? 1 : of === "entry" ? 2 : 0);

/** Distance to the finding's limit in dB of error (measure/metrics.ts), within ±1e300; the worst where a failing or undecided finding has no figure, else the best. */
export function findingDistance({ level, marginDb: distance = Number.NaN }: Finding): number {
  if (Number.isNaN(distance)) return level === "fail" || level === "undecided" ? -farthest : farthest;
  return Math.max(-farthest, Math.min(farthest, distance));
}

const farthest = 1e300;

/** True for findings that decide between pass and regression: waived ones, and warnings that miss a limit which cannot fail the gate, do not. */
export const isDecisive = ({ level, margin = Number.NaN }: Finding): boolean =>
  level === "fail" || level === "undecided" || level === "pass" || (level === "warn" && margin >= 0);

/**
 * The decisive finding that is nearest to its limit, or farthest beyond it; undefined where nothing that can fail was judged. A share of samples moves in
 * steps, of few samples in large ones: it is no margin where there is a pooled figure.
 */
export function nearestFinding(findings: readonly Finding[]): Finding | undefined {
  const sorted = findings.filter(isDecisive).toSorted((a, b) => findingDistance(a) - findingDistance(b) || 0);
  return sorted.find(({ of }) => of !== "samples") ?? sorted[0];
}

/** Its distance, dB of error, negative for a regression; undefined where nothing that can fail was judged. */
export function nearestMarginDb(findings: readonly Finding[]): number | undefined {
  const nearest = nearestFinding(findings);
  return nearest && findingDistance(nearest);
}

function withoutReason({ reason: _, ...finding }: JudgedFinding): Finding {
  return finding;
}

/** The level of a tensor: that of its worst finding, `unjudged` where it has none. */
export const levelOf = (findings: readonly Finding[], tensor: string): Level =>
  findings.find((finding) => finding.tensor === tensor)?.level ?? "unjudged";
