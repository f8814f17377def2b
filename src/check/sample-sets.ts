/** Splits a model's validation samples for its search, by what they hold: a file may repeat samples, or share them with the calibration data. */
import { createHash } from "node:crypto";
import type { FeedSource } from "../model/job.ts";
import { type SampleSplit, splitSamples } from "../search/sample-split.ts";
import type { Prepared } from "./prepare.ts";

/** Calibration samples rank where there are so many; else a part of the validation samples does. */
export const fewestToRank = 4;

export async function splitForSearch({ job }: Pick<Prepared, "job">, seed: number): Promise<SampleSplit> {
  const { data } = job.quantization;
  const contents = await contentsOf(job.validation);
  if (data === undefined) return splitSamples(contents, { seed });
  const calibration = new Set(await contentsOf(data));
  return splitSamples(contents, { seed, calibration, calibrationRanks: calibration.size >= fewestToRank });
}

/** A digest of each sample, in order. */
async function contentsOf(source: FeedSource): Promise<string[]> {
  const contents: string[] = [];
  for (let i = 0; i < source.count; i++) {
    const hash = createHash("sha256");
    for (const [name, { dtype, shape, data }] of await source.feed(i)) {
      hash.update(JSON.stringify([name, dtype, shape]));
      hash.update(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    }
    contents.push(hash.digest("base64"));
  }
  return contents;
}
