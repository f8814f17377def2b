/**
 * Networks parsed once and kept in the worker, the few that were asked for last: each holds its weights in memory, and a search makes dozens.
 * A worker that was started again has lost them all. What is gone is parsed again when next asked for.
 */
import { join } from "node:path";
import type { Files } from "../../effects/effects.ts";
import type { ShapeRange } from "../../model/job.ts";
import { type NetworkFacts, networkSchema, nothingSchema } from "./protocol.ts";
import type { Worker } from "./worker.ts";

export interface LoadedNetwork {
  /** Name in the worker. */
  readonly id: string;
  readonly facts: NetworkFacts;
  /** Start of the worker that holds it. */
  readonly generation: number;
}

export interface NetworkOptions {
  readonly worker: Pick<Worker, "hello" | "generation">;
  readonly files: Pick<Files, "readText">;
  /** For descriptions. */
  readonly folder: string;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly plugins: readonly string[];
  /** Of inputs that TensorRT may take as shapes: least, usual and largest of what they hold. */
  readonly values: ReadonlyMap<string, ShapeRange>;
  readonly versionCompatible: boolean;
}

/** Reference, plain candidate, and the one that is tried. */
const mostKept = 3;

export class LoadedNetworks {
  readonly #options: NetworkOptions;
  readonly #request: Worker["request"];
  readonly #loaded = new Map<string, LoadedNetwork>();
  #numbered = 0;

  /** `request` keeps the deadline of the run. */
  constructor(options: NetworkOptions, request: Worker["request"]) {
    this.#options = options;
    this.#request = request;
  }

  async load(modelPath: string, typed: boolean): Promise<LoadedNetwork> {
    const { worker } = this.#options;
    await worker.hello();
    const key = `${typed} ${modelPath}`;
    const known = this.#loaded.get(key);
    this.#loaded.delete(key);
    if (known?.generation === worker.generation()) {
      this.#loaded.set(key, known);
      return known;
    }
    await this.#makeRoom();
    const id = `n${this.#numbered++}`;
    const facts = await this.#parse(id, modelPath, typed);
    const loaded = { generation: worker.generation(), id, facts };
    this.#loaded.set(key, loaded);
    return loaded;
  }

  /** Lets go of those asked for longest ago. */
  async #makeRoom(): Promise<void> {
    for (const [key, { id, generation }] of [...this.#loaded].slice(0, Math.max(0, this.#loaded.size - mostKept + 1))) {
      this.#loaded.delete(key);
      if (generation !== this.#options.worker.generation()) continue;
      await this.#request({ op: "unload", body: { network: id }, reads: nothingSchema, timeoutMs: 60_000, doing: "Unloading a network" });
    }
  }

  async #parse(id: string, modelPath: string, typed: boolean): Promise<NetworkFacts> {
    const { files, folder, shapes, plugins, values, versionCompatible } = this.#options;
    const describe = join(folder, `${id}.json`);
    await this.#request({
      op: "load",
      body: {
        network: id,
        model: modelPath,
        typed,
        shapes: Object.fromEntries(shapes),
        values: Object.fromEntries(values),
        versionCompatible,
        plugins,
        describe,
      },
      reads: nothingSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: "Parsing the model with TensorRT",
    });
    return networkSchema.parse(JSON.parse(await files.readText(describe)));
  }
}
