/** What a model's figures do not say, from everything that was found: the caveats of its verdict, and limits that judged nothing as warnings. */
import { baselineFacts } from "../evaluate/outputs.ts";
import { baselineCaveat } from "../gate/baseline-limits.ts";
import { type Caveat, findingCaveats } from "../gate/caveats.ts";
import { doubtCaveat } from "../gate/certainty.ts";
import { evidenceCaveat } from "../gate/evidence.ts";
import { type LimitFacts, unjudgedCaveat, unjudgedLimits } from "../gate/unjudged-limits.ts";
import { staleCaveat } from "../prepare/stale-cache.ts";
import { dropCaveat, largestDrop } from "../report/base-change.ts";
import type { MeasuredTensor } from "../report/schema.ts";
import type { CheckFacts } from "./check-facts.ts";

/** `outputs` as the report has them, with the base's figures. */
export function caveatsOf(facts: CheckFacts, outputs: MeasuredTensor[]): Caveat[] {
  const { verdict, evidence } = facts;
  // The verdict itself says it.
  const weak = verdict.reason === "validation-is-calibration" ? undefined : evidenceCaveat(evidence);
  return [
    ...staleCaveats(facts),
    ...preparedCaveats(facts),
    ...(weak ? [weak] : []),
    ...(verdict.kind === "pass" ? ofPass(facts, outputs) : []),
  ];
}

/** Of scales as they ship a regression says it by itself. */
const staleCaveats = ({ prepared: { staleCache }, verdict: { kind } }: CheckFacts): Caveat[] =>
  staleCache === undefined || (staleCache.renewedFrom === undefined && kind !== "pass") ? [] : [staleCaveat(staleCache)];

const ofPass = (facts: CheckFacts, outputs: MeasuredTensor[]): Caveat[] => [
  ...[
    baselineCaveat(baselineFacts(facts.judging, facts.decided.run)),
    unjudgedCaveat(limitFacts(facts)),
    facts.doubt && doubtCaveat(facts.doubt),
  ].filter((caveat) => caveat !== undefined),
  ...findingCaveats(facts.findings),
  ...lostSinceBase(facts, outputs),
];

/** All of them, also where one entry describes several models. */
export const unjudgedWarnings = (facts: CheckFacts): string[] =>
  unjudgedLimits({ ...limitFacts(facts), sharesEntry: false }).map((clause) => `A limit judged nothing: ${clause}.`);

/** The builder's own word replaces what was only known of its kind. */
function preparedCaveats({ prepared, builder }: CheckFacts): Caveat[] {
  const asked = builder?.report.answers.some(({ what, answer }) => what === "candidate" && answer !== "no-answer") === true;
  const known = prepared.caveats.filter(({ reason }) => !asked || reason !== "not-for-tensorrt");
  const cure = asked ? prepared.caveats.filter(({ reason }) => reason === "not-for-tensorrt") : [];
  const refused = builder?.caveats ?? [];
  return [...known, ...refused, ...(refused.length > 0 ? cure : [])];
}

/** Where the user limits the drop, a pass is within what is allowed; a score's drop has no limit. */
function lostSinceBase({ baseline, entry }: CheckFacts, outputs: MeasuredTensor[]): Caveat[] {
  const base = baseline?.report;
  if (base === undefined) return [];
  const drop = largestDrop({ outputs, baseline: base });
  const isAllowed = drop?.of === "tensor" && entry.tolerance.baseline[drop.metric] !== undefined;
  return drop === undefined || isAllowed ? [] : [dropCaveat(drop, base)];
}

function limitFacts({ entry, findings, decided, localised, context, prepared }: CheckFacts): LimitFacts {
  const { tolerance, place, given } = entry;
  const { tolerance: written } = given;
  return {
    tolerance,
    findings,
    measurements: [...decided.run.measured.measurements, ...(localised?.layers ?? [])],
    sharesEntry: context.settings.models.filter((one) => one.place.file === place.file && one.place.line === place.line).length > 1,
    written: new Set(typeof written === "object" && written !== null ? Object.keys(written) : []),
    int8Unknown:
      prepared.lane.lane !== "simulate" && decided.run.engine.facts.int8 === undefined && hasKey(given.tensorrt, "min-int8-share"),
  };
}

const hasKey = (block: unknown, key: string): boolean => typeof block === "object" && block !== null && key in block;
