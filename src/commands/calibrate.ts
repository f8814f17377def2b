/** `trt-gate calibrate MODEL --data FILE -o CACHE`: a TensorRT calibration cache from samples, on the CPU, with a note beside it of what it was made from. */
import { basename, resolve } from "node:path";
import { defaultCacheVersion, headerWord, writeCache } from "../calibration/cache.ts";
import type { Algorithm } from "../calibration/collector.ts";
import { type Sidecar, sidecarPath, writeSidecar } from "../calibration/sidecar.ts";
import { shapesFromFlags } from "../config/shapes.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { type Calibration, calibrateModel } from "../lanes/simulate/calibrate-model.ts";
import { countMadeUp, type FeedSource } from "../model/job.ts";
import { plural } from "../model/plural.ts";
import { modelInputs, resolveInputs } from "../onnx/inputs.ts";
import { stageModel } from "../onnx/stage.ts";
import { alignColumns } from "../report/columns.ts";
import { openFeeds } from "../samples/feeds.ts";
import { type FingerprintedSource, fingerprinted, mostCompared } from "../samples/fingerprints.ts";
import { completeShapes } from "../samples/observed-shapes.ts";
import { bodyWarnings } from "./body-warnings.ts";
import { renderCalibration } from "./calibration-page.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { writeWhole } from "./write-whole.ts";

/** Fewer samples than this miss rare large values (TensorRT's own advice is 500 to 1000). */
const fewSamples = 500;

export const run: RunCommand = async (parsed, effects, io) => {
  const [modelName = ""] = parsed.positionals;
  const [data, output] = [required(parsed, "data", "FILE.npz"), required(parsed, "output", "CACHE")];
  const algorithm = algorithmOf(parsed);
  const percentile = percentileOf(parsed);
  const { files } = effects;
  const staged = await stageModel({
    path: resolve(effects.cwd, modelName),
    shownAs: modelName,
    folder: await files.makeTempFolder("calibrate"),
    files,
    trust: "local",
  });
  const path = resolve(effects.cwd, data);
  const shapes = await completeShapes(modelInputs(staged.model), shapesFromFlags(parsed.list("shapes")), [{ path }], files);
  const inputs = resolveInputs(staged.model, shapes, "flags");
  const samples = fingerprinted(await openFeeds({ kind: "data", path }, inputs, effects, parsed.number("max-samples")), "calibration");
  try {
    for (const warning of sampleWarnings(data, samples)) effects.log.warning(warning);
    const calibration = await calibrateModel({
      modelPath: staged.modelPath,
      shownAs: modelName,
      data: samples,
      algorithm,
      percentile,
      shapes,
      effects,
    });
    for (const warning of bodyWarnings(staged.model, modelName)) effects.log.warning(warning);
    if (calibration.scales.size === 0) {
      effects.log.error(
        `${modelName} has no compute node whose inputs calibration can see: no cache was written. Export it without control flow, or choose another model.`,
      );
      return 4;
    }
    const text = writeCache({ version: versionOf(parsed), algorithm: headerWord[algorithm], scales: calibration.scales });
    const origin = { modelSha256: staged.sha256, algorithm, samples: calibration.samples };
    await writeWithNote(resolve(effects.cwd, output), text, { ...origin, ...(await samplesNote(samples)) }, effects);
    const page = parsed.text("html");
    if (page !== undefined) {
      const html = renderCalibration({ model: basename(modelName), sha256: staged.sha256, data, cache: output, calibration });
      await files.writeText(resolve(effects.cwd, page), html);
    }
    io.out(parsed.has("json") ? asJson(calibration, output) : tell(calibration, output));
    return 0;
  } finally {
    await samples.close();
  }
};

function sampleWarnings(data: string, samples: FeedSource): string[] {
  const few = `${data} has ${plural(samples.count, "sample")}, fewer than ${fewSamples}. Scales from few samples miss rare large values.`;
  const madeUp = `${data} holds random numbers that trt-gate inputs made up: scales from them fit no real use.`;
  return [...(samples.count < fewSamples ? [few] : []), ...(countMadeUp(samples) > 0 ? [madeUp] : [])];
}

async function writeWithNote(path: string, text: string, note: Omit<Sidecar, "createdAt">, { files, clock }: Effects): Promise<void> {
  await writeWhole(files, path, text);
  await writeWhole(files, sidecarPath(path), writeSidecar({ ...note, createdAt: clock.now().toISOString() }));
}

/** Which samples they are, so that a check with the cache alone knows its validation samples among them. */
async function samplesNote(samples: FingerprintedSource): Promise<Pick<Sidecar, "rows" | "madeUp">> {
  const madeUp = countMadeUp(samples);
  const rows = (await samples.fingerprints(mostCompared)).flat().slice(0, mostCompared);
  return { rows: rows.map(({ content }) => content), ...(madeUp > 0 ? { madeUp } : {}) };
}

function required(parsed: Parsed, flag: string, example: string): string {
  const value = parsed.text(flag);
  if (value === undefined) throw new ConfigError(`calibrate needs --${flag}. Add --${flag} ${example}.`);
  return value;
}

function algorithmOf(parsed: Parsed): Algorithm {
  const text = parsed.text("algorithm") ?? "entropy";
  if (text === "entropy" || text === "minmax" || text === "percentile") return text;
  throw new ConfigError(`--algorithm is "${text}"; write entropy, minmax or percentile.`);
}

function percentileOf(parsed: Parsed): number {
  const percentile = parsed.number("percentile") ?? 99.999;
  if (percentile > 0 && percentile <= 100) return percentile;
  throw new ConfigError(`--percentile is ${percentile}; write a number above 0 and at most 100, e.g. 99.999.`);
}

/** TensorRT recalibrates when the header names another version than its own. */
function versionOf(parsed: Parsed): string {
  const version = parsed.text("trt-version") ?? defaultCacheVersion;
  if (/^[0-9]{3,6}$/.test(version)) return version;
  throw new ConfigError(
    `--trt-version is "${version}"; write the digits of a cache's first line, e.g. 8601 for TensorRT 8.6.1 or 100300 for 10.3.0.`,
  );
}

const asJson = ({ algorithm, scales, samples, allZero, convergence }: Calibration, output: string): string =>
  `${JSON.stringify({ written: output, algorithm, samples, scales: Object.fromEntries(scales), allZero, convergence }, undefined, 1)}\n`;

function tell({ algorithm, scales, samples, allZero, convergence }: Calibration, output: string): string {
  const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;
  const lines = [
    `${output}: ${plural(scales.size, "scale")} by ${algorithm} from ${plural(samples, "sample")}.`,
    ...allZero.map((tensor) => `"${tensor}" was always zero and has no scale.`),
    ...alignColumns(
      [
        ["samples", "median change", "worst change of a scale since the line before"],
        ...convergence.map(({ samples: used, medianChange, worstChange }) => [String(used), percent(medianChange), percent(worstChange)]),
      ],
      "rrl",
    ),
  ];
  return `${lines.join("\n")}\n`;
}
