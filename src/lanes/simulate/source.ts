/**
 * Turns a model and its quantisation source into the two sides of the lane: a float reference network and a candidate.
 * One of: a calibration cache, data to calibrate with, a Q/DQ model. Runs nothing but the calibration.
 */
import { basename } from "node:path";
import { parseCache } from "../../calibration/cache.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import { foldBatchNorm } from "../../onnx/fold.ts";
import type { OnnxModel } from "../../onnx/model.ts";
import { type Network, toNetwork } from "../../onnx/network.ts";
import { readModel } from "../../onnx/read.ts";
import { findUnits } from "../../onnx/units.ts";
import { externalize, weightFile } from "../../onnx/weight-file.ts";
import type { LaneJob, Unit } from "../lane.ts";
import { networkScales } from "./calibrate-model.ts";
import type { Candidate } from "./candidate.ts";
import { coreCandidate } from "./core.ts";
import { hasQdq, qdqCandidate, withoutQdq } from "./qdq.ts";
import type { Runtime } from "./runtime.ts";

export interface Sides {
  readonly reference: Network;
  readonly candidate: Candidate;
  readonly totalUnits: number;
  readonly missingScales: readonly string[];
  readonly variant: string;
}

/** ConfigError where no source is given; ToolError `precision-not-applied` or `stale-cache` where nothing would be quantised. */
export async function makeSides(job: LaneJob, model: OnnxModel, runtime: Runtime): Promise<Sides> {
  const sides = job.quantization.qdqPath !== undefined || hasQdq(model) ? await fromQdq(job, model) : await fromScales(job, model, runtime);
  if (sides.candidate.units.length === 0) throw nothingQuantized(job, sides);
  return sides;
}

async function fromScales(job: LaneJob, model: OnnxModel, runtime: Runtime): Promise<Sides> {
  const { files } = job.effects;
  const weights = weightFile(model.folder, "trt-gate-weights.bin");
  const network = toNetwork(model);
  const folded = await foldBatchNorm(network, files);
  const reference = await externalize(folded, weights, files);
  const units = findUnits(network);
  const scales = await scalesOf(job, { folded, units, runtime });
  const candidate = await coreCandidate(folded, units, scales, weights, job.effects);
  await weights.write(files);
  // Both sides point at the same written float weights.
  const constants = new Map([...candidate.network.constants, ...reference.constants]);
  return { reference, candidate: { ...candidate, network: { ...candidate.network, constants } }, totalUnits: units.length, missingScales: candidate.missingScales, variant: "core" };
}

/** A cache leads; data stands in where there is none (renewing a stale cache is decided before the lane). */
async function scalesOf(job: LaneJob, work: { folded: Network; units: readonly Unit[]; runtime: Runtime }): Promise<ReadonlyMap<string, number>> {
  const { cachePath, data, algorithm, percentile } = job.quantization;
  if (cachePath !== undefined) return parseCache(await job.effects.files.readText(cachePath), basename(cachePath)).scales;
  if (data === undefined) {
    throw new ConfigError(`The model '${job.name}' has no quantization source that the simulate lane can use. Give 'quantization' a cache, data or a qdq model.`);
  }
  const calibration = await networkScales(work.folded, { ...work, data, algorithm, percentile, effects: job.effects });
  return calibration.scales;
}

/** The model itself is the float reference, unless it holds the Q/DQ itself: then its Q/DQ are taken out. */
async function fromQdq(job: LaneJob, model: OnnxModel): Promise<Sides> {
  const { qdqPath } = job.quantization;
  const quantized = toNetwork(qdqPath === undefined ? model : await readModel(qdqPath, job.effects.files));
  const float = hasQdq(model) ? withoutQdq(quantized) : toNetwork(model);
  const { candidate, totalUnits } = qdqCandidate(quantized, float);
  const { files } = job.effects;
  const own = weightFile(quantized.folder, "trt-gate-weights.bin");
  const external = await externalize(candidate.network, own, files);
  await own.write(files);
  if (hasQdq(model)) {
    return { reference: { ...float, constants: new Map([...float.constants].map(([name, tensor]) => [name, external.constants.get(name) ?? tensor])) }, candidate: { ...candidate, network: external }, totalUnits, missingScales: [], variant: "qdq" };
  }
  const others = weightFile(float.folder, "trt-gate-reference.bin");
  const reference = await externalize(float, others, files);
  await others.write(files);
  return { reference, candidate: { ...candidate, network: external }, totalUnits, missingScales: [], variant: "qdq" };
}

function nothingQuantized(job: LaneJob, sides: Sides): ToolError {
  if (sides.missingScales.length > 0) {
    return new ToolError("stale-cache", `The calibration cache of '${job.name}' has a scale for none of the ${sides.totalUnits} units (first missing: '${sides.missingScales[0]}'). Calibrate again for this model.`);
  }
  return new ToolError("precision-not-applied", `Nothing of '${job.name}' would run in INT8: it has ${sides.totalUnits} units that can be quantised. Take the model out of the configuration or add Q/DQ nodes.`);
}
