/**
 * From an entry of the configuration to a prepared lane: model staged, inputs resolved, samples opened, scales found, engines possible.
 * Everything that can be wrong with the user's files is said here, before anything runs.
 */
import { dirname, join, resolve } from "node:path";
import { refusePointers } from "../changes/lfs.ts";
import type { FeedEntry, ModelEntry } from "../config/settings.ts";
import { property } from "../config/untyped.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Caveat } from "../gate/caveats.ts";
import type { Evidence } from "../gate/evidence.ts";
import { prepareLane } from "../lanes/prepare.ts";
import type { BuildFacts } from "../model/engine.ts";
import type { EngineJob, FeedSource } from "../model/job.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { BatchRows } from "../model/tensor.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { type Network, toNetwork } from "../onnx/network.ts";
import { hasQdq } from "../onnx/qdq-units.ts";
import { quantizedPrecision } from "../onnx/quantized-precision.ts";
import { readModel } from "../onnx/read.ts";
import { stageModel } from "../onnx/stage.ts";
import type { ModelReport } from "../report/schema.ts";
import type { FingerprintedSource } from "../samples/fingerprints.ts";
import { computeCaveats } from "./compute-in-float.ts";
import type { CheckContext } from "./context.ts";
import { engineKeyWarnings } from "./engine-keys.ts";
import { entrySamples, noValidation } from "./entry-samples.ts";
import { evidenceOf } from "./evidence.ts";
import { refuseForeignQdq } from "./foreign-qdq.ts";
import { givenFiles } from "./given-files.ts";
import { type KeptUnits, matchKept, readKeep, withKept } from "./kept-units.ts";
import { located } from "./located.ts";
import { operatorCaveats, qdqCaveats, unsignedCaveats, weightCaveats } from "./qdq-caveats.ts";
import { chooseQuantization, noQuantization } from "./quantization.ts";
import type { StaleCache } from "./stale-cache.ts";

export interface Prepared {
  readonly lane: PreparedLane;
  readonly laneWhy: string;
  readonly job: EngineJob;
  /** Every engine and session that was built so far, in order. */
  readonly builds: readonly BuildFacts[];
  readonly sha256: string;
  readonly quantization: ModelReport["quantization"];
  /** Set where the cache belongs to another model or lacks scales. */
  readonly staleCache?: StaleCache | undefined;
  readonly warnings: readonly string[];
  /** What the figures will not say. */
  readonly caveats: readonly Caveat[];
  /** Of a validation sample that was read. */
  rowsOf(sample: number): BatchRows | undefined;
  /** Reads calibration samples that nothing has read so far. */
  evidence(): Promise<Evidence>;
  /** Interpreter of the builder check, and whether it is wanted. */
  readonly python: string;
  readonly builderCheck: "auto" | "off";
  /** Units that the entry's keep file keeps; they are none of the lane's. */
  readonly kept?: KeptUnits | undefined;
  /** The model itself is the explicitly quantised one. */
  readonly holdsQdq: boolean;
  close(): Promise<void>;
}

/**
 * `root`: the folder that the entry's paths are relative to (the workspace, or a folder with the base commit's files); `validationRoot`: the same of its
 * validation samples.
 */
export async function prepareModel(entry: ModelEntry, root: string, context: CheckContext, validationRoot = root): Promise<Prepared> {
  const { files } = context.effects;
  const workFolder = await files.makeTempFolder("model");
  const open: FeedSource[] = [];
  const putAway = async () => {
    await Promise.all(open.map((source) => source.close()));
    await files.remove(workFolder);
  };
  try {
    return await prepareIn({ entry, root, validationRoot, context, workFolder, open, putAway });
  } catch (error) {
    await putAway();
    throw error;
  }
}

const whereKept = async (entry: ModelEntry, file: string, { isCommitted, keepAtBase }: CheckContext) => ({
  committed: await isCommitted(file),
  atBase: await keepAtBase(entry, file),
});

interface Workplace {
  readonly entry: ModelEntry;
  readonly root: string;
  readonly validationRoot: string;
  readonly context: CheckContext;
  readonly workFolder: string;
  readonly open: FeedSource[];
  putAway(): Promise<void>;
}

async function prepareIn(place: Workplace): Promise<Prepared> {
  const { entry, root, context, workFolder } = place;
  const { effects, settings } = context;
  await refusePointers([entry], effects, root);
  const staged = await located(entry, ["path"], () => stageInto(place, entry.path, "staged"));
  // Asked for first: what is left open may be told by the samples.
  const { validation: wanted } = entry;
  if (wanted === undefined) throw new ConfigError(noValidation(entry));
  const samples = await located(entry, ["shapes"], () => entrySamples(entry, staged.model, place));
  const openFeeds = samples.open;
  const validation = await located(entry, ["validation", sourceKey(wanted)], () => openFeeds(wanted, "validation"));
  const calibration: FingerprintedSource[] = [];
  const openCalibration = async (feed: FeedEntry, what: string) => {
    const source = await openFeeds(feed, what);
    calibration.push(source);
    return source;
  };
  const qdqPath = await stagedQdq(place);
  if (entry.quantization === undefined && !hasQdq(staged.model.graph.node)) throw new ConfigError(noQuantization(entry));
  const quantization = await located(entry, ["quantization", sourceKey(entry.quantization ?? {})], () =>
    chooseQuantization({ entry, root, model: staged.model, sha256: staged.sha256, qdqPath, openFeeds: openCalibration, context }),
  );
  // What only the command line says stands in no file.
  const written = entry.describedIn === "flags" ? undefined : entry.place;
  for (const warning of quantization.warnings) effects.log.warning(warning, written);
  const keep = await readKeep(entry, root, settings.search.precision, effects);
  const builds: BuildFacts[] = [];
  const quantized = await quantizedNetwork(staged.model, qdqPath, context, entry.quantization?.qdq);
  if (quantized !== undefined)
    await located(entry, ["quantization", "qdq"], async () => refuseForeignQdq(toNetwork(staged.model), quantized));
  const isFloat = !hasQdq(staged.model.graph.node);
  const caveats = [
    ...(isFloat ? weightCaveats(toNetwork(staged.model)) : []),
    ...(quantized === undefined ? [] : qdqCaveats(quantized, { hasFloat: qdqPath !== undefined && isFloat })),
  ];
  for (const { reason, message } of caveats) effects.log.warning(`${reason}: ${message}`, written);
  const job: EngineJob = {
    name: entry.name,
    modelPath: staged.modelPath,
    sources: {
      model: entry.path,
      cache: entry.quantization?.cache,
      qdq: entry.quantization?.qdq,
      ...(typeof entry.keep === "string" ? { keep: entry.keep } : {}),
      plugins: entry.tensorrt.plugins,
    },
    quantization: quantization.source,
    validation,
    workFolder,
    // Units of one model are kept in one precision.
    keepPrecision: keep?.precision ?? settings.search.precision,
    deadlineMs: context.deadlineMs,
    effects,
    tensorrt: {
      ...entry.tensorrt,
      python: settings.options.python,
      plugins: entry.tensorrt.plugins.map((path) => resolve(context.codeFolder, path)),
    },
    shapes: samples.shapes,
    ...(await givenFiles(entry, root, context)),
    onBuild: (facts) => void builds.push(facts),
  };
  const { prepared, why, warnings: ofTools = [] } = await prepareLane(settings.options.lane, job);
  const unfollowed = await orClose(prepared, () => engineKeyWarnings(entry, { lane: prepared.lane, wanted: settings.options.lane, why }));
  for (const warning of unfollowed) effects.log.warning(warning, written);
  for (const warning of ofTools) effects.log.warning(warning);
  const kept = keep && (await orClose(prepared, () => matchKept(keep, prepared, entry)));
  return {
    lane: kept === undefined ? prepared : withKept(prepared, kept),
    laneWhy: why,
    ...(kept === undefined ? {} : { kept: { ...kept, ...(await orClose(prepared, () => whereKept(entry, kept.file, context))) } }),
    job,
    builds,
    sha256: staged.sha256,
    quantization: { ...quantization.report, precision: (quantized && quantizedPrecision(quantized)) ?? "INT8" },
    staleCache: quantization.staleCache,
    warnings: [...quantization.warnings, ...unfollowed, ...ofTools],
    caveats: [
      ...caveats,
      ...(prepared.lane === "simulate" ? builtByNone(quantized, toNetwork(staged.model), entry.tensorrt.plugins) : []),
      ...computeCaveats(prepared),
    ],
    rowsOf: validation.rowsOf,
    evidence: () => evidenceOf(entry, validation, { source: calibration[0], rows: quantization.calibrationRows }),
    python: settings.options.python,
    builderCheck: entry.tensorrt.builderCheck,
    holdsQdq: hasQdq(staged.model.graph.node),
    close: async () => {
      await prepared.close();
      await place.putAway();
    },
  };
}

/** What only an engine that was built would have shown. */
const builtByNone = (quantized: Network | undefined, float: Network, plugins: readonly string[]) => [
  ...operatorCaveats(quantized ?? float, plugins),
  ...(quantized === undefined ? [] : unsignedCaveats(quantized)),
];

/** A lane holds engines or sessions, and nobody else closes it yet. */
async function orClose<T>(lane: PreparedLane, action: () => T): Promise<T> {
  try {
    return action();
  } catch (error) {
    await lane.close();
    throw error;
  }
}

/** The Q/DQ model that is given, or the model itself where it is one, as the file has it; nothing where scales quantise a float model. */
async function quantizedNetwork(
  model: OnnxModel,
  qdqPath: string | undefined,
  context: CheckContext,
  shownAs: string | undefined,
): Promise<Network | undefined> {
  if (qdqPath !== undefined) return toNetwork(await readModel(qdqPath, context.effects.files, { weights: "left-in-file", shownAs }));
  return hasQdq(model.graph.node) ? toNetwork(model) : undefined;
}

/** Path of the staged Q/DQ model, where the entry names one. */
async function stagedQdq(place: Workplace): Promise<string | undefined> {
  const { qdq } = place.entry.quantization ?? {};
  if (qdq === undefined) return undefined;
  return (await located(place.entry, ["quantization", "qdq"], () => stageInto(place, qdq, "staged-qdq"))).modelPath;
}

/** The key that names the source, in a block that may have only one; of cache and data the cache. */
const sourceKey = (block: object): string =>
  ["cache", "qdq", "data", "loader", "inputs", "random"].find((key) => property(block, key) !== undefined) ?? "";

async function stageInto({ root, context, workFolder }: Workplace, path: string, name: string) {
  const folder = join(workFolder, name);
  const { files, cwd } = context.effects;
  await files.makeFolder(folder);
  const isTracked = root === cwd ? trackedBeside(path, context.tracked) : undefined;
  return await stageModel({
    path: join(root, path),
    shownAs: path,
    folder,
    files,
    trust: context.trust.isProposal ? "pull-request" : "local",
    ...(isTracked ? { isTracked } : {}),
  });
}

/** A model that an earlier step made has its data from there as well; git's own folder, with its credentials, is never data. */
function trackedBeside(modelPath: string, tracked: ReadonlySet<string> | undefined): ((location: string) => boolean) | undefined {
  if (tracked === undefined) return undefined;
  const at = (location: string) => join(dirname(modelPath), location);
  if (tracked.has(join(modelPath))) return (location) => tracked.has(at(location));
  return (location) => !at(location).toLowerCase().split("/").includes(".git");
}
