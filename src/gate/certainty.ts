/**
 * How sure a pass is of its samples: a figure may meet a limit on few samples that more would show it to miss. Qualifies such a pass, and takes it back where
 * the samples do not rule out a model that is clearly beyond its limit. A regression stays what it is: it is red either way.
 */
import type { Measurement } from "../measure/measurement.ts";
import type { Caveat } from "./caveats.ts";
import { intervalFor, type Settling, settling, settlingText, worstEndDb } from "./intervals.ts";
import { isDecisive } from "./judge.ts";
import { capitalized, findingWords } from "./messages.ts";
import { reasonOf } from "./reasons.ts";
import type { Finding, Verdict, Waiver } from "./verdict.ts";
import { waiverFor } from "./waivers.ts";

/** The passing figure that is least sure of its limit; one that undoes the pass before others. */
export interface Doubt {
  readonly finding: Finding;
  readonly open: Settling;
  readonly samples: number;
  /** At most so many samples are used, whatever is given; undefined without such a setting. */
  readonly cap: number | undefined;
  /** The limit's distance at the interval's worse end, dB of error: 0 or less. */
  readonly lowDb: number;
}

/**
 * dB of error beyond the limit at the interval's worse end from which a pass is none. Beyond it lay every pass of the labelled set's bad models whose limit the
 * interval held, in forty draws (docs/design/035-how-sure-a-pass-is.md).
 */
const tooFarDb = 0.25;

/** Undefined where every passing figure has its interval on the limit's good side, or none has an interval. What is waived may miss its limit, and is not doubted. */
export function doubtOf(
  findings: readonly Finding[],
  measurements: readonly Measurement[],
  { cap, ...excuses }: Excuses & { readonly cap?: number | undefined } = noExcuses,
): Doubt | undefined {
  const doubts = findings.flatMap((finding): Doubt[] => {
    // What may be lost against the baseline is a difference on the same samples: its spread is not this interval's.
    if (!isDecisive(finding) || finding.of === "baseline" || isExcused(finding, excuses)) return [];
    const interval = intervalFor(finding, measurements);
    const samples = measurements.find(({ tensor }) => tensor === finding.tensor)?.samples ?? 0;
    const open = settling(finding, interval, samples);
    return open === undefined ? [] : [{ finding, open, samples, cap, lowDb: worstEndDb(finding, interval) }];
  });
  return doubts.toSorted((a, b) => Number(undoesPass(b)) - Number(undoesPass(a)) || a.lowDb - b.lowDb)[0];
}

type Excuses = { readonly waivers: readonly Waiver[]; readonly today: string };
const noExcuses: Excuses = { waivers: [], today: "" };

const isExcused = ({ tensor, part }: Finding, { waivers, today }: Excuses): boolean =>
  [tensor, part].some((name) => name !== undefined && waiverFor(name, waivers, today) !== undefined);

/** A limit that only warns undoes no pass. */
const undoesPass = ({ finding: { limit, warnLimit }, lowDb }: Doubt): boolean => !(lowDb >= -tooFarDb) && limit !== warnLimit;

/** A pass whose samples do not rule out a model that is clearly beyond its limit is undecided. */
export function withCertainty(verdict: Verdict, doubt: Doubt | undefined): Verdict {
  if (verdict.kind !== "pass" || doubt === undefined || !undoesPass(doubt)) return verdict;
  const { kind } = reasonOf("limit-in-interval");
  const others = doubt.open.samples === undefined ? "" : " Or set a limit that these can tell.";
  return { kind, reason: "limit-in-interval", message: `${doubtText(doubt)} ${stepOf(doubt)}${others}` };
}

/** Of a pass. */
export const doubtCaveat = (doubt: Doubt): Caveat => ({
  reason: "not-certain",
  message: `${doubtText(doubt)} ${stepOf(doubt)}`,
});

/** Of a pass, where the figure lies on its limit. */
const mendIt = "Mend the accuracy: calibrate anew, or keep units in higher precision.";

/** Of a regression that no search could mend, where the figure lies on its limit. */
const otherLimit = "Set a limit that these samples can tell.";

/** What settles it. */
const stepOf = ({ open: { samples: needed }, samples, cap }: Doubt): string =>
  needed === undefined ? mendIt : samplesStep(needed, { samples, cap });

/** What settles a regression whose interval holds the limit: so many samples, else another limit. `samples`: those measured; `cap`: at most so many are used. */
export const settlingRegression = (needed: number | undefined, now: Samples): string =>
  needed === undefined ? otherLimit : samplesStep(needed, now);

type Samples = { readonly samples: number; readonly cap?: number | undefined };

function samplesStep(needed: number, { samples, cap = Number.POSITIVE_INFINITY }: Samples): string {
  if (needed > cap && samples >= cap)
    return `Set \`max-samples: ${needed}\` (it is ${cap}), and give ${needed} validation samples or more.`;
  return `Give ${needed} validation samples or more${needed > cap ? `, and set \`max-samples: ${needed}\`` : ""}.`;
}

/** The step that settles a doubt, out of the message of its verdict or caveat; undefined where there is none. */
export const settlingStep = (message: string): string | undefined =>
  [mendIt, otherLimit].find((step) => message.includes(step)) ??
  /(?:Set `max-samples: \d+` \(it is \d+\), and give|Give) \d+ validation samples or more(?:, and set `max-samples: \d+`)?\./.exec(
    message,
  )?.[0];

const doubtText = ({ finding, open, samples }: Doubt): string =>
  `${capitalized(findingWords(finding))}: met on these ${samples} samples. ${settlingText(finding, open, samples)}`;
