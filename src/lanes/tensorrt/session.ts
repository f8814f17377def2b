/**
 * Engines of one model and one run: built from a recipe, run over all samples, inspected, timed and released at once.
 * A `Side` is what is left of an engine: its tensors on disk and its facts. Nothing here knows what is compared with what.
 */
import { join } from "node:path";
import type { Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { hashFile } from "../../effects/file-hash.ts";
import { fromTool } from "../../effects/tool-file.ts";
import { readNpy } from "../../formats/npy.ts";
import type { ExecutedLayer, FileFacts } from "../../model/engine.ts";
import type { ShapeRange, TensorRtOptions } from "../../model/job.ts";
import type { Tensor } from "../../model/tensor.ts";
import type { FeedFiles } from "./feed-files.ts";
import { type Gpu, type GpuState, gpuState } from "./gpu.ts";
import { parseInspector } from "./inspector.ts";
import { LoadedNetworks } from "./loaded-networks.ts";
import { checkOutputSpace } from "./output-space.ts";
import { type BuildResult, buildSchema, type Hello, type NetworkFacts, nothingSchema, pathSchema, runSchema } from "./protocol.ts";
import { buildBody, type Recipe } from "./recipe.ts";
import type { Worker, WorkerRequest } from "./worker.ts";

export interface Side {
  readonly recipe: Recipe;
  readonly build: BuildResult;
  readonly executed: readonly ExecutedLayer[];
  /** Undefined for engines with marks. */
  readonly state: GpuState | undefined;
  /** The first sample run twice gave the same bytes. Undefined for engines with marks, where it is not tried. */
  readonly repeatIdentical: boolean | undefined;
  /** The serialised engine; undefined for engines with marks. */
  readonly plan: FileFacts | undefined;
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
  /** What inputs of integers hold (shape-values.ts). */
  readonly values: ReadonlyMap<string, ShapeRange>;
  readonly tensorrt: TensorRtOptions;
  /** Milliseconds of the monotonic clock by which everything must be over. */
  readonly deadlineMs: number;
}

const timingCacheName = "timing.cache";

/** An engine in the worker, and the folder that its outputs go to. */
interface Running {
  readonly engine: string;
  readonly folder: string;
}

export class Session {
  readonly #options: SessionOptions;
  readonly #networks: LoadedNetworks;
  #numbered = 0;
  #freshTimings = 0;
  /** A build was short of memory twice in a row. */
  #isShort = false;

  constructor(options: SessionOptions) {
    this.#options = options;
    const { worker, effects, folder, shapes, values, tensorrt } = options;
    const { plugins, versionCompatible } = tensorrt;
    const networks = { worker, files: effects.files, folder, shapes, values, plugins, versionCompatible };
    this.#networks = new LoadedNetworks(networks, (wanted) => this.#request(wanted));
  }

  async network(modelPath: string, typed: boolean): Promise<NetworkFacts> {
    return (await this.#networks.load(modelPath, typed)).facts;
  }

  /** What a build's profile says of each input: its shape, or what it holds where TensorRT takes it as a shape. */
  profileOf({ inputs }: NetworkFacts): ReadonlyMap<string, ShapeRange> {
    const { shapes, values } = this.#options;
    const asShapes = new Set(inputs.flatMap((input) => (input?.isShape === true ? [input.name] : [])));
    return new Map([...shapes].map(([name, shape]) => [name, (asShapes.has(name) ? values.get(name) : undefined) ?? shape]));
  }

  /** ToolError for everything that can go wrong; the worker holds no engine afterwards. */
  async make(recipe: Recipe): Promise<Side> {
    const engine = `e${this.#numbered++}`;
    const running = { engine, folder: join(this.#options.folder, engine) };
    const plan = recipe.given ?? recipe.plan ?? (recipe.marks.length === 0 ? `${running.folder}.plan` : undefined);
    const build = recipe.given === undefined ? await this.#build(recipe, engine, plan) : await this.#open(recipe, recipe.given, engine);
    try {
      return { ...(await this.#use(recipe, build, running)), plan: plan === undefined ? undefined : await this.#fileFacts(plan) };
    } finally {
      await this.#ask("release", { engine }, nothingSchema, "Releasing the engine", 60_000).catch(() => undefined);
    }
  }

  close(): Promise<void> {
    return this.#options.worker.close();
  }

  /** A question about serialised engines and the first sample, with what goes on on the GPU meanwhile (time-plans.ts). */
  async askOfPlans<T>(op: string, body: Readonly<Record<string, unknown>>, reads: WorkerRequest<T>["reads"], doing: string): Promise<T> {
    const [feed] = this.#options.feeds;
    return await this.#ask(op, { ...body, feed, runtimeCache: this.#runtimeCache() }, reads, doing);
  }

  /** What the GPU says of itself at this moment; undefined where there is no `nvidia-smi` to ask. */
  async gpuState(): Promise<GpuState | undefined> {
    const { gpu, effects } = this.#options;
    return gpu === undefined ? undefined : await gpuState(gpu, effects);
  }

  get clock(): Effects["clock"] {
    return this.#options.effects.clock;
  }

  async #use(recipe: Recipe, build: BuildResult, running: Running): Promise<Omit<Side, "plan">> {
    const { effects, folder, feeds, gpu } = this.#options;
    const plain = recipe.marks.length === 0;
    const network = await this.network(recipe.modelPath, recipe.typed);
    await checkOutputSpace(recipe, network, { files: effects.files, folder, samples: feeds.length });
    const executed = await this.#inspect(running.engine);
    const names = await this.#run(running, feeds);
    return {
      recipe,
      build,
      executed,
      names,
      repeatIdentical: plain ? await this.#repeats(running, names) : undefined,
      state: plain && gpu !== undefined ? await gpuState(gpu, effects) : undefined,
      tensor: (sample, name) => this.#read(running.folder, names, sample, name),
    };
  }

  #open(recipe: Recipe, plan: string, engine: string): Promise<BuildResult> {
    return this.#ask("open", { engine, plan, runtimeCache: this.#runtimeCache() }, buildSchema, `Opening the ${recipe.what}`);
  }

  async #build(recipe: Recipe, engine: string, plan: string | undefined): Promise<BuildResult> {
    const { id } = await this.#networks.load(recipe.modelPath, recipe.typed);
    const body = buildBody(recipe, { network: id, engine, plan, timingCache: this.#timingCache(recipe) }, this.#options.tensorrt);
    const build = () => this.#ask("build", { ...body, runtimeCache: this.#runtimeCache() }, buildSchema, `Building the ${recipe.what}`);
    const first = await build();
    if (first.degraded.length === 0 || this.#isShort || recipe.calibration?.samples !== undefined) return first;
    // Tactics skipped for lack of memory make another engine: build once more, then say so. Memory that stays short is not asked again.
    const second = await build();
    this.#isShort = second.degraded.length > 0;
    return second;
  }

  #timingCache({ fresh }: Recipe): string | undefined {
    const shared = this.timingCache;
    return shared === undefined || fresh !== true ? shared : join(this.#options.folder, `timing-${++this.#freshTimings}.cache`);
  }

  /** TensorRT for RTX: kernels that are compiled when an engine runs, once for all engines of this model and run. It has no timing cache. */
  #runtimeCache(): string | undefined {
    const { hello, folder } = this.#options;
    return hello.features.runtimeCache ? join(folder, "runtime.cache") : undefined;
  }

  /**
   * One for all builds of this model and run, those of `ship: rebuild` apart. None at level 0, where TensorRT respects none, and 8.6 cannot read back the
   * empty one that it writes (recorded on an H100); none for TensorRT for RTX.
   */
  get timingCache(): string | undefined {
    const { tensorrt, folder } = this.#options;
    return tensorrt.optimizationLevel === 0 || this.#runtimeCache() !== undefined ? undefined : join(folder, timingCacheName);
  }

  async #inspect(engine: string): Promise<readonly ExecutedLayer[]> {
    const { hello, folder, effects } = this.#options;
    if (!hello.features.inspector) return [];
    const path = join(folder, `${engine}.layers.json`);
    await this.#ask("inspect", { engine, path }, pathSchema, "Reading the engine's layers");
    return await fromTool(path, effects.files, async () => parseInspector(await effects.files.readText(path), path).layers);
  }

  async #run({ engine, folder }: Running, feeds: readonly FeedFiles[]): Promise<readonly string[]> {
    return (await this.#ask("run", { engine, feeds, folder, first: 0 }, runSchema, "Running the engine")).names;
  }

  async #repeats({ engine, folder }: Running, names: readonly string[]): Promise<boolean> {
    const { feeds } = this.#options;
    const again = join(folder, "again");
    await this.#run({ engine, folder: again }, feeds.slice(0, 1));
    for (let k = 0; k < names.length; k++) {
      const [once, twice] = await Promise.all([folder, again].map((one) => this.#bytes(join(one, `0-${k}.npy`))));
      if (!sameBytes(once, twice)) return false;
    }
    return true;
  }

  async #read(folder: string, names: readonly string[], sample: number, name: string): Promise<Tensor | undefined> {
    const k = names.indexOf(name);
    if (k < 0) return undefined;
    const path = join(folder, `${sample}-${k}.npy`);
    return await fromTool(path, this.#options.effects.files, async () => readNpy(name, await this.#bytes(path), path));
  }

  #bytes(path: string): Promise<Uint8Array> {
    const { files } = this.#options.effects;
    return fromTool(path, files, () => files.readBytes(path));
  }

  async #fileFacts(path: string): Promise<FileFacts> {
    return { path, ...(await hashFile(path, this.#options.effects.files)) };
  }

  #ask<T>(
    op: string,
    body: Readonly<Record<string, unknown>>,
    reads: WorkerRequest<T>["reads"],
    doing: string,
    timeoutMs = Number.POSITIVE_INFINITY,
  ): Promise<T> {
    return this.#request({ op, body, reads, doing, timeoutMs });
  }

  /** Within what is left of the run's time. */
  async #request<T>(wanted: WorkerRequest<T>): Promise<T> {
    const { worker, effects, deadlineMs } = this.#options;
    const left = deadlineMs - effects.clock.monotonicMs();
    if (!(left > 0)) throw new ToolError("timeout", `There is no time left for ${wanted.doing}. Raise 'timeout-minutes'.`);
    return await worker.request({ ...wanted, timeoutMs: Math.min(wanted.timeoutMs, left) });
  }
}

const sameBytes = (a: Uint8Array | undefined, b: Uint8Array | undefined): boolean =>
  a !== undefined && b !== undefined && Buffer.compare(a, b) === 0;
