/**
 * What several builds of one engine say together. The verdict is about the engine that was built; only where a rebuild is what ships
 * (`ship: rebuild`) are more of them judged, and what they really differ by is all the noise there is.
 */
import { type Judgement, nearestMarginDb } from "./judge.ts";
import { reasonOf } from "./reasons.ts";
import type { Verdict, VerdictKind } from "./verdict.ts";

export interface BuildsDecision {
  readonly verdict: Verdict;
  /** The judgement that stands: that of the first build. */
  readonly judgement: Judgement;
  /** What each build says by itself, in order. */
  readonly kinds: readonly VerdictKind[];
}

/**
 * One build decides by itself. Of several all must say the same, none nearer to its limit than `guardDb`; else it is undecided (`inside-guard`).
 * An undecided build decides nothing: its own reason stands.
 */
export function decideOverBuilds(judgements: readonly [Judgement, ...Judgement[]], guardDb: number): BuildsDecision {
  const [first, ...others] = judgements;
  const kinds = judgements.map(({ verdict }) => verdict.kind);
  const decided = { judgement: first, kinds };
  const undecided = judgements.find(({ verdict }) => verdict.kind === "undecided");
  if (others.length === 0) return { ...decided, verdict: first.verdict };
  if (undecided) return { ...decided, verdict: undecided.verdict };
  const margins = judgements.map(({ findings }) => nearestMarginDb(findings) ?? Number.NaN);
  const agree = kinds.every((kind) => kind === kinds[0]);
  // A margin that is no number is no reason for doubt: the judgement has spoken of it.
  const isClear = margins.every((margin) => !(Math.abs(margin) < guardDb));
  return { ...decided, verdict: agree && isClear ? first.verdict : insideGuard(kinds, margins) };
}

function insideGuard(kinds: readonly VerdictKind[], margins: readonly number[]): Verdict {
  const said = kinds.map((kind, i) => `${kind} (${marginText(margins[i] ?? Number.NaN)})`).join(", ");
  const message = `${kinds.length} builds of one engine say ${said} of the limit. ${reasonOf("inside-guard").next}`;
  return { kind: "undecided", reason: "inside-guard", message };
}

const marginText = (margin: number): string => (Number.isNaN(margin) ? "no margin" : `${Number(margin.toPrecision(3))} dB`);
