/**
 * Requests to the worker one by one, as a session makes them, with what each left behind: for contract checks up to the build.
 * Decides only whether a build gave an engine, was refused for want of the builder's kernels, or failed otherwise.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { ToolError } from "../src/effects/failure.ts";
import {
  buildSchema,
  type NetworkFacts,
  type NetworkState,
  networkSchema,
  networkStateSchema,
  nothingSchema,
} from "../src/lanes/tensorrt/protocol.ts";
import type { Worker } from "../src/lanes/tensorrt/worker.ts";
import type { ShapeRange } from "../src/model/job.ts";

export type Built =
  | { readonly kind: "engine" }
  /** `first`: nothing was complained of before the missing library. */
  | { readonly kind: "no-builder"; readonly message: string; readonly first: boolean; readonly lines: readonly string[] }
  | { readonly kind: "failed"; readonly message: string; readonly lines: readonly string[] };

export interface Loaded {
  readonly facts: NetworkFacts;
  readonly seconds: number;
  /** Builds and lets the engine go. Anything but a failure of a tool is thrown. */
  build(body: Readonly<Record<string, unknown>>): Promise<Built>;
  state(): Promise<NetworkState>;
}

export type Load = (model: string, typed: boolean, shapes: ReadonlyMap<string, ShapeRange>) => Promise<Loaded>;

/** Every option that the lanes set on a build, but precision, calibration, marks and kept layers. */
const builderOptions = { tf32: false, workspaceBytes: 2 ** 30, optimizationLevel: 0, noTacticSources: true, marks: [] };

/** `recordings` keeps the description of every network for tests to replay. */
export function loader(worker: Worker, folder: string, recordings: string): Load {
  let loads = 0;
  return async (model, typed, shapes) => {
    const network = `contract-${loads++}`;
    const describe = join(recordings, `${network}.json`);
    const start = performance.now();
    const ask = { timeoutMs: 300_000, doing: `The contract of ${network}` };
    const body = { network, model, typed, shapes: Object.fromEntries(shapes), plugins: [], describe };
    await worker.request({ ...ask, op: "load", body, reads: nothingSchema });
    return {
      facts: networkSchema.parse(JSON.parse(readFileSync(describe, "utf8"))),
      seconds: (performance.now() - start) / 1000,
      state: () => worker.request({ ...ask, op: "state", body: { network }, reads: networkStateSchema }),
      build: (options) =>
        outcomeOf(async () => {
          const engine = `${network}-engine`;
          const timingCache = join(folder, `${network}.timing.cache`);
          await worker.request({
            ...ask,
            op: "build",
            body: { ...builderOptions, network, engine, timingCache, ...options },
            reads: buildSchema,
          });
          await worker.request({ ...ask, op: "release", body: { engine }, reads: nothingSchema });
        }),
    };
  };
}

/** What became of `body`, which builds. */
export async function outcomeOf(body: () => Promise<unknown>): Promise<Built> {
  try {
    await body();
    return { kind: "engine" };
  } catch (error) {
    if (!(error instanceof ToolError)) throw error;
    const { message, reason, tail } = error;
    const lines = tail.slice(0, 5);
    if (reason === "lane-unavailable" && isBuilderLine(message))
      return { kind: "no-builder", message, first: isBuilderLine(lines[0] ?? ""), lines };
    return { kind: "failed", message, lines };
  }
}

const isBuilderLine = (line: string): boolean => line.includes("nvinfer_builder_resource");
