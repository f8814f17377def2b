/** References that no TensorRT makes: the float model in ONNX Runtime on the CPU, or outputs that were saved. Gives tensors; compares nothing. */
import { join } from "node:path";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import { readNpy, writeNpy } from "../../formats/npy.ts";
import { openSaved } from "../../formats/open-saved.ts";
import { savedTensor } from "../../formats/saved-tensor.ts";
import type { EngineJob } from "../../model/job.ts";
import type { Tensor } from "../../model/tensor.ts";
import type { Network } from "../../onnx/network.ts";
import { withoutTrtOperators } from "../../onnx/trt-qdq.ts";
import { loadRuntime } from "../simulate/runtime.ts";
import { openSession } from "../simulate/session.ts";

/** Undefined where that sample has no such tensor. */
export interface TensorSource {
  tensor(sample: number, name: string): Promise<Tensor | undefined>;
}

/** Runs every sample once and keeps its outputs on the disk. */
export async function onnxRuntimeReference(job: EngineJob, float: Network): Promise<TensorSource> {
  const { effects, validation, workFolder, deadlineMs } = job;
  const folder = join(workFolder, "reference");
  await effects.files.makeFolder(folder);
  const names = float.outputs.map(({ name }) => name);
  const path = (sample: number, name: string) => join(folder, `${sample}-${names.indexOf(name)}.npy`);
  const network = await withoutTrtOperators(float, effects.files);
  const session = await openSession(await loadRuntime(effects), effects, network, "float reference");
  try {
    for (let sample = 0; sample < validation.count; sample++) {
      if (effects.clock.monotonicMs() > deadlineMs)
        throw new ToolError("timeout", `The reference in ONNX Runtime ran out of time after ${sample} samples. Raise 'timeout-minutes'.`);
      for (const [name, tensor] of await session.run(await validation.feed(sample)))
        await effects.files.writeBytes(path(sample, name), writeNpy(tensor));
    }
  } finally {
    await session.release();
  }
  return {
    tensor: async (sample, name) =>
      names.includes(name) ? readNpy(name, await effects.files.readBytes(path(sample, name)), path(sample, name)) : undefined,
  };
}

/** ConfigError where the file holds several runners, or fewer iterations than there are samples: they are the same samples in the same order. */
export async function savedReference(job: EngineJob, path: string, shownAs: string): Promise<TensorSource> {
  const { files } = job.effects;
  const [runner, ...others] = (await openSaved(path, files)).runners;
  const { count } = job.validation;
  if (runner === undefined || others.length > 0)
    throw new ConfigError(
      `${shownAs} holds ${others.length + (runner ? 1 : 0)} runners, and a reference is of one. Save the outputs of one alone.`,
    );
  if (runner.iterations.length < count)
    throw new ConfigError(
      `${shownAs} holds ${runner.iterations.length} iterations for ${count} validation samples. Save the outputs of all of them, in their order.`,
    );
  return {
    tensor: (sample, name) => savedTensor(runner, sample, name, files),
  };
}
