/**
 * Calibrates a model on the CPU: runs the float network over samples with the inputs of its units marked, and hands the values on, one sample at a time.
 * How values become scales is calibration/calibrate.ts.
 */
import { calibrate } from "../../calibration/calibrate.ts";
import type { Effects } from "../../effects/effects.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { FeedSource, ShapeRange } from "../../model/job.ts";
import type { Tensor } from "../../model/tensor.ts";
import { bodyInputs } from "../../onnx/bodies.ts";
import { type Exposed, exposeBodies } from "../../onnx/expose-bodies.ts";
import { foldBatchNorm } from "../../onnx/fold.ts";
import type { TypeProto } from "../../onnx/gen/onnx-ml_pb.js";
import { modelInputs } from "../../onnx/inputs.ts";
import { DataType } from "../../onnx/model.ts";
import { type Network, prune, toNetwork, valueInfo } from "../../onnx/network.ts";
import { otherTensors, wantedBy } from "../../onnx/placement/place.ts";
import { readModel } from "../../onnx/read.ts";
import { findUnits } from "../../onnx/units.ts";
import { externalize, weightFile } from "../../onnx/weight-file.ts";
import { checkFeeds } from "../../samples/check-feeds.ts";
import { explaining } from "./explain-failure.ts";
import { placementOf } from "./placement.ts";
import { loadRuntime, type Runtime } from "./runtime.ts";
import { openSession, type Session } from "./session.ts";

export interface CalibrationRequest {
  /** A staged copy: large weights are written beside it. */
  readonly modelPath: string;
  /** What messages call the model: its path where it is left out. */
  readonly shownAs?: string;
  readonly data: FeedSource;
  readonly algorithm: "entropy" | "minmax" | "percentile";
  /** In percent (99.999); read by `percentile` alone. */
  readonly percentile: number;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly effects: Effects;
  /** Milliseconds of the monotonic clock by which calibration must be over; none where it is left out. */
  readonly deadlineMs?: number;
}

export type Calibration = Awaited<ReturnType<typeof calibrate>>;

/** Scales (amax / 127) of every tensor that any placement quantises. ConfigError for samples that do not fit or when there are none. */
export async function calibrateModel(request: CalibrationRequest): Promise<Calibration> {
  const { effects } = request;
  const runtime = await loadRuntime(effects);
  const model = await readModel(request.modelPath, effects.files, { weights: "left-in-file", shownAs: request.shownAs });
  await checkFeeds(request.data, modelInputs(model), request.shapes);
  const job = { name: model.file, modelPath: request.modelPath, effects };
  return await explaining({ job, runtime }, async () => {
    const network = toNetwork(model);
    const units = findUnits(network);
    const placement = await placementOf("modelopt", model, request.shapes, effects);
    const wanted = wantedBy(placement, model.graph, network, units);
    const folded = await foldBatchNorm(network, effects.files, wanted.unfolded);
    const read = [...units, ...bodyInputs(folded)].flatMap(({ inputs }) => inputs);
    const others = otherTensors(wanted).difference(new Set(read));
    return await networkScales(folded, { ...request, runtime, tensors: [...read, ...others], optional: others });
  });
}

export interface NetworkCalibration extends Pick<CalibrationRequest, "data" | "algorithm" | "percentile" | "effects" | "deadlineMs"> {
  readonly runtime: Runtime;
  /** That get a scale. */
  readonly tensors: readonly string[];
  /** Those of them that may do without (calibrate.ts). */
  readonly optional?: ReadonlySet<string> | undefined;
}

/**
 * The same for a folded network; samples are already checked. Tensors inside bodies of If, Loop and Scan are handed out to be seen; where that does not run
 * (another shape in each iteration), they get no scale.
 */
export async function networkScales(folded: Network, work: NetworkCalibration): Promise<Calibration> {
  const outer = new Set([...folded.inputs.map(({ name }) => name), ...folded.nodes.flatMap(({ output }) => output)]);
  const [own, inside] = [work.tensors.filter((name) => outer.has(name)), work.tensors.filter((name) => !outer.has(name))];
  const exposed = exposeBodies(folded, new Set(inside));
  const alone = () => scalesIn({ network: folded, names: new Map() }, { ...work, tensors: own });
  if (exposed.names.size === 0) return await alone();
  try {
    return await scalesIn(exposed, { ...work, tensors: [...own, ...exposed.names.keys()] });
  } catch (error) {
    if (!(error instanceof ToolError) || error.reason !== "runtime-failed") throw error;
    work.effects.log.info(`Tensors inside bodies of If, Loop or Scan get no scale: ${error.message}`);
    return await alone();
  }
}

async function scalesIn({ network: folded, names }: Exposed, work: NetworkCalibration): Promise<Calibration> {
  if (work.data.count === 0) throw new ConfigError(`${work.data.description} holds no samples. Give at least one (500 are usual).`);
  const { effects } = work;
  const weights = weightFile(folded.folder, "calibration");
  const network = await externalize(folded, weights, effects.files);
  await weights.write(effects.files);
  const tensors = [...new Set(work.tensors)];
  // What a sample holds is what the network reads, but for types that its values are rounded to.
  const inputs = new Set(folded.inputs.filter(({ type }) => isWide(type)).map(({ name }) => name));
  const marked = tensors.filter((name) => !inputs.has(name)).map((name) => names.get(name) ?? name);
  const session =
    marked.length === 0
      ? undefined
      : await openSession(work.runtime, effects, prune({ ...network, outputs: marked.map(valueInfo) }), "calibration network");
  try {
    return await calibrate({
      algorithm: work.algorithm,
      percentile: work.percentile,
      tensors,
      optional: work.optional,
      passes: () => onePass(session, work, new Map(tensors.map((name) => [names.get(name) ?? name, name]))),
    });
  } finally {
    await session?.release();
    await weights.remove(effects.files);
  }
}

const isWide = (type: TypeProto | undefined): boolean =>
  type?.value.case !== "tensorType" || type.value.value.elemType === DataType.FLOAT || type.value.value.elemType === DataType.DOUBLE;

/** ToolError `timeout` beyond the deadline, with how far calibration came. */
function checkTime({ data, effects, deadlineMs = Number.POSITIVE_INFINITY }: NetworkCalibration, done: number): void {
  if (effects.clock.monotonicMs() <= deadlineMs) return;
  throw new ToolError(
    "timeout",
    `Calibration on the CPU ran out of time after ${done} of ${data.count} samples. Raise 'timeout-minutes', or calibrate with fewer samples.`,
  );
}

async function* onePass(
  session: Session | undefined,
  work: NetworkCalibration,
  /** Names of tensors by the names that they have in the session. */
  wanted: ReadonlyMap<string, string>,
): AsyncIterable<ReadonlyMap<string, Tensor>> {
  for (let i = 0; i < work.data.count; i++) {
    work.effects.cancelled.throwIfAborted();
    checkTime(work, i);
    work.effects.log.progress("calibrating", `sample ${i + 1} of ${work.data.count}`);
    const feed = await work.data.feed(i);
    const values = session === undefined ? [] : await session.run(feed);
    yield new Map(
      [...[...feed].filter(([name]) => wanted.has(name)), ...values].map(([name, tensor]) => [wanted.get(name) ?? name, tensor]),
    );
  }
}
