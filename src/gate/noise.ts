/**
 * Noise between builds: when a result lies too near to a limit to be believed from one engine, and how rebuilds decide.
 * Measured on an H100 with TensorRT 8.6: two INT8 builds from one cache differ by 18.6 to 38 dB, FP16 builds by 69 dB.
 * Lanes whose repeats are bit-identical have no guard band.
 */
import { findingDistance, isDecisive, type Judgement } from "./judge.ts";
import { reasonOf } from "./reasons.ts";
import type { Finding, Verdict, VerdictKind } from "./verdict.ts";

export interface NoiseFacts {
  readonly deterministic: boolean;
  /** Least band, dB: `tolerance.guardDb`. */
  readonly guardDb: number;
  /** SQNR of one build's output against another build's, dB; empty where none was measured. */
  readonly betweenBuildsDb: readonly number[];
  /** SQNR of the candidate against the reference, dB. */
  readonly sqnrDb: number;
}

/**
 * Width of the guard band in dB, at least `guardDb`; 0 in a deterministic lane.
 * A candidate at S dB whose builds differ by N dB moves by at most 20·log10(1 + 10^((S-N)/20)): the two errors add as amplitudes.
 */
export function guardBandDb({ deterministic, guardDb, betweenBuildsDb, sqnrDb }: NoiseFacts): number {
  if (deterministic) return 0;
  const moved = betweenBuildsDb.map((noiseDb) => 20 * Math.log10(1 + 10 ** ((sqnrDb - noiseDb) / 20)));
  return Math.max(guardDb, ...moved.filter(Number.isFinite));
}

/** True where a margin (dB, either sign) lies inside the band. A NaN margin is undecided by itself: rebuilding does not help. */
export const needsRebuild = (marginDb: number, guardDb: number): boolean => Math.abs(marginDb) < guardDb;

/**
 * True where no rebuild can be expected to turn the verdict: something fails outside the band, or nothing judged lies inside it.
 * Only fail limits count: a warning that misses a limit which cannot fail the gate needs no rebuild.
 */
export function isOutsideGuard(findings: readonly Finding[], guardDb: number): boolean {
  const outside = (finding: Finding): boolean => !needsRebuild(findingDistance(finding), guardDb);
  const decisive = findings.filter(isDecisive);
  return decisive.some((finding) => finding.level === "fail" && outside(finding)) || decisive.every(outside);
}

/** The kind that more than half of all `seats` votes say; undefined while or when there is none. Undecided votes count for nobody. */
export function decideByMajority(votes: readonly VerdictKind[], maxVotes = votes.length): "pass" | "regression" | undefined {
  for (const kind of ["pass", "regression"] as const) if (votes.filter((vote) => vote === kind).length > maxVotes / 2) return kind;
  return undefined;
}

export interface NoiseDecision {
  readonly verdict: Verdict;
  /** The judgement that stands: the first one that agrees with the verdict. */
  readonly judgement: Judgement;
  readonly votes: readonly VerdictKind[];
  readonly rebuilds: number;
}

/** Judges once, and while the result is inside the guard band judges fresh builds, at most `rebuilds`. No majority: undecided (`inside-guard`). */
export async function decideUnderNoise(
  first: Judgement,
  guardDb: number,
  rebuilds: number,
  rebuild: () => Promise<Judgement>,
): Promise<NoiseDecision> {
  const judgements = [first];
  const maxVotes = 1 + rebuilds;
  const votes = (): VerdictKind[] => judgements.map(({ verdict }) => verdict.kind);
  const decided = (judgement: Judgement): NoiseDecision => ({
    verdict: judgement.verdict,
    judgement,
    votes: votes(),
    rebuilds: judgements.length - 1,
  });
  if (isOutsideGuard(first.findings, guardDb)) return decided(first);
  while (judgements.length < maxVotes && decideByMajority(votes(), maxVotes) === undefined) judgements.push(await rebuild());
  const kind = decideByMajority(votes(), maxVotes);
  const standing = judgements.find(({ verdict }) => verdict.kind === kind);
  // Without rebuilds a single vote would be its own majority: near the limit that is no decision.
  return standing && judgements.length > 1 ? decided(standing) : { ...decided(first), verdict: insideGuard(votes(), guardDb) };
}

function insideGuard(votes: readonly VerdictKind[], guardDb: number): Verdict {
  const message = `The result lies within ${Number(guardDb.toPrecision(3))} dB of a limit, and ${votes.length} builds say ${votes.join(", ")}. ${reasonOf("inside-guard").next}`;
  return { kind: "undecided", reason: "inside-guard", message };
}
