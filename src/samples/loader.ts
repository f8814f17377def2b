/**
 * Runs a Polygraphy data loader script (`load_data()`) in a process of its own and gives its samples.
 * The script is copied alone into an empty folder and run there: nothing beside it can be imported (docs/security.md).
 */
import { basename, join } from "node:path";
import { z } from "zod";
import { pythonEnv } from "../effects/child-env.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { pythonFile } from "../effects/python-files.ts";
import { fromTool } from "../effects/tool-file.ts";
import { readNpy } from "../formats/npy.ts";
import type { FeedSource } from "../model/job.ts";
import type { Feed } from "../model/tensor.ts";
import type { ResolvedInput } from "../onnx/inputs.ts";
import { checkFeeds } from "./check-feeds.ts";

const mostMs = 30 * 60_000;
const defaultFunction = "load_data";
/** Each sample as pairs of input and file: a record of zod's would leave out an input called `__proto__`. */
const written = z.array(
  z
    .custom<object>((sample) => typeof sample === "object" && sample !== null && !Array.isArray(sample))
    .transform((sample) => Object.entries(sample))
    .pipe(z.array(z.tuple([z.string(), z.string().regex(/^\d+-\d+\.npy$/)]))),
);

export interface LoaderLimits {
  readonly maxSamples?: number;
  /** Milliseconds of the monotonic clock at which the run must be over; without it half an hour is all there is. */
  readonly deadlineMs?: number;
  /** The model's inputs: every sample is checked against them at once. */
  readonly inputs?: readonly ResolvedInput[];
}

/**
 * `loaderPath`: a script, optionally `script.py:function`; it finds the workspace in TRT_GATE_WORKSPACE. Everything is written below `workFolder`.
 * ToolError `loader-failed` with the last lines for any failure; ConfigError where it yields nothing, or samples that do not fit.
 */
export async function loadSamples(
  loaderPath: string,
  python: string,
  effects: Effects,
  workFolder: string,
  limits: LoaderLimits = {},
): Promise<FeedSource> {
  const { maxSamples, inputs, deadlineMs = Number.POSITIVE_INFINITY } = limits;
  // A process needs some time limit: one that is over is the shortest there is.
  const timeoutMs = Math.max(1, Math.min(mostMs, deadlineMs - effects.clock.monotonicMs()));
  const { script, functionName } = splitLoader(loaderPath);
  const alone = join(workFolder, "loader");
  const folder = join(workFolder, "loaded");
  await effects.files.makeFolder(alone);
  await effects.files.makeFolder(folder);
  const copy = join(alone, basename(script));
  await effects.files.copy(script, copy);
  const result = await effects.exec.run({
    file: python,
    args: [
      await pythonFile("loader.py", effects.files),
      copy,
      functionName,
      folder,
      String(Number.isFinite(maxSamples) ? maxSamples : Number.MAX_SAFE_INTEGER),
    ],
    cwd: alone,
    env: pythonEnv(effects.env, { TRT_GATE_WORKSPACE: effects.cwd }),
    timeoutMs,
  });
  if (result.endedBy === "cancel") throw new ToolError("cancelled", "The data loader was cancelled. Start the run again.", result.tail);
  if (result.endedBy === "timeout")
    throw new ToolError(
      "timeout",
      `The data loader ${loaderPath} took longer than the ${Math.round(timeoutMs / 1000)} s that were left for it. Yield fewer samples, or raise 'timeout-minutes'.`,
      result.tail,
    );
  const index = join(folder, "samples.json");
  if (result.endedBy !== "exit" || result.exitCode !== 0 || (await effects.files.stat(index)) === undefined) {
    const how = result.endedBy === "exit" ? `exit code ${result.exitCode}` : (result.cause ?? result.signal ?? result.endedBy);
    throw new ToolError(
      "loader-failed",
      `The data loader ${loaderPath} failed (${how}): ${result.tail.at(-1) ?? "no output"}. It runs in an empty folder. Yield {input: array}, and find files below the variable TRT_GATE_WORKSPACE.`,
      result.tail,
    );
  }
  const samples = written.parse(JSON.parse(await effects.files.readText(index)));
  if (samples.length === 0)
    throw new ConfigError(`The data loader ${loaderPath} yields no sample. Let load_data() yield at least one {input: array}.`);
  const source: FeedSource = {
    description: `${basename(script)} (${samples.length} samples)`,
    count: samples.length,
    feed: (at) => readFeed(samples[at] ?? [], folder, effects),
    close: () => effects.files.remove(folder),
  };
  if (inputs !== undefined)
    await checkFeeds(
      source,
      inputs.map(({ name, dtype, shape }) => ({ name, dtype, dims: shape })),
      new Map(inputs.flatMap(({ name, shape, range }) => (range ? [[name, { ...range, opt: shape }] as const] : []))),
    );
  return source;
}

/** `f.py:name` as Polygraphy writes it; a path with a drive or a colon elsewhere keeps its colon. */
function splitLoader(loaderPath: string): { readonly script: string; readonly functionName: string } {
  const match = /^(.*\.py):([A-Za-z_]\w*)$/.exec(loaderPath);
  return { script: match?.[1] ?? loaderPath, functionName: match?.[2] ?? defaultFunction };
}

async function readFeed(sample: readonly (readonly [string, string])[], folder: string, effects: Effects): Promise<Feed> {
  const feed = new Map();
  for (const [name, file] of sample) {
    const path = join(folder, file);
    feed.set(name, await fromTool(path, effects.files, async () => readNpy(name, await effects.files.readBytes(path), path)));
  }
  return feed;
}
