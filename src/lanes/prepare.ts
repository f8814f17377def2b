/**
 * Picks the lane: the one asked for, or with `auto` the one that the model and this machine allow, and says why.
 * A lane asked for by name that is not there is an error, never another lane.
 */
import { ToolError } from "../effects/failure.ts";
import { type GpuLock, lockGpu } from "../effects/gpu-lock.ts";
import type { EngineJob } from "../model/job.ts";
import type { LaneName, PreparedLane } from "../model/lane.ts";
import { hasQdq } from "../onnx/qdq-units.ts";
import { readModel } from "../onnx/read.ts";
import { prepareSimulate } from "./simulate/simulate.ts";
import { implicitLane, productOf, securityNotes } from "./tensorrt/capabilities.ts";
import type { EngineTools } from "./tensorrt/engine-context.ts";
import { prepareExplicit } from "./tensorrt/explicit.ts";
import { askForGpu, deviceEnv, type Gpu, gpuState } from "./tensorrt/gpu.ts";
import { prepareImplicit } from "./tensorrt/implicit.ts";
import type { Hello } from "./tensorrt/protocol.ts";
import { otherTrtexec, trtexecVersion } from "./tensorrt/trtexec-version.ts";
import { Worker } from "./tensorrt/worker.ts";

export interface Prepared {
  readonly prepared: PreparedLane;
  /** For the report: "no NVIDIA GPU on this machine". */
  readonly why: string;
  /** Of the machine's tools; each is one sentence and the next step. */
  readonly warnings?: readonly string[];
}

/** Why it is this lane. */
const askedFor = "the lane that was asked for";

/** How long another run of the gate may hold the GPU before this one gives up. */
const gpuWaitMs = 15 * 60_000;

/** ToolError `lane-unavailable` within seconds for a lane that is asked for and not there. */
export async function prepareLane(wanted: LaneName | "auto", job: EngineJob): Promise<Prepared> {
  if (wanted === "simulate") return { prepared: await prepareSimulate(job), why: askedFor };
  const answer = await askForGpu(job.effects);
  if ("why" in answer) {
    if (wanted === "auto") return { prepared: await prepareSimulate(job), why: answer.why };
    throw unavailable(wanted, answer.why);
  }
  const tools = await openTools(wanted, job, [answer.gpu, ...answer.others]);
  if (!("worker" in tools)) return { prepared: await prepareSimulate(job), why: tools.why };
  try {
    const other = otherTrtexec(tools.hello, await trtexecVersion(job.effects));
    return { ...(await prepareEngines(wanted, job, tools)), warnings: other === undefined ? [] : [other] };
  } catch (error) {
    await tools.close();
    throw error;
  }
}

/** With `auto` a machine that has a GPU but no TensorRT falls back to `simulate`; every other failure stays one. */
async function openTools(
  wanted: LaneName | "auto",
  job: EngineJob,
  gpus: readonly [Gpu, ...Gpu[]],
): Promise<EngineTools | { readonly why: string }> {
  const { gpu, lock } = await lockOne(gpus, job);
  const worker = new Worker(job.effects, job.tensorrt.python, { device: deviceEnv(gpu) });
  const close = async () => {
    await worker.close();
    await lock.release();
  };
  try {
    const hello = await worker.hello();
    if (hello.notHere !== null) throw new ToolError("lane-unavailable", notHereWords(hello, hello.notHere));
    for (const note of securityNotes(hello)) job.effects.log.warning(note);
    return { worker, hello, gpu, stateBefore: await gpuState(gpu, job.effects), close };
  } catch (error) {
    await close();
    if (!(error instanceof ToolError) || error.reason !== "lane-unavailable") throw error;
    if (wanted === "auto") return { why: `there is a GPU, but no usable TensorRT: ${error.message}` };
    throw unavailable(wanted, error.message, error.tail);
  }
}

/** The first that no other run holds; where all are held, the first is waited for. */
async function lockOne(gpus: readonly [Gpu, ...Gpu[]], job: EngineJob): Promise<{ readonly gpu: Gpu; readonly lock: GpuLock }> {
  for (const gpu of gpus.length > 1 ? gpus : []) {
    const lock = await lockGpu(gpu.uuid, job.effects, { waitMs: 0 }).catch((error: unknown) => {
      if (error instanceof ToolError && error.reason === "gpu-busy") return undefined;
      throw error;
    });
    if (lock !== undefined) return { gpu, lock };
  }
  const [gpu] = gpus;
  const waitMs = Math.min(gpuWaitMs, job.deadlineMs - job.effects.clock.monotonicMs());
  return { gpu, lock: await lockGpu(gpu.uuid, job.effects, { waitMs }) };
}

async function prepareEngines(wanted: LaneName | "auto", job: EngineJob, tools: EngineTools): Promise<Prepared> {
  const implicit = implicitLane(tools.hello.features);
  const explicitModel =
    job.quantization.qdqPath !== undefined ||
    hasQdq((await readModel(job.modelPath, job.effects.files, { shownAs: job.sources?.model })).graph.node);
  if (wanted === "implicit" && !implicit.works) throw unavailable("implicit", implicit.why);
  if (wanted === "implicit") return { prepared: await prepareImplicit(job, tools), why: askedFor };
  if (wanted === "explicit") return { prepared: await prepareExplicit(job, tools), why: askedFor };
  if (explicitModel) return { prepared: await prepareExplicit(job, tools), why: "the model holds Q/DQ nodes" };
  if (implicit.works) return { prepared: await prepareImplicit(job, tools), why: `TensorRT ${tools.hello.tensorrt}: ${implicit.why}` };
  return { prepared: await prepareExplicit(job, tools), why: implicit.why };
}

const notHereWords = (hello: Hello, words: string): string =>
  `${productOf(hello)} builds here and runs no engine on this machine (${words.slice(0, 300)}). Use a GPU that it supports; without one it judges what a strongly typed builder takes (\`builder-check\`).`;

const unavailable = (lane: string, why: string, tail: readonly string[] = []): ToolError =>
  new ToolError("lane-unavailable", `The lane '${lane}' is not available: ${why}. Run \`trt-gate doctor\`, or use \`lane: auto\`.`, tail);
