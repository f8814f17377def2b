/**
 * What ranks units: probes on the CPU, on calibration samples where there are enough, else on the part of the validation samples that ranks.
 * Where engines decide it stands for them, with the same scales. It never chooses or proves.
 */
import { join } from "node:path";
import { type Judging, measureOptions } from "../evaluate/outputs.ts";
import { prepareSimulate } from "../lanes/simulate/simulate.ts";
import { measure } from "../measure/measure.ts";
import type { EngineJob, FeedSource } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import { plainCandidate } from "../model/unit.ts";
import type { CheckContext } from "../prepare/context.ts";
import { cacheOfScales } from "../prepare/exported-cache.ts";
import { withKept } from "../prepare/kept-units.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { Ranker } from "../search/probe.ts";
import { firstQuestions, secondsForAll, thoroughSamples } from "../search/rankings.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import { prefetch } from "./prefetch.ts";
import { probeOn } from "./probe.ts";
import { fewestToRank } from "./sample-sets.ts";

export interface RankInputs {
  readonly prepared: Prepared;
  readonly judging: Judging;
  readonly split: SampleSplit;
  readonly context: CheckContext;
}

/** Opened at the first call of `ranker`, closed once, also where nobody asked. */
export interface Surrogate {
  /** Undefined where the simulate lane cannot read the same model and scales. */
  ranker(): Promise<OpenRanker | undefined>;
  close(): Promise<void>;
}

export interface OpenRanker {
  readonly ranker: Ranker;
  /** What it judges: the simulated lane and the samples. */
  readonly judging: Judging;
  readonly samples: readonly number[];
}

/** Opens nothing before `ranker` is asked; `close` ends what it opened. */
export function surrogateFor(inputs: RankInputs): Surrogate {
  let opened: ReturnType<typeof openSurrogate> | undefined;
  return {
    ranker: () => {
      opened ??= openSurrogate(inputs);
      return opened;
    },
    close: async () => {
      const open = await opened?.catch(() => undefined);
      await open?.close();
    },
  };
}

/** Engines are built on the GPU meanwhile: the search then finds its ranking probes answered. A failure is told to whoever asks for the ranker. */
export function beginRanking(surrogate: Surrogate): void {
  surrogate.ranker().catch(() => undefined);
}

/** Measured on the recorded classifier: sets ranked on calibration images held on images the search never saw, sets ranked on 4 validation images did not. */
const mostSamples = 16;
/** A calibration sample more costs a moment on the CPU, a poor order another engine. */
const mostBesideEngines = thoroughSamples;
const msPerMinute = 60_000;
/** For the error that units add themselves: one pass, marked tensors and all. */
const injectedSamples = 4;

async function openSurrogate(inputs: RankInputs): Promise<(OpenRanker & { close(): Promise<void> }) | undefined> {
  const { prepared, judging, split, context } = inputs;
  const { clock } = context.effects;
  const isSimulated = prepared.lane.lane === "simulate";
  const { data } = prepared.job.quantization;
  const onCalibration = data !== undefined && data.count >= fewestToRank;
  const most = isSimulated ? mostSamples : mostBesideEngines;
  const samples = onCalibration ? spread(data.count, most) : split.rank.slice(0, most);
  const opened = isSimulated && !onCalibration ? undefined : await openLane(inputs, onCalibration ? data : prepared.job.validation);
  if (opened === undefined && !(isSimulated && !onCalibration)) return undefined;
  // Labels and the baseline belong to the validation samples.
  const { labels: _, baseline: __, ...plain } = judging;
  const ranked: Judging = { ...plain, lane: opened ?? prepared.lane };
  const ask: Ranker["probe"] = async (keep, { from, count }) =>
    (await probeOn(ranked, { keep, samples: samples.slice(from, from + count) }, clock)).result;
  const { group, budgetMinutes } = context.settings.search;
  const ahead = isSimulated
    ? undefined
    : prefetch(ask, firstQuestions(prepared.lane.units, group, samples.length), secondsForAll(budgetMinutes * msPerMinute));
  return {
    judging: ranked,
    samples,
    ranker: {
      samples: samples.length,
      isThorough: !isSimulated,
      probe: ahead?.probe ?? ask,
      injected: () => injectedByUnit(ranked, samples.slice(0, injectedSamples)),
    },
    close: async () => {
      await ahead?.stop();
      await opened?.close();
    },
  };
}

/** Evenly spread over the data: its beginning may be of one kind. */
function spread(available: number, most: number): number[] {
  const count = Math.min(available, most);
  return Array.from({ length: count }, (_, i) => Math.floor((i * available) / count));
}

/** SQNR of the error that a unit adds by itself, by unit id; units without a figure are left out. */
async function injectedByUnit(judging: Judging, samples: readonly number[]): Promise<ReadonlyMap<string, number>> {
  const { lane } = judging;
  const { pairs } = await (await lane.build(plainCandidate)).layers(samples);
  const { measurements } = await measure(pairs, measureOptions(judging));
  const injected = new Map(measurements.filter(({ role }) => role === "injected").map(({ tensor, metrics }) => [tensor, metrics.sqnrDb]));
  return new Map(
    lane.units.flatMap((unit) => {
      const sqnrDb = injected.get(unit.output);
      return sqnrDb === undefined || Number.isNaN(sqnrDb) ? [] : [[unit.id, sqnrDb] as const];
    }),
  );
}

async function openLane({ prepared, judging, context }: RankInputs, validation: FeedSource): Promise<PreparedLane | undefined> {
  try {
    const simulated = await prepareSimulate({
      ...prepared.job,
      onBuild: undefined,
      quantization: await sameScales(prepared.lane, prepared.job),
      validation,
    });
    const lane = prepared.kept === undefined ? simulated : withKept(simulated, prepared.kept);
    const same = new Set(prepared.lane.units.map(({ id }) => id));
    if (lane.units.some(({ id }) => same.has(id))) return lane;
    await lane.close();
    return undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    context.effects.log.notice(`No ranking on the CPU for ${judging.entry.name}: ${why}`);
    return undefined;
  }
}

/** The scales that the lane uses, as a cache: also those that it made itself. Its Q/DQ goes where the lane's own goes. */
export async function sameScales(lane: PreparedLane, job: EngineJob): Promise<EngineJob["quantization"]> {
  const { workFolder, effects } = job;
  const quantization = lane.placement === undefined ? job.quantization : { ...job.quantization, placement: lane.placement.scheme };
  if (lane.cachePath !== undefined) return { ...quantization, cachePath: lane.cachePath };
  if (quantization.cachePath !== undefined || lane.scales === undefined) return quantization;
  const cachePath = join(workFolder, "scales.cache");
  await effects.files.writeText(cachePath, cacheOfScales(quantization, lane.scales));
  return { ...quantization, cachePath };
}
