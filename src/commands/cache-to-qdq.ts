/**
 * `trt-gate cache to-qdq CACHE MODEL -o OUT`: an explicit Q/DQ model with the cache's scales, the way from implicit quantisation (TensorRT 10) to
 * explicit (11). Verified by running both in the simulate lane.
 */

import { basename, resolve } from "node:path";
import { openCache } from "../calibration/open-cache.ts";
import { shapesFromFlags } from "../config/shapes.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { parseKeepFile } from "../fix/keep-file.ts";
import { exitCodes } from "../gate/exit-code.ts";
import { insertPlaced } from "../lanes/simulate/placement.ts";
import { type PlacementScheme, placementSchemes } from "../model/placement.ts";
import { plural } from "../model/plural.ts";
import type { Unit } from "../model/unit.ts";
import { encodeModel } from "../onnx/edit.ts";
import { modelInputs, resolveInputs } from "../onnx/inputs.ts";
import { toNetwork } from "../onnx/network.ts";
import { countOtherNodes } from "../onnx/placement/place.ts";
import { readModel } from "../onnx/read.ts";
import { stageModel } from "../onnx/stage.ts";
import { findUnits } from "../onnx/units.ts";
import { findKept } from "../prepare/kept-units.ts";
import { plainLine } from "../report/text.ts";
import { openFeeds } from "../samples/feeds.ts";
import { completeShapes } from "../samples/observed-shapes.ts";
import { bodyWarnings } from "./body-warnings.ts";
import type { RunCommand } from "./command.ts";
import { agreementDb } from "./qdq-verification.ts";

const placedAs: Readonly<Record<PlacementScheme, string>> = {
  modelopt: "as ModelOpt does",
  core: "on the inputs of compute nodes",
};

/** Both are the same arithmetic; what is left are roundings that a deep network carries on. */
const enoughDb = 60;

/** Ids of the units that a keep file names; none without a file. ConfigError for a file of another model. */
async function keptIds(
  file: string | undefined,
  units: readonly Unit[],
  modelName: string,
  { cwd, files }: Effects,
): Promise<ReadonlySet<string>> {
  if (file === undefined) return new Set();
  const path = resolve(cwd, file);
  if ((await files.stat(path))?.kind !== "file")
    throw new ConfigError(
      `The keep file ${file} is not there. Leave --keep out to keep nothing, or write it from a report that has a fix: trt-gate fix report.json --format keep`,
    );
  const parsed = parseKeepFile(await files.readText(path));
  if ("fault" in parsed)
    throw new ConfigError(
      `The keep file ${file} ${parsed.fault}. Leave --keep out to keep nothing, or write it from a report that has a fix: trt-gate fix report.json --format keep`,
    );
  const { found, missing } = findKept(parsed.keep.units, units);
  if (missing.length > 0)
    throw new ConfigError(
      `The keep file ${file} keeps ${missing.length} of ${plural(parsed.keep.units.length, "unit")} that ${modelName} does not have, first "${missing[0]?.unit}". Make it anew for this model: trt-gate fix report.json --format keep.`,
    );
  return new Set(found.map(({ id }) => id));
}

function schemeFrom(text: string | undefined): PlacementScheme | undefined {
  if (text === undefined) return undefined;
  const scheme = placementSchemes.find((one) => one === text);
  if (scheme === undefined) throw new ConfigError(`--placement is "${text}"; write ${placementSchemes.join(" or ")}.`);
  return scheme;
}

const mostNamed = 5;

/** Nothing converts them: whoever builds decides in which precision they run. Empty where every unit has Q/DQ. */
function floatWords(units: readonly { readonly id: string; readonly nodes: readonly string[] }[]): string {
  if (units.length === 0) return "";
  const named = units.slice(0, mostNamed).map(({ id, nodes }) => plainLine(nodes[0] ?? id, 60));
  const more = units.length > mostNamed ? ` and ${units.length - mostNamed} more` : "";
  return `FP32 in the file stay: ${named.join(", ")}${more}.\n`;
}

/** 0 where both agree to 60 dB, 1 where they do not (the model is written all the same), 4 where nothing could be quantised or compared. */
export const toQdq: RunCommand = async (parsed, effects, io) => {
  const [, cacheName = "", modelName = ""] = parsed.positionals;
  const output = parsed.text("output");
  if (output === undefined) throw new ConfigError("cache to-qdq needs a file to write. Add -o OUT.onnx.");
  const { files } = effects;
  const [cachePath, modelPath] = [resolve(effects.cwd, cacheName), resolve(effects.cwd, modelName)];
  const cache = await openCache(cachePath, cacheName, files);
  for (const { message } of cache.problems) effects.log.warning(message);

  const folder = await files.makeTempFolder("to-qdq");
  const staged = await stageModel({ path: modelPath, shownAs: modelName, folder, files, trust: "local" });
  const data = parsed.text("verify-data");
  const dataPath = data === undefined ? undefined : resolve(effects.cwd, data);
  const origins = dataPath === undefined ? [] : [{ path: dataPath }];
  const shapes = await completeShapes(modelInputs(staged.model), shapesFromFlags(parsed.list("shapes")), origins, files);
  const inputs = resolveInputs(staged.model, shapes, "flags");
  const all = findUnits(toNetwork(staged.model));
  const keep = await keptIds(parsed.text("keep"), all, modelName, effects);
  const { model, units, missingScales, placed, placement } = await insertPlaced({
    model: staged.model,
    again: () => readModel(staged.modelPath, files, { shownAs: modelName }),
    asked: schemeFrom(parsed.text("placement")),
    scales: cache.scales,
    shapes,
    options: { keep, floatWeights: parsed.has("float-weights") },
    name: modelName,
    effects,
  });
  if (units.length === 0) {
    effects.log.error(
      `No compute node of ${modelName} has a scale in ${cacheName}: nothing was written. Check the cache with trt-gate cache check.`,
    );
    return exitCodes.undecided;
  }
  for (const warning of bodyWarnings(staged.model, modelName)) effects.log.warning(warning);
  for (const tensor of missingScales) effects.log.warning(`"${tensor}" has no scale: its node stays in float.`);
  const outputPath = resolve(effects.cwd, output);
  await files.writeBytes(outputPath, encodeModel(model));

  const random = { kind: "random", seed: 0, samples: 4, low: -1, high: 1 } as const;
  const samples = await openFeeds(dataPath === undefined ? random : { kind: "data", path: dataPath }, inputs, effects);
  try {
    const sources = { model: modelName, cache: cacheName, qdq: output };
    const { scheme } = placement;
    const written = { modelPath, cachePath, qdqPath: outputPath, sources, samples, shapes, keep, placement: scheme, effects };
    const sqnrDb = await agreementDb(written);
    const quantized = new Set(units.map(({ id }) => id));
    const inFloat = all.filter(({ id }) => !quantized.has(id));
    const result = {
      written: output,
      units: units.length,
      placement: scheme,
      others: countOtherNodes(placed),
      inFloat: inFloat.map(({ id }) => id),
      missingScales,
      agreementDb: Number.isFinite(sqnrDb) ? sqnrDb : String(sqnrDb),
      samples: samples.count,
    };
    io.out(
      parsed.has("json") ? `${JSON.stringify(result, undefined, 1)}\n` : `${sentenceOf(result, all.length, sqnrDb)}${floatWords(inFloat)}`,
    );
    if (sqnrDb >= enoughDb) return exitCodes.pass;
    effects.log.error(
      `${output} agrees with ${cacheName} to ${decibels(sqnrDb)} only, less than ${enoughDb} dB. Compare both on your own data with --verify-data.`,
    );
    return Number.isNaN(sqnrDb) ? exitCodes.undecided : exitCodes.regression;
  } finally {
    await samples.close();
    await files.remove(folder);
  }
};

interface Told {
  readonly written: string;
  readonly units: number;
  readonly placement: PlacementScheme;
  readonly samples: number;
}

function sentenceOf({ written, units, placement, samples }: Told, total: number, sqnrDb: number): string {
  const agreement = sqnrDb === Number.POSITIVE_INFINITY ? "exactly" : `to ${decibels(sqnrDb)}`;
  return `${basename(written)}: ${units} of ${plural(total, "unit")} with Q/DQ, placed ${placedAs[placement]}; agrees with the cache ${agreement} on ${plural(samples, "sample")}.\n`;
}

const decibels = (value: number): string => `${Number(value.toPrecision(4))} dB`;
