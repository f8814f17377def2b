/** Which Q/DQ network the explicit lane builds: the file given, the model itself, or one made from the model's scales. */
import { join } from "node:path";
import { parseCache } from "../../calibration/cache.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { EngineJob } from "../../model/job.ts";
import type { Placement } from "../../model/placement.ts";
import type { Unit } from "../../model/unit.ts";
import { elementsOf } from "../../onnx/constants.ts";
import type { DoubtedClamp } from "../../onnx/doubted-clamps.ts";
import { encodeModel, insertQdq } from "../../onnx/edit.ts";
import { foldBatchNorm } from "../../onnx/fold.ts";
import { modelInputs } from "../../onnx/inputs.ts";
import { type Network, toNetwork } from "../../onnx/network.ts";
import { countOtherNodes } from "../../onnx/placement/place.ts";
import { toQdqForm } from "../../onnx/qdq-form.ts";
import { floatForm } from "../../onnx/qdq-units.ts";
import { readModel } from "../../onnx/read.ts";
import { calibrateModel } from "../simulate/calibrate-model.ts";
import { insertPlaced } from "../simulate/placement.ts";
import { type ModelFacts, refuseNarrow } from "./model-facts.ts";

export interface QdqSource {
  readonly quantized: Network;
  /** The same nodes without Q/DQ: the reference. */
  readonly float: Network;
  /** Where a kept unit's float weights come from; undefined where the model knows them only as integers. */
  readonly partner: Network | undefined;
  /** As Sides of the simulate lane have it. */
  readonly doubted?: readonly DoubtedClamp[];
  readonly path: string;
  /** The file to build as it stands, byte for byte; undefined for what the gate made or had to write anew. */
  readonly given: string | undefined;
  readonly missingScales: readonly string[];
  /** What the gate makes from scales: the same network with these units in float, and where its Q/DQ is. Undefined for a Q/DQ model that was given. */
  readonly made?: MadeQdq;
  /** In the model's own order of precedence: "Q/DQ model", "scales of …". */
  readonly why: string;
}

export interface MadeQdq {
  readonly units: readonly Unit[];
  readonly totalUnits: number;
  readonly others: Readonly<Record<string, number>>;
  readonly placement: Placement;
  readonly scales: ReadonlyMap<string, number>;
  keeping(keep: ReadonlySet<string>): Promise<Network>;
}

/** The network whose Q/DQ somebody else made: of the file given for it, or the model itself. Undefined where the gate has to make it. ToolError as `readModelFacts`. */
export async function givenQdq(job: EngineJob, own: ModelFacts): Promise<Network | undefined> {
  const { qdqPath } = job.quantization;
  if (qdqPath === undefined) return own.holdsQdq ? own.network : undefined;
  const model = await readModel(qdqPath, job.effects.files, { shownAs: job.sources?.qdq });
  refuseNarrow(modelInputs(model), model.file);
  return toNetwork(model);
}

/** `read`: what `givenQdq` gives. ConfigError where nothing says how to quantise; ToolError `stale-cache` where the cache has a scale for nothing. */
export async function qdqSource(job: EngineJob, own: ModelFacts, read: Network | undefined, typed: boolean): Promise<QdqSource> {
  const { files } = job.effects;
  const { qdqPath } = job.quantization;
  if (read === undefined) return await madeFromScales(job, own, typed);
  const quantized = toQdqForm(read);
  if (qdqPath !== undefined)
    return {
      quantized,
      float: own.network,
      partner: await foldBatchNorm(own.network, files),
      path: qdqPath,
      given: quantized === read ? qdqPath : undefined,
      missingScales: [],
      why: "the given Q/DQ model",
    };
  return {
    quantized,
    ...floatForm(quantized),
    partner: undefined,
    path: job.modelPath,
    given: quantized === read ? job.modelPath : undefined,
    missingScales: [],
    why: "the model's own Q/DQ",
  };
}

/** In a weakly typed network weights stay float before their own pair: TensorRT 8.6.1 cannot build stored INT8 weights in what it hands to Myelin (attention). */
async function madeFromScales(job: EngineJob, own: ModelFacts, typed: boolean): Promise<QdqSource> {
  const { files } = job.effects;
  const scales = await scalesOf(job);
  const read = () => readModel(job.modelPath, files, { shownAs: job.sources?.model });
  const options = { floatWeights: !typed && weightBytes(own.network) < mostFloatBytes };
  const { model, units, missingScales, placed, placement } = await insertPlaced({
    model: await read(),
    again: read,
    asked: job.quantization.placement,
    scales,
    shapes: job.shapes,
    options,
    name: job.name,
    effects: job.effects,
  });
  if (units.length === 0)
    throw new ToolError(
      "stale-cache",
      `No unit of '${job.name}' has its scales (first missing: '${missingScales[0] ?? ""}'). Calibrate anew for this model.`,
    );
  const path = join(own.model.folder, "trt-gate-qdq.onnx");
  await files.writeBytes(path, encodeModel(model));
  const float = await foldBatchNorm(own.network, files);
  return {
    quantized: toNetwork(model),
    float,
    partner: float,
    path,
    given: undefined,
    missingScales,
    made: {
      units,
      totalUnits: own.units.length,
      others: countOtherNodes(placed),
      placement,
      scales,
      keeping: async (keep) => toNetwork((await insertQdq(await read(), scales, files, { ...options, placement, keep })).model),
    },
    why: `Q/DQ made from ${scales.size} scales, placed as ${placement.scheme}`,
  };
}

/** One file holds 2 GiB; larger models fit with stored INT8 weights alone. */
const mostFloatBytes = 2 ** 30;
const weightBytes = ({ constants }: Network): number => [...constants.values()].reduce((sum, tensor) => sum + 4 * elementsOf(tensor), 0);

async function scalesOf(job: EngineJob): Promise<ReadonlyMap<string, number>> {
  const { cachePath, data, algorithm, percentile } = job.quantization;
  if (cachePath !== undefined) return parseCache(await job.effects.files.readText(cachePath), cachePath).scales;
  if (data !== undefined)
    return (
      await calibrateModel({
        modelPath: job.modelPath,
        data,
        algorithm,
        percentile,
        shapes: job.shapes,
        effects: job.effects,
        deadlineMs: job.deadlineMs,
      })
    ).scales;
  throw new ConfigError(
    `The explicit lane needs a Q/DQ model of '${job.name}'. Give 'qdq', or a 'cache' or 'data', in its 'quantization'.`,
  );
}
