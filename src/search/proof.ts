/**
 * What is known of the chosen set from samples that nothing was ranked or chosen on: asked once, then said as it is.
 * Does not choose another set where the answer is no: that would search on the proof.
 */
import { mostTimesSamples } from "../gate/intervals.ts";
import { missWords, spareDb, spareWords } from "../model/spare.ts";
import type { Proof, SampleCounts } from "./outcome.ts";
import { type Measured, type ProbeResult, passes, passesSurely } from "./probe.ts";

/** With fewer proof samples an interval from resampling is far too narrow (docs/search.md has the figures). */
export const fewestToProve = 24;
const sets = 3;

/** No proof, and no sample was asked. */
export const notAsked = (message: string): Proof => ({ state: "none", samples: 0, message });

/** `counts`: how the samples were split. Without three sets that do not meet nothing is proved. */
export function proofOf(result: ProbeResult, counts: SampleCounts): Proof {
  const { prove: samples, apart } = counts;
  if (result.kind === "unknown")
    return { state: "none", samples, message: `Not proved: the proof samples could not be run (${result.why}). Run again.` };
  const about = { samples, result };
  const where = `on ${samples} sample${samples === 1 ? "" : "s"} that nothing was searched on`;
  const { marginDb, lowDb } = result;
  const left =
    marginDb < 0 ? missWords(marginDb, lowDb) : `${spareWords(marginDb)}, at the lower end of its 90 % interval ${spareDb(lowDb)}`;
  const figures = `${result.nearest ?? `SQNR ${result.sqnrDb.toFixed(1)} dB`}, ${left}`;
  const likely = (why: string, next: string): Proof => ({
    state: "likely",
    ...about,
    message: `Likely, not proved: ${why} (${where}: ${figures}). ${next}`,
  });
  if (!passes(result)) {
    const next = "Keep more units (a later row of the curve), or give more validation samples.";
    return { state: "missed", ...about, message: `Not proved: the limit is missed ${where} (${figures}). ${next}` };
  }
  if (!apart)
    return likely(
      "there are too few samples for three sets of their own",
      `Give ${sets * fewestToProve} distinct validation samples or more (validation.max-samples caps them).`,
    );
  if (passesSurely(result) && samples >= fewestToProve) return { state: "proved", ...about, message: `Proved ${where}: ${figures}.` };
  const needed = neededFor(result, counts);
  const why = samples < fewestToProve ? `${samples} proof samples are too few` : "the limit lies inside the interval";
  if (needed === undefined) return likely(why, "The figure lies on the limit, and more samples would hardly settle it.");
  return {
    ...likely(why, `About ${needed} validation samples in all would settle it (${counts.all} now; validation.max-samples caps them).`),
    neededSamples: needed,
  };
}

/** An interval narrows with the root of the number of samples. Undefined where the figure lies so near to the limit that `mostTimesSamples` would not do. */
function neededFor({ marginDb, lowDb }: Measured, { all, prove }: SampleCounts): number | undefined {
  const ratio = (marginDb - lowDb) / marginDb;
  if (!(marginDb > 0) || Number.isNaN(ratio)) return marginDb === Number.POSITIVE_INFINITY ? forProof(fewestToProve) : undefined;
  const times = Math.max(1, ratio) ** 2;
  return times > mostTimesSamples ? undefined : forProof(Math.max(fewestToProve, prove * times));

  function forProof(samples: number): number {
    return Math.ceil((samples * all) / Math.max(1, prove));
  }
}
