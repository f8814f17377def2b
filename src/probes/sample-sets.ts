/** Splits a model's validation samples for its search, by what they hold: a file may repeat samples, or share them with the calibration data. */
import type { FeedSource } from "../model/job.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import { type Fingerprint, fingerprintOf, firstAlike, RowSet } from "../samples/fingerprints.ts";
import { type SampleSplit, splitSamples } from "../search/sample-split.ts";

/** Calibration samples rank where there are so many; else a part of the validation samples does. */
export const fewestToRank = 4;

/** Reads every validation and calibration sample once. Deterministic for a seed. */
export async function splitForSearch({ job }: Pick<Prepared, "job">, seed: number): Promise<SampleSplit> {
  const { data } = job.quantization;
  const prints = await printsOf(job.validation);
  const contents = firstAlike(prints).map(String);
  if (data === undefined) return splitSamples(contents, { seed });
  const rows = new RowSet(await printsOf(data));
  return splitSamples(contents, {
    seed,
    calibrates: (index) => prints[index]?.some((row) => rows.has(row)) ?? false,
    calibrationRanks: data.count >= fewestToRank,
  });
}

async function printsOf(source: FeedSource): Promise<Fingerprint[]> {
  const prints: Fingerprint[] = [];
  for (let i = 0; i < source.count; i++) prints.push(fingerprintOf(await source.feed(i)));
  return prints;
}
