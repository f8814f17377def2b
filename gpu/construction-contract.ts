/** What the construction checks share: the worker that is there, the model that is checked with, and how a check is recorded. */
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { ToolError } from "../src/effects/failure.ts";
import { cacheHeaderPrefix } from "../src/lanes/tensorrt/capabilities.ts";
import type { EngineTools } from "../src/lanes/tensorrt/engine-context.ts";
import type { Hello } from "../src/lanes/tensorrt/protocol.ts";
import type { EngineJob } from "../src/model/job.ts";
import { type Bench, clsFeeds, fixtures, jobFor, models } from "./bench.ts";
import { type Built, type Load, loader } from "./construction-worker.ts";

export interface Contract {
  readonly bench: Bench;
  readonly hello: Hello;
  readonly tools: EngineTools;
  readonly load: Load;
  check(name: string, pass: boolean, figure: unknown, wanted: string): void;
  /** A build must end as the first one did: an engine, or the builder's kernels missing and nothing else complained of. */
  built(name: string, found: Built): void;
  /** An error in one part must not hide what the others would show. */
  part(name: string, body: () => Promise<void>): Promise<void>;
}

export function openContract(bench: Bench, tools: EngineTools): Contract {
  let first: Built["kind"] | undefined;
  const check: Contract["check"] = (name, pass, figure, wanted) => bench.recorder.check("construction", name, pass, figure, wanted);
  return {
    bench,
    tools,
    hello: tools.hello,
    load: loader(tools.worker, bench.folder, bench.recorder.recordings),
    check,
    async part(name, body) {
      const error = await body().then(
        () => undefined,
        (thrown: unknown) => thrown,
      );
      check(`${name}: part ran to its end`, error === undefined, error === undefined ? null : describe(error), "no error");
    },
    built(name, found) {
      first ??= found.kind;
      const ended = found.kind === "engine" || (found.kind === "no-builder" && found.first);
      check(
        `${name}: build`,
        ended && found.kind === first,
        found,
        first === "engine" ? "an engine" : "only the builder's kernels missing",
      );
    },
  };
}

const describe = (error: unknown): unknown =>
  error instanceof ToolError
    ? { message: error.message, lines: error.tail.slice(0, 5) }
    : error instanceof Error
      ? error.stack?.slice(0, 1500)
      : String(error);

/** The classifier with its recorded scales, every builder option of the lanes set. */
export async function classifierJob({ bench, hello }: Contract, name: string): Promise<EngineJob> {
  const validation = await clsFeeds(bench, "validation", 1);
  const job = jobFor(bench, { name, model: models.cls, quantization: { cachePath: cacheOf(bench, hello) }, validation });
  return { ...job, tensorrt: { ...job.tensorrt, workspaceMiB: 1024 } };
}

/** The recorded scales under this TensorRT's own header: a contract about reading, not about accuracy. */
export function cacheOf({ folder }: Bench, hello: Hello): string {
  const path = join(folder, "contract.cache");
  const recorded = readFileSync(join(fixtures, "cls.calibration.cache"), "utf8");
  writeFileSync(path, recorded.replace(/^TRT-\d+/, cacheHeaderPrefix(hello.tensorrt)));
  return path;
}

/** What the explicit lane wrote beside the staged model. */
export const candidateOf = (job: EngineJob): string => join(dirname(job.modelPath), "trt-gate-candidate.onnx");
