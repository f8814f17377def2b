/**
 * Turns a model and its quantisation source into the two sides of the lane: a float reference network and a candidate.
 * One of: a calibration cache, data to calibrate with, a Q/DQ model. Runs nothing but the calibration.
 */
import { basename } from "node:path";
import { parseCache } from "../../calibration/cache.ts";
import type { Files } from "../../effects/effects.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { HeldRange } from "../../model/held-range.ts";
import type { LaneJob } from "../../model/job.ts";
import type { BodyCoverage } from "../../model/lane.ts";
import type { Placement } from "../../model/placement.ts";
import { bodyInputs } from "../../onnx/bodies.ts";
import { bodiesByQdq, computeOfFloatKinds } from "../../onnx/body-coverage.ts";
import { embed, isExternal } from "../../onnx/constants.ts";
import type { DoubtedClamp } from "../../onnx/doubted-clamps.ts";
import { guessedTypes } from "../../onnx/element-types.ts";
import { foldBatchNorm } from "../../onnx/fold.ts";
import { DataType, nodeLabel, type OnnxModel } from "../../onnx/model.ts";
import { liveNodes, type Network, toNetwork } from "../../onnx/network.ts";
import {
  countOtherNodes,
  firstOutput,
  nothingToPlace,
  otherTensors,
  place,
  scaledTensors,
  useCore,
  wantedBy,
} from "../../onnx/placement/place.ts";
import { toQdqForm } from "../../onnx/qdq-form.ts";
import { countOthers, floatForm, hasQdq } from "../../onnx/qdq-units.ts";
import { quantiserRanges } from "../../onnx/quantiser-ranges.ts";
import { readModel } from "../../onnx/read.ts";
import { withoutTrtOperators } from "../../onnx/trt-qdq.ts";
import { findUnits, isCompute } from "../../onnx/units.ts";
import { externalize, weightFile } from "../../onnx/weight-file.ts";
import { type Calibration, type NetworkCalibration, networkScales } from "./calibrate-model.ts";
import type { Candidate } from "./candidate.ts";
import { fakeQuantized } from "./fake-quantize.ts";
import { foldConstants } from "./fold-constants.ts";
import { perChannelWeights } from "./per-channel.ts";
import { placementFor } from "./placement.ts";
import { qdqCandidate } from "./qdq.ts";
import { quantizeBodies } from "./quantize-bodies.ts";
import { fedTypes, runnableFile } from "./runnable.ts";
import type { Runtime } from "./runtime.ts";

export interface Sides {
  readonly reference: Network;
  readonly candidate: Candidate;
  readonly totalUnits: number;
  /** Of these, where units are more than compute nodes. */
  readonly quantizedCompute?: number;
  /** As LaneCoverage has it. */
  readonly quantizedOthers?: Readonly<Record<string, number>> | undefined;
  readonly missingScales: readonly string[];
  readonly heldByNoUnit?: readonly string[];
  readonly bodies?: BodyCoverage | undefined;
  /** As LaneCoverage has it. */
  readonly floatKinds: readonly string[];
  /** Quantisers of a file without its float model that may stand for an activation. */
  readonly doubted?: readonly DoubtedClamp[];
  readonly variant: string;
  /** Where Q/DQ nodes of the user say what is quantised: whether their file is all there is, or lies beside the float model. */
  readonly comesAsQdq?: "alone" | "beside float";
  /** Sides that other programs cannot run as their file has them: operators that only TensorRT has, bfloat16, inputs of another type than the samples. */
  readonly readAnew?: { readonly reference: boolean; readonly candidate: boolean };
  /** What samples are saved in, by input, as ONNX numbers it. Set where Q/DQ nodes are the user's own. */
  readonly fed?: ReadonlyMap<string, number>;
  /** Where the gate's own Q/DQ is; undefined where the model brings its own. */
  readonly placement?: Placement | undefined;
  /** Activation scales in use, by tensor; undefined where Q/DQ nodes hold them. */
  readonly scales?: ReadonlyMap<string, number> | undefined;
  /** As PreparedLane has them. */
  readonly readScales?: ReadonlySet<string> | undefined;
  readonly ranges?: ReadonlyMap<string, HeldRange> | undefined;
  readonly convergence?: Calibration["convergence"] | undefined;
}

/** ConfigError where no source is given; ToolError `precision-not-applied` or `stale-cache` where nothing would be quantised. */
export async function makeSides(job: LaneJob, model: OnnxModel, runtime: Runtime): Promise<Sides> {
  const sides =
    job.quantization.qdqPath !== undefined || hasQdq(model.graph.node) ? await fromQdq(job, model) : await fromScales(job, model, runtime);
  if (sides.candidate.units.length === 0 && (sides.bodies?.quantized ?? []).length === 0)
    throw nothingQuantized(job, sides, toNetwork(model));
  return sides;
}

async function fromScales(job: LaneJob, model: OnnxModel, runtime: Runtime): Promise<Sides> {
  const { files } = job.effects;
  refuseDouble(job, toNetwork(model));
  const weights = weightFile(model.folder, "weights");
  // Once out of the model's own file: whatever runs from here on shares these weights.
  const network = await foldConstants(await withWeightFile(toNetwork(model), "float", files), runtime, job.effects);
  const units = findUnits(network);
  const placement = await placementFor(job, model, "core");
  const wanted = wantedBy(placement, model.graph, network, units);
  const folded = await foldBatchNorm(network, files, wanted.unfolded);
  const reference = await externalize(folded, weights, files);
  const inBodies = bodyInputs(folded).flatMap(({ inputs }) => inputs);
  const optional = otherTensors(wanted).difference(new Set(inBodies));
  const { scales, convergence } = await scalesOf(job, { folded, tensors: [...scaledTensors(wanted), ...inBodies], optional, runtime });
  const placed = place(wanted, network, scales);
  const nothing = nothingToPlace(placement, placed, job.name);
  if (nothing !== undefined && units.length > 0) throw new ToolError("precision-not-applied", `${nothing} ${useCore}`);
  const plain = await fakeQuantized(folded, placed, weights, job.effects);
  const bodies = await quantizeBodies(plain.network, scales, { weights, effects: job.effects });
  const candidate = { ...plain, network: bodies.network };
  await weights.write(files);
  // Both sides point at the same written float weights.
  const constants = new Map([...candidate.network.constants, ...reference.constants]);
  return {
    reference,
    candidate: { ...candidate, network: { ...candidate.network, constants } },
    totalUnits: units.length,
    missingScales: placed.missingScales,
    floatKinds: computeOfFloatKinds(network, (node) => placed.others.has(firstOutput(node))),
    ...(placed.others.size === 0 ? {} : { quantizedOthers: countOtherNodes(placed) }),
    ...(bodies.coverage === undefined ? {} : { bodies: bodies.coverage, heldByNoUnit: bodies.coverage.quantized }),
    variant: placement.scheme,
    placement,
    scales,
    readScales: new Set([...scaledTensors(wanted), ...inBodies, ...wanted.groups.flat()]),
    convergence,
  };
}

/** TensorRT has no float64: what would be compared is another model than the one that ships. */
function refuseDouble(job: LaneJob, network: Network): void {
  const types = guessedTypes(network);
  const isDouble = (name: string) => types.get(name) === DataType.DOUBLE;
  const node = network.nodes.find((one) => isCompute(one) && one.input.slice(0, 2).some(isDouble));
  if (node === undefined) return;
  throw new ToolError(
    "unsupported-type",
    `The model '${job.name}' computes '${nodeLabel(node)}' in float64, which TensorRT does not have and the simulate lane does not quantise. Give it the float32 export.`,
  );
}

/** A cache leads; data stands in where there is none (renewing a stale cache is decided before the lane). */
async function scalesOf(
  job: LaneJob,
  work: Pick<NetworkCalibration, "tensors" | "optional" | "runtime"> & { readonly folded: Network },
): Promise<Pick<Sides, "convergence"> & { readonly scales: ReadonlyMap<string, number> }> {
  const { cachePath, data, algorithm, percentile } = job.quantization;
  if (cachePath !== undefined) return { scales: parseCache(await job.effects.files.readText(cachePath), basename(cachePath)).scales };
  if (data === undefined) {
    throw new ConfigError(
      `The model '${job.name}' has no quantization source that the simulate lane can use. Give 'quantization' a cache, data or a qdq model.`,
    );
  }
  const { scales, convergence } = await networkScales(work.folded, {
    ...work,
    data,
    algorithm,
    percentile,
    effects: job.effects,
    deadlineMs: job.deadlineMs,
  });
  return { scales, convergence };
}

/** The model itself is the float reference, unless it holds the Q/DQ: then they are read around. */
async function fromQdq(job: LaneJob, model: OnnxModel): Promise<Sides> {
  const { qdqPath } = job.quantization;
  const { files } = job.effects;
  const holdsOwn = hasQdq(model.graph.node);
  const own = toNetwork(model);
  const fed = fedTypes(own);
  const asShown = { weights: "left-in-file", shownAs: job.sources?.qdq } as const;
  const written = qdqPath === undefined ? own : toNetwork(await readModel(qdqPath, files, asShown));
  const standard = await withoutTrtOperators(written, files);
  const quantized = toQdqForm(standard);
  const { float, doubted = [] } = holdsOwn ? floatForm(quantized) : { float: own };
  // A quantiser's own preprocessing folds normalisations: weights are found behind them.
  const partner = holdsOwn ? undefined : await embedded(await foldBatchNorm(float, files), files);
  const { candidate: asItIs, found } = qdqCandidate(quantized, partner);
  const candidate = job.quantization.weights === "per-channel" ? await perChannelWeights(asItIs, files) : asItIs;
  if (candidate === undefined) throw nothingPerTensor(job);
  if (holdsOwn && found.units.length === 0 && found.roundedWeights.length > 0) throw weightsAlone(job, found.roundedWeights);
  const bodies = bodiesByQdq(quantized);
  return {
    reference: await withWeightFile(float, "reference", files),
    candidate: { ...candidate, network: await withWeightFile(candidate.network, "weights", files) },
    totalUnits: found.totalUnits,
    quantizedCompute: found.quantizedCompute,
    quantizedOthers: countOthers(found),
    missingScales: [],
    heldByNoUnit: found.left,
    ranges: quantiserRanges(quantized, partner),
    floatKinds: found.floatKinds,
    doubted,
    bodies,
    variant: "qdq",
    comesAsQdq: holdsOwn ? "alone" : "beside float",
    readAnew: { reference: runnableFile(own, fed) !== own, candidate: standard !== written || runnableFile(written, fed) !== written },
    fed,
  };
}

async function withWeightFile(network: Network, purpose: string, files: Files): Promise<Network> {
  const weights = weightFile(network.folder, purpose);
  const moved = await externalize(network, weights, files);
  await weights.write(files);
  return moved;
}

/** With its external data read in: its weights are about to move into a network of another folder. */
async function embedded(network: Network, files: Files): Promise<Network> {
  const constants = new Map(network.constants);
  for (const [name, tensor] of constants) if (isExternal(tensor)) constants.set(name, await embed(tensor, network.folder, files));
  return { ...network, constants };
}

const weightsAlone = ({ name }: LaneJob, rounded: readonly string[]): ToolError =>
  new ToolError(
    "quantization-form",
    `'${name}' quantises nothing but the weights of ${rounded.length} nodes (first '${rounded[0]}'), and their float values are not in the file: there is nothing to compare it with. Give the float model as 'path' and this one as 'quantization.qdq'.`,
  );

const nothingPerTensor = ({ name }: LaneJob): ToolError =>
  new ToolError(
    "precision-not-applied",
    `No weight of '${name}' can be quantised per channel: each has a scale per channel already, or its float values are not known. Give the float model as 'path' and the Q/DQ model as 'quantization.qdq'.`,
  );

function nothingQuantized(job: LaneJob, sides: Sides, network: Network): ToolError {
  if (sides.missingScales.length > 0) {
    return new ToolError(
      "stale-cache",
      `The calibration cache of '${job.name}' has a scale for none of the ${sides.totalUnits} units (first missing: '${sides.missingScales[0]}'). Calibrate again for this model.`,
    );
  }
  const { float = [] } = sides.bodies ?? {};
  if (float.length > 0)
    return new ToolError(
      "compute-in-bodies",
      `Every compute node of '${job.name}' lies inside a body of If, Loop or Scan, and none has a scale (first of ${float.length}: ${float[0]}). Give calibration data that reach them, a cache with scales of their inputs, or export the model without control flow.`,
    );
  const [kind] = sides.floatKinds;
  if (kind !== undefined)
    return new ToolError(
      "compute-in-float",
      `Nothing of '${job.name}' would run in INT8: what it computes with is of kinds that the gate does not quantise (first of ${sides.floatKinds.length}: ${kind}). Export it as Conv, Gemm or MatMul, or give the Q/DQ model that is built.`,
    );
  const [compute, live] = [network.nodes.filter(isCompute), liveNodes(network)];
  const [first] = compute;
  if (first !== undefined && !compute.some((node) => live.has(node)) && (sides.bodies?.total ?? 0) === 0)
    return new ToolError(
      "precision-not-applied",
      `No compute node of '${job.name}' (first of ${compute.length}: '${nodeLabel(first)}') makes what an output of the model holds, so INT8 would change nothing that can be seen. Name what they compute as an output, or take the model out of the configuration.`,
    );
  return new ToolError(
    "precision-not-applied",
    `Nothing of '${job.name}' would run in INT8: it has ${sides.totalUnits} units that can be quantised. Take the model out of the configuration or add Q/DQ nodes.`,
  );
}
