/**
 * Engines of one model and one run: networks loaded once, engines built from a recipe, run over all samples, inspected, timed and released at once.
 * A `Side` is what is left of an engine: its tensors on disk and its facts. Nothing here knows what is compared with what.
 */
import { join } from "node:path";
import type { Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { readNpy } from "../../formats/npy.ts";
import type { ExecutedLayer } from "../../model/engine.ts";
import type { ShapeRange, TensorRtOptions } from "../../model/job.ts";
import type { Tensor } from "../../model/tensor.ts";
import type { FeedFiles } from "./feed-files.ts";
import { type Gpu, type GpuState, gpuState } from "./gpu.ts";
import { parseInspector } from "./inspector.ts";
import type { KeptLayers } from "./layer-map.ts";
import {
  type BuildResult,
  buildSchema,
  type Hello,
  latencySchema,
  type NetworkFacts,
  networkSchema,
  nothingSchema,
  pathSchema,
  runSchema,
} from "./protocol.ts";
import type { Worker } from "./worker.ts";

export interface Calibration {
  readonly cache: string;
  readonly calibrator: string;
  /** Given: calibrate from these and write `cache`, which must not exist. */
  readonly samples?: readonly FeedFiles[];
}

/** Everything that decides one engine. */
export interface Recipe {
  readonly what: string;
  readonly modelPath: string;
  readonly typed: boolean;
  readonly fp16: boolean;
  readonly int8: boolean;
  readonly calibration?: Calibration;
  readonly keep?: KeptLayers;
  readonly marks: readonly string[];
  /** Kernels are timed anew, without the run's timing cache: a build that shall show what the next build may give. */
  readonly fresh?: boolean;
  /** Also write the serialised engine here (hardware checks compare it with Polygraphy's own run). */
  readonly plan?: string;
}

export interface Side {
  readonly recipe: Recipe;
  readonly build: BuildResult;
  readonly executed: readonly ExecutedLayer[];
  readonly latencyMs: number | undefined;
  readonly state: GpuState | undefined;
  /** The first sample run twice gave the same bytes. */
  readonly repeatIdentical: boolean;
  readonly names: readonly string[];
  tensor(sample: number, name: string): Promise<Tensor | undefined>;
}

export interface SessionOptions {
  readonly effects: Effects;
  readonly worker: Worker;
  readonly hello: Hello;
  readonly gpu: Gpu | undefined;
  readonly folder: string;
  readonly feeds: readonly FeedFiles[];
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly tensorrt: TensorRtOptions;
  /** Milliseconds of the monotonic clock by which everything must be over. */
  readonly deadlineMs: number;
}

export interface Session {
  network(modelPath: string, typed: boolean): Promise<NetworkFacts>;
  make(recipe: Recipe): Promise<Side>;
  close(): Promise<void>;
}

const warmUp = 10;
const iterations = 100;
const diskReserveBytes = 200 << 20;

export function openSession(options: SessionOptions): Session {
  const { effects, worker, tensorrt } = options;
  // At level 0 TensorRT does not respect a timing cache, and 8.6 cannot read back the empty one that it writes (recorded on an H100).
  const timingCacheOf = ({ fresh }: Recipe) =>
    fresh === true || tensorrt.optimizationLevel === 0 ? undefined : join(options.folder, "timing.cache");
  const loaded = new Map<string, { readonly generation: number; readonly id: string; readonly facts: NetworkFacts }>();
  let numbered = 0;

  const timeLeftMs = (doing: string): number => {
    const left = options.deadlineMs - effects.clock.monotonicMs();
    if (left > 0) return left;
    throw new ToolError("timeout", `There is no time left for ${doing}. Raise 'timeout-minutes'.`);
  };
  const request: Worker["request"] = (wanted) =>
    worker.request({ ...wanted, timeoutMs: Math.min(wanted.timeoutMs, timeLeftMs(wanted.doing)) });

  const network = async (modelPath: string, typed: boolean) => {
    await worker.hello();
    const key = `${typed} ${modelPath}`;
    const known = loaded.get(key);
    if (known?.generation === worker.generation()) return known;
    const id = `n${numbered++}`;
    const describe = join(options.folder, `${id}.json`);
    await request({
      op: "load",
      body: { network: id, model: modelPath, typed, shapes: Object.fromEntries(options.shapes), plugins: tensorrt.plugins, describe },
      reads: nothingSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: "Parsing the model with TensorRT",
    });
    const facts = networkSchema.parse(JSON.parse(await effects.files.readText(describe)));
    const fresh = { generation: worker.generation(), id, facts };
    loaded.set(key, fresh);
    return fresh;
  };

  const buildEngine = async (recipe: Recipe, engine: string): Promise<BuildResult> => {
    const { id } = await network(recipe.modelPath, recipe.typed);
    const wanted = {
      op: "build",
      body: {
        network: id,
        engine,
        fp16: recipe.fp16,
        int8: recipe.int8,
        calibration: recipe.calibration,
        keep: recipe.keep,
        marks: recipe.marks,
        plan: recipe.plan,
        timingCache: timingCacheOf(recipe),
        tf32: tensorrt.tf32,
        workspaceBytes: tensorrt.workspaceMiB === undefined ? undefined : tensorrt.workspaceMiB * 2 ** 20,
        optimizationLevel: tensorrt.optimizationLevel,
        noTacticSources: tensorrt.noTacticSources,
        versionCompatible: tensorrt.versionCompatible,
        dlaCore: tensorrt.dlaCore,
      },
      reads: buildSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: `Building the ${recipe.what}`,
    };
    const first = await request(wanted);
    // Tactics skipped for lack of memory make another engine: build once more, then say so.
    return first.degraded.length === 0 || recipe.calibration?.samples !== undefined ? first : await request(wanted);
  };

  const inspect = async (engine: string): Promise<readonly ExecutedLayer[]> => {
    if (!options.hello.features.inspector) return [];
    const path = join(options.folder, `${engine}.layers.json`);
    await request({
      op: "inspect",
      body: { engine, path },
      reads: pathSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: "Reading the engine's layers",
    });
    return parseInspector(await effects.files.readText(path), path).layers;
  };

  const runAll = async (engine: string, folder: string, feeds: readonly FeedFiles[]): Promise<readonly string[]> => {
    const answer = await request({
      op: "run",
      body: { engine, feeds, folder, first: 0 },
      reads: runSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: "Running the engine",
    });
    return answer.names;
  };

  const repeat = async (engine: string, folder: string, names: readonly string[]): Promise<boolean> => {
    await runAll(engine, join(folder, "again"), options.feeds.slice(0, 1));
    for (let k = 0; k < names.length; k++) {
      const [once, twice] = await Promise.all(
        [folder, join(folder, "again")].map((one) => effects.files.readBytes(join(one, `0-${k}.npy`))),
      );
      if (!sameBytes(once, twice)) return false;
    }
    return true;
  };

  const make = async (recipe: Recipe): Promise<Side> => {
    const engine = `e${numbered++}`;
    const folder = join(options.folder, engine);
    const build = await buildEngine(recipe, engine);
    try {
      const plain = recipe.marks.length === 0;
      await checkDisk(recipe);
      const executed = await inspect(engine);
      const names = await runAll(engine, folder, options.feeds);
      const repeatIdentical = plain ? await repeat(engine, folder, names) : true;
      const latency = plain
        ? await request({
            op: "latency",
            body: { engine, feed: options.feeds[0], warmUp, iterations },
            reads: latencySchema,
            timeoutMs: Number.POSITIVE_INFINITY,
            doing: "Timing the engine",
          })
        : undefined;
      const state = plain && options.gpu !== undefined ? await gpuState(options.gpu, effects) : undefined;
      return {
        recipe,
        build,
        executed,
        names,
        repeatIdentical,
        state,
        latencyMs: latency?.medianMs,
        tensor: (sample, name) => readTensor(folder, names, sample, name),
      };
    } finally {
      await request({ op: "release", body: { engine }, reads: nothingSchema, timeoutMs: 60_000, doing: "Releasing the engine" }).catch(
        () => undefined,
      );
    }
  };

  const readTensor = async (folder: string, names: readonly string[], sample: number, name: string): Promise<Tensor | undefined> => {
    const k = names.indexOf(name);
    if (k < 0) return undefined;
    const path = join(folder, `${sample}-${k}.npy`);
    return readNpy(name, await effects.files.readBytes(path), path);
  };

  /** Marked tensors of all samples must fit beside a reserve, or nothing is written at all. */
  const checkDisk = async (recipe: Recipe) => {
    const { facts } = await network(recipe.modelPath, recipe.typed);
    const wanted = new Set(recipe.marks);
    const tensors = [
      ...facts.outputs,
      ...facts.layers.flatMap((layer) => layer.outputs.filter((tensor) => tensor !== null && wanted.has(tensor.name))),
    ];
    const perSample = tensors.reduce(
      (sum, tensor) => sum + 4 * (tensor?.shape ?? []).reduce((product, dim) => product * Math.max(1, dim), 1),
      0,
    );
    const needed = perSample * (options.feeds.length + 1);
    const free = await effects.files.freeBytes(options.folder);
    if (needed + diskReserveBytes < free) return;
    throw new ToolError(
      "disk-full",
      `The outputs of ${recipe.what} need ${needed} bytes and ${free} are free on the runner. Free space, or lower 'tensorrt.mark-batch' and 'max-samples'.`,
    );
  };

  return { network: async (modelPath, typed) => (await network(modelPath, typed)).facts, make, close: () => worker.close() };
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
