/** Refuses samples that are one value throughout: every scale and every figure made from them would mean nothing. */
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource } from "../model/job.ts";

/** Reads no further than to the first input that varies. A single number in all is left alone: nothing can vary there. */
export async function refuseConstant(source: FeedSource, what: string): Promise<void> {
  const firsts = new Map<string, number | bigint>();
  let values = 0;
  for (let sample = 0; sample < source.count; sample++) {
    for (const { name, data } of (await source.feed(sample)).values()) {
      values += data.length;
      const first = firsts.get(name) ?? data[0];
      if (first === undefined) continue;
      firsts.set(name, first);
      if (data.some((value) => value !== first)) return;
    }
  }
  if (values <= 1) return;
  const held = [...firsts].map(([name, value]) => `${name} = ${value}`).join(", ");
  throw new ConfigError(
    `The ${what} samples of ${source.description} hold one value throughout (${held}, ${source.count} samples). Give samples like those of use.`,
  );
}
