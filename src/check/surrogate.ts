/**
 * Cheap probes on the CPU: the surrogate answers for engines whose builds are dear, the ranker orders units on calibration samples.
 * Both only rank. Neither sees the held-out half decide anything.
 */
import { join } from "node:path";
import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import type { EngineJob, FeedSource } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import { setsToRank } from "../search/rankings.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import type { Probe } from "../search/search.ts";
import type { CheckContext } from "./context.ts";
import { cacheOfScales } from "./exported-cache.ts";
import type { Judging } from "./outputs.ts";
import { prefetch } from "./prefetch.ts";
import type { Prepared } from "./prepare.ts";
import { makeProbe } from "./probe.ts";

export interface RankInputs {
  readonly prepared: Prepared;
  readonly judging: Judging;
  readonly halves: SampleSplit;
  readonly context: CheckContext;
}

interface RankLane {
  readonly probe: Probe;
  close(): Promise<void>;
}

export interface RankLanes {
  readonly surrogate?: Probe;
  readonly ranker?: Probe;
}

/** Opened at the first call of `lanes`, closed once, also where nobody asked. */
export interface Ranking {
  lanes(): Promise<RankLanes>;
  close(): Promise<void>;
}

export function rankingFor(inputs: RankInputs): Ranking {
  let opened: ReturnType<typeof openRankLanes> | undefined;
  return {
    lanes: () => {
      opened ??= openRankLanes(inputs);
      return opened;
    },
    close: async () => {
      const lanes = await opened?.catch(() => undefined);
      await lanes?.close();
    },
  };
}

/** Engines are built on the GPU meanwhile: the search then finds its ranking probes answered. A failure is told to whoever asks for the lanes. */
export function beginRanking(ranking: Ranking): void {
  ranking.lanes().catch(() => undefined);
}

/** Measured on the recorded classifier: sets ranked on calibration images held on images the search never saw, sets ranked on 4 validation images did not. */
const mostRankingSamples = 24;
/** In `simulate` a search half of this size ranks as well, and costs nothing more. */
const enoughSamples = 16;

/** No surrogate in `simulate`, where the lane itself is as cheap, and none where the simulate lane cannot read the same model and scales. */
async function openRankLanes(inputs: RankInputs): Promise<RankLanes & { close(): Promise<void> }> {
  const { prepared, halves, context } = inputs;
  const isSimulated = prepared.lane.lane === "simulate";
  const surrogate = isSimulated ? undefined : await openLane(inputs, prepared.job.validation, halves);
  const ranker = await openRanker(inputs);
  const sets = isSimulated ? [] : setsToRank(prepared.lane.units, context.settings.search.group);
  const ahead = ranker && prefetch(ranker.probe, sets);
  return {
    ...(surrogate ? { surrogate: surrogate.probe } : {}),
    ...(ahead ? { ranker: ahead.probe } : {}),
    close: async () => {
      await ahead?.stop();
      await ranker?.close();
      await surrogate?.close();
    },
  };
}

/** On calibration samples, where there are some and the search half is small. */
async function openRanker(inputs: RankInputs): Promise<RankLane | undefined> {
  const { prepared, halves } = inputs;
  const { data } = prepared.job.quantization;
  const isSimulated = prepared.lane.lane === "simulate";
  if (data === undefined || data.count <= halves.search.length || (isSimulated && halves.search.length >= enoughSamples)) return undefined;
  const count = Math.min(data.count, isSimulated ? enoughSamples : mostRankingSamples);
  const spread = Array.from({ length: count }, (_, i) => Math.floor((i * data.count) / count));
  return await openLane(inputs, data, { all: spread, search: spread, accept: spread, heldOut: false });
}

async function openLane(
  { prepared, judging, context }: RankInputs,
  validation: FeedSource,
  halves: SampleSplit,
): Promise<RankLane | undefined> {
  try {
    const lane = await prepareSimulate({
      ...prepared.job,
      onBuild: undefined,
      quantization: await sameScales(prepared.lane, prepared.job),
      validation,
    });
    const same = new Set(prepared.lane.units.map(({ id }) => id));
    if (!lane.units.some(({ id }) => same.has(id))) {
      await lane.close();
      return undefined;
    }
    // Labels and the baseline belong to the validation samples.
    const { labels: _, baseline: __, ...plain } = judging;
    return { probe: makeProbe({ ...plain, lane }, halves, context.effects.clock), close: () => lane.close() };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.effects.log.notice(`No ranking on the CPU for ${judging.entry.name}: ${why}`);
    return undefined;
  }
}

/** The scales that the lane uses, as a cache: also those that it made itself. */
async function sameScales(lane: PreparedLane, job: EngineJob): Promise<EngineJob["quantization"]> {
  const { quantization, workFolder, effects } = job;
  if (lane.cachePath !== undefined) return { ...quantization, cachePath: lane.cachePath };
  if (quantization.cachePath !== undefined || lane.scales === undefined) return quantization;
  const cachePath = join(workFolder, "scales.cache");
  await effects.files.writeText(cachePath, cacheOfScales(quantization, lane.scales));
  return { ...quantization, cachePath };
}
