/** What both engine lanes are given: a worker that has said hello, the GPU it runs on, and how to let go of both. */
import { ConfigError } from "../../effects/failure.ts";
import type { EngineJob } from "../../model/job.ts";
import { productOf } from "./capabilities.ts";
import { type FeedFiles, writeFeeds } from "./feed-files.ts";
import { deviceEnv, type Gpu, type GpuState } from "./gpu.ts";
import type { LaneParts } from "./lane-parts.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Hello } from "./protocol.ts";
import { Session } from "./session.ts";
import { shapeValues } from "./shape-values.ts";
import type { Worker } from "./worker.ts";

export interface EngineTools {
  readonly worker: Worker;
  readonly hello: Hello;
  readonly gpu: Gpu | undefined;
  readonly stateBefore: GpuState | undefined;
  /** Ends the worker and unlocks the GPU. */
  close(): Promise<void>;
}

/** ConfigError for plugin libraries that are not there. */
export async function sessionFor(job: EngineJob, facts: ModelFacts, tools: EngineTools): Promise<Session> {
  await checkPlugins(job);
  const feeds: FeedFiles[] = await writeFeeds(job.validation, job.validation.count, `${job.workFolder}/validation`, job.effects.files);
  return new Session({
    ...tools,
    effects: job.effects,
    folder: job.workFolder,
    feeds,
    shapes: facts.shapes,
    values: await shapeValues(job.validation, facts.inputs),
    tensorrt: job.tensorrt,
    deadlineMs: job.deadlineMs,
  });
}

async function checkPlugins({ name, sources, tensorrt, effects }: EngineJob): Promise<void> {
  const kinds = await Promise.all(tensorrt.plugins.map(async (path) => (await effects.files.stat(path))?.kind));
  const missing = tensorrt.plugins.map((path, i) => sources?.plugins?.[i] ?? path).filter((_, i) => kinds[i] !== "file");
  if (missing.length > 0)
    throw new ConfigError(
      missing.map((path) => `'${name}' wants the plugin library ${path}, which is not there. Correct \`tensorrt.plugins\`.`),
    );
}

/** What every lane on this machine is made of. */
export const machineParts = (tools: EngineTools): Pick<LaneParts, "versions" | "device" | "eccBefore" | "onClose"> => ({
  versions: versionsOf(tools),
  device: tools.gpu === undefined ? {} : deviceEnv(tools.gpu),
  eccBefore: tools.stateBefore?.uncorrectedEcc,
  onClose: tools.close,
});

/** For the report's environment. */
const versionsOf = ({ hello, gpu }: EngineTools): Record<string, string> => ({
  tensorrt: hello.product === "TensorRT" ? hello.tensorrt : productOf(hello),
  polygraphy: hello.polygraphy,
  python: hello.python,
  ...(gpu === undefined ? {} : { gpu: gpu.name, driver: gpu.driver }),
});
