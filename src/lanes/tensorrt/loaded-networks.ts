/** Networks parsed once and kept in the worker: a worker that was started again has lost them, so they are parsed again when next asked for. */
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
  readonly worker: Worker;
  readonly files: Files;
  /** For descriptions. */
  readonly folder: string;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly plugins: readonly string[];
}

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
    if (known?.generation === worker.generation()) return known;
    const id = `n${this.#numbered++}`;
    const facts = await this.#parse(id, modelPath, typed);
    const loaded = { generation: worker.generation(), id, facts };
    this.#loaded.set(key, loaded);
    return loaded;
  }

  async #parse(id: string, modelPath: string, typed: boolean): Promise<NetworkFacts> {
    const { files, folder, shapes, plugins } = this.#options;
    const describe = join(folder, `${id}.json`);
    await this.#request({
      op: "load",
      body: { network: id, model: modelPath, typed, shapes: Object.fromEntries(shapes), plugins, describe },
      reads: nothingSchema,
      timeoutMs: Number.POSITIVE_INFINITY,
      doing: "Parsing the model with TensorRT",
    });
    return networkSchema.parse(JSON.parse(await files.readText(describe)));
  }
}
