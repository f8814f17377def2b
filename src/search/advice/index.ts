/** All rules in the order in which a reader should try them. */
import type { Advice } from "../outcome.ts";
import { allLayersBad } from "./all-layers-bad.ts";
import { changedFile } from "./changed-file.ts";
import type { AdviceFacts } from "./facts.ts";
import { fewSamples } from "./few-samples.ts";
import { inputRange } from "./input-range.ts";
import { lastLayersOnly } from "./last-layers-only.ts";
import { madeUpSamples } from "./made-up-samples.ts";
import { manyFloat32 } from "./many-float32.ts";
import { movedScales } from "./moved-scales.ts";
import { noData } from "./no-data.ts";
import { notConverging } from "./not-converging.ts";
import { outOfRange } from "./out-of-range.ts";
import { slow } from "./slow.ts";
import { staleCache } from "./stale-cache.ts";
import { weightChannels } from "./weight-channels.ts";

export type { AdviceFacts } from "./facts.ts";

const rules = [
  staleCache,
  movedScales,
  changedFile,
  madeUpSamples,
  inputRange,
  allLayersBad,
  outOfRange,
  weightChannels,
  fewSamples,
  lastLayersOnly,
  manyFloat32,
  noData,
  notConverging,
  slow,
];

/** Empty where no rule has a figure to speak of. */
export const advise = (facts: AdviceFacts): Advice[] => rules.flatMap((rule) => rule(facts) ?? []);
