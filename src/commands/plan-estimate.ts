/** What a check of a model will about cost where no earlier report tells: from its arithmetic and its samples. Only the balance of shares hangs on it. */
import { join } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, FileError } from "../effects/failure.ts";
import { toNetwork } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";
import { multiplyAdds } from "../onnx/work.ts";

/** Measured on the OCR models of the tests with one thread, optimisations off: 2 to 6 billion a second. */
const multiplyAddsPerSecond = 3e9;
/** Start, reading, rendering. */
const fixedSeconds = 2;
/** Reference, candidate, and both again for the layers. */
const runsOfSample = 4;
/** Calibration samples are not counted here; a set of this size is common where there is no cache. */
const calibrationRuns = 200;
/** Larger files are not read for a plan: their size says enough. */
const mostBytes = 300 * 2 ** 20;

/** Seconds of the check without its search; a model that cannot be read gets those of an empty one, since its check ends at once. */
export async function estimateSeconds(entry: ModelEntry, { cwd, files }: Effects): Promise<number> {
  const path = join(cwd, entry.path);
  const samples = entry.validation?.random?.samples ?? entry.validation?.maxSamples ?? 0;
  const calibrates = entry.quantization?.cache === undefined && entry.quantization?.qdq === undefined;
  const runs = runsOfSample * samples + (calibrates ? calibrationRuns : 0);
  const size = (await files.stat(path))?.sizeBytes ?? 0;
  // A weight of four bytes, used at a hundred places.
  const work = size > mostBytes ? size * 25 : await workOf(path, entry, files);
  return fixedSeconds + (runs * work) / multiplyAddsPerSecond;
}

async function workOf(path: string, { shapes }: ModelEntry, files: Effects["files"]): Promise<number> {
  try {
    const model = await readModel(path, files, { weights: "left-in-file" });
    return multiplyAdds(toNetwork(model), new Map([...shapes].map(([name, { opt }]) => [name, opt])));
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError)) throw error;
    return 0;
  }
}

/** Estimates brought to the measure of the machine that made the earlier reports: times the median of what those models took by what was estimated. */
export function scaled(estimates: ReadonlyMap<string, number>, measured: ReadonlyMap<string, number>): Map<string, number> {
  const ratios = [...measured].flatMap(([name, seconds]) => {
    const estimate = estimates.get(name);
    return estimate === undefined ? [] : [seconds / estimate];
  });
  const ratio = ratios.toSorted((a, b) => a - b)[Math.floor(ratios.length / 2)] ?? 1;
  return new Map([...estimates].map(([name, seconds]) => [name, measured.get(name) ?? seconds * ratio]));
}
