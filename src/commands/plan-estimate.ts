/** What a check of a model will about cost where no earlier report tells: from its arithmetic, its units and its samples. Only the balance of shares hangs on it. */
import { join } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { toNetwork } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";
import { findUnits } from "../onnx/units.ts";
import { multiplyAdds } from "../onnx/work.ts";

/** Seconds of a check whose model passes, and what looking at layers and searching would about add where it does not. */
export interface Estimate {
  readonly check: number;
  readonly search: number;
}

/** Measured on the OCR models of the tests with one thread, optimisations off: 2 to 6 billion a second. */
const multiplyAddsPerSecond = 3e9;
/** Start, reading, rendering. */
const fixedSeconds = 2;
/** Reference and candidate, and what judging them takes. */
const runsOfSample = 4;
/** Every tensor of both sides and each unit by itself, measured: 9 to 27 runs on the same models. */
const runsOfLayers = 27;
/** Questions of a search are half its units and some sets: 10 to 40 runs of all samples with 54 and 64 units. */
const runsOfSearch = (units: number): number => units / 2 + 10;
/** Calibration samples are not counted here; a set of this size is common where there is no cache. */
const calibrationRuns = 200;
/** Larger files are not read for a plan: their size says enough. */
const mostBytes = 300 * 2 ** 20;
const unitsOfLarge = 200;

/** `searchMinutes`: what the search may take; 0 where none is wanted. A model that cannot be read gets the seconds of an empty one, since its check ends at once. */
export async function estimateSeconds(entry: ModelEntry, searchMinutes: number, { cwd, files }: Effects): Promise<Estimate> {
  const path = join(cwd, entry.path);
  const samples = entry.validation?.random?.samples ?? entry.validation?.maxSamples ?? 0;
  const calibrates = entry.quantization?.cache === undefined && entry.quantization?.qdq === undefined;
  const size = (await files.stat(path))?.sizeBytes ?? 0;
  // A weight of four bytes, used at a hundred places.
  const { work, units } = size > mostBytes ? { work: size * 25, units: unitsOfLarge } : await sizeOf(path, entry, files);
  const secondsOf = (runs: number) => (runs * work) / multiplyAddsPerSecond;
  const search = searchMinutes > 0 ? Math.min(searchMinutes * 60, secondsOf(runsOfSearch(units) * samples)) : 0;
  return {
    check: fixedSeconds + secondsOf(runsOfSample * samples + (calibrates ? calibrationRuns : 0)),
    search: secondsOf(runsOfLayers * samples) + search,
  };
}

async function sizeOf(path: string, { shapes }: ModelEntry, files: Effects["files"]): Promise<{ work: number; units: number }> {
  try {
    const network = toNetwork(await readModel(path, files, { weights: "left-in-file" }));
    return {
      work: multiplyAdds(network, new Map([...shapes].map(([name, { opt }]) => [name, opt]))),
      units: findUnits(network).length,
    };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    return { work: 0, units: 0 };
  }
}

/** Stages of a report's timings that only a model takes whose layers are looked at. */
const ofSearch = ["localise", "search", "fix"];

/** What a model cost in an earlier report; `search` is undefined where it was not searched, and all is where its timings are empty. */
export function measuredSeconds(timings: Readonly<Record<string, number>>): Partial<Estimate> | undefined {
  const sum = (names: readonly string[]) => names.reduce((total, name) => total + (timings[name] ?? 0), 0);
  const all = sum(Object.keys(timings));
  if (!(all > 0)) return undefined;
  const searched = sum(ofSearch);
  return { check: all - searched, ...(timings.search === undefined ? {} : { search: searched }) };
}

/** Estimates brought to the measure of the machine that made the earlier reports: times the median of what those models took by what was estimated. */
export function scaled(estimates: ReadonlyMap<string, Estimate>, measured: ReadonlyMap<string, Partial<Estimate>>): Map<string, Estimate> {
  const ratios = [...measured].flatMap(([name, { check }]) => {
    const estimate = estimates.get(name);
    return estimate === undefined || check === undefined ? [] : [check / estimate.check];
  });
  const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1;
  return new Map(
    [...estimates].map(([name, { check, search }]) => [name, { check: check * ratio, search: search * ratio, ...measured.get(name) }]),
  );
}
