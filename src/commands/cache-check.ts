/** `trt-gate cache check CACHE MODEL`: 0 where the cache fits, 1 where it does not, 4 where the model has nothing to quantise. */

import { basename, resolve } from "node:path";
import { type CacheCheck, cacheFault, checkCache } from "../calibration/check.ts";
import { modelFacts } from "../calibration/model-facts.ts";
import { openCache, openSidecar } from "../calibration/open-cache.ts";
import { asTyped } from "../effects/own-command.ts";
import { inertName } from "../effects/sanitize-log.ts";
import { exitCodes } from "../gate/exit-code.ts";
import { plural } from "../model/plural.ts";
import { stageModel } from "../onnx/stage.ts";
import { bodyWarnings } from "./body-warnings.ts";
import type { RunCommand } from "./command.ts";

export const check: RunCommand = async (parsed, effects, io) => {
  const [, cacheName = "", modelName = ""] = parsed.positionals;
  const { files } = effects;
  const [cachePath, modelPath] = [resolve(effects.cwd, cacheName), resolve(effects.cwd, modelName)];
  const cache = await openCache(cachePath, cacheName, files);
  const staged = await stageModel({
    path: modelPath,
    shownAs: modelName,
    folder: await files.makeTempFolder("cache-check"),
    files,
    trust: "local",
  });
  const facts = await modelFacts(staged.model, files);
  const result = checkCache({
    cache,
    ...facts,
    modelSha256: staged.sha256,
    sidecar: await openSidecar(cachePath, cacheName, files),
  });
  for (const warning of bodyWarnings(staged.model, modelName)) effects.log.warning(warning);
  const computeInputs = facts.computeInputs.length;
  const fits = computeInputs > 0 && cacheFault(result) === undefined && result.stale === undefined;
  io.out(
    parsed.has("json")
      ? `${JSON.stringify({ fits, computeInputs, ...result }, undefined, 1)}\n`
      : asTyped(tell(result, { computeInputs, fits, model: basename(modelName) }), effects),
  );
  if (computeInputs === 0)
    effects.log.error(`${modelName} has no compute node that could run in INT8: there is nothing to check the cache against.`);
  return computeInputs === 0 ? exitCodes.undecided : fits ? exitCodes.pass : exitCodes.regression;
};

/** A cache of another model can list thousands: the first ones are enough to see it. */
const shown = 20;

function tell(result: CacheCheck, { computeInputs, fits, model }: { computeInputs: number; fits: boolean; model: string }): string {
  const lines = [
    `${result.header || "no header"}: ${plural(result.scales, "scale")}, for ${computeInputs - result.missing.length} of ${plural(computeInputs, "compute input")} of ${model}.`,
    ...section(
      "Compute inputs without a scale (their nodes would run in float)",
      result.missing.map(({ tensor, node }) => `${tensor}  read by ${node}`),
    ),
    ...section("Entries that name no tensor of the model", result.orphans),
    ...section(
      "Implausible scales",
      result.implausible.map(({ tensor, scale, why }) => `${tensor}  ${scale.toPrecision(4)}: ${why}`),
    ),
    ...section(
      "Problems of the file",
      result.problems.map(({ message }) => message),
    ),
    ...(result.headerMismatch === undefined ? [] : [`TensorRT would ignore this cache: ${result.headerMismatch}.`]),
    result.origin
      ? `Made ${result.origin.createdAt} from ${plural(result.origin.samples, "sample")} (${result.origin.algorithm}).`
      : "No note beside the cache says which model it was made from; trt-gate calibrate writes one.",
    ...(result.unnamedLayers === 0
      ? []
      : [
          `${result.unnamedLayers === 1 ? "One entry belongs to a layer" : `${result.unnamedLayers} entries belong to layers`} that TensorRT makes itself.`,
        ]),
    fits
      ? "The cache fits the model."
      : `The cache does not fit the model${result.stale === undefined ? "" : ` (${result.stale})`}; calibrate anew.`,
  ];
  return `${lines.join("\n")}\n`;
}

/** Nothing without entries; of many the first ones and how many more there are. */
export function section(title: string, entries: readonly string[]): string[] {
  if (entries.length === 0) return [];
  const rest = entries.length > shown ? [`  … and ${entries.length - shown} more`] : [];
  return [`${title}: ${entries.length}`, ...entries.slice(0, shown).map((entry) => `  ${inertName(entry)}`), ...rest];
}
