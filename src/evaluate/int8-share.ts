/** An engine that holds next to no INT8 (or the FP8 that its Q/DQ asks for) says nothing about it, however near it is to the reference: its pass is undecided. */
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { Int8Count } from "../model/engine.ts";
import { figure, speedOf, type Timed } from "./latency.ts";

/** Other verdicts than a pass stand. What the engine inspector does not say counts as INT8; one without any is never enough. */
export function withInt8Share(verdict: Verdict, count: Int8Count | undefined, leastShare: number, timed: Timed): Verdict {
  if (verdict.kind !== "pass" || count === undefined) return verdict;
  const { int8, other, unknown, precision = "INT8" } = count;
  const total = int8 + other + unknown;
  const mostShare = (int8 + unknown) / total;
  if (total === 0 || (mostShare >= leastShare && mostShare > 0)) return verdict;
  const { kind, next } = reasonOf("int8-not-used");
  const chose = `The builder chose ${precision} for ${int8} of ${total} compute layers with scales${unknown > 0 ? ` (${unknown} unknown)` : ""}`;
  return { kind, reason: "int8-not-used", message: `${chose}; ${percent(leastShare)} are asked for.${speeds(timed)} ${next}` };
}

/** Which engine is the better ship, where both were timed. */
function speeds({ half, candidate }: Timed): string {
  if (half === undefined || candidate?.ratio === undefined) return "";
  const figures = `${figure(half.ms)} against ${figure(candidate.ms)}`;
  if (speedOf(candidate.ratio) === "faster") return ` It is faster than the ${half.what} all the same: that one takes ${figures}.`;
  return ` Ship the ${half.what}, ${speedOf(candidate.ratio) === "slower" ? "it is faster" : "it is as fast"}: ${figures}.`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
