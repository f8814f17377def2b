/** An engine that holds next to no INT8 says nothing about INT8, however near it is to the reference: its pass is undecided. */
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { BuildFacts, Engine } from "../model/engine.ts";

/** Other verdicts than a pass stand. What the engine inspector does not say counts as INT8; one without any is never enough. */
export function withInt8Share(verdict: Verdict, { facts, reference }: Pick<Engine, "facts" | "reference">, leastShare: number): Verdict {
  if (verdict.kind !== "pass" || facts.int8 === undefined) return verdict;
  const { int8, other, unknown } = facts.int8;
  const total = int8 + other + unknown;
  const mostShare = (int8 + unknown) / total;
  if (total === 0 || (mostShare >= leastShare && mostShare > 0)) return verdict;
  const { kind, next } = reasonOf("int8-not-used");
  const chose = `The builder chose INT8 for ${int8} of ${total} compute layers with scales${unknown > 0 ? ` (${unknown} unknown)` : ""}`;
  return { kind, reason: "int8-not-used", message: `${chose}; ${percent(leastShare)} are asked for.${speeds(facts, reference)} ${next}` };
}

/** Which engine is the better ship, where both were timed. */
function speeds({ latencyMs: ours }: BuildFacts, { what, latencyMs: theirs }: BuildFacts): string {
  if (ours === undefined || theirs === undefined) return "";
  const figures = `${Math.min(ours, theirs).toFixed(3)} against ${Math.max(ours, theirs).toFixed(3)} ms`;
  return theirs <= ours ? ` Ship the ${what}, it is faster: ${figures}.` : ` It is faster than the ${what} all the same: ${figures}.`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
