/** Words the failures of the worker: each kind becomes the error of the one who must act. Decides no verdict. */

import type { ToolResult } from "../../effects/effects.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { WorkerFailure } from "./protocol.ts";

const lastLines = "Correct what the tool's last lines name.";

/** Worker kind -> reason code and next step. */
const reasons: Readonly<Record<string, readonly [reason: string, next: string]>> = {
  "cuda-oom": ["gpu-oom", "Free the GPU, set `tensorrt.workspace-mib`, or lower `tensorrt.mark-batch`."],
  "host-oom": ["out-of-memory", "Use a runner with more memory."],
  "disk-full": ["disk-full", "Free space on the runner and run again."],
  "parse-failed": ["parse-failed", "Correct the export of what the message names; `polygraphy inspect model` shows the network."],
  "plugin-failed": ["plugin-failed", "Build it for this machine, this CUDA and this TensorRT."],
  "build-failed": [
    "build-failed",
    "Keep the layer that the message names in higher precision, or try another version of TensorRT; the whole message is in the tool's last lines.",
  ],
  "run-failed": ["tool-failed", lastLines],
  "stale-cache": ["stale-cache", "Calibrate anew with `trt-gate calibrate`, or give `quantization.data` so that the gate can."],
  "calibration-truncated": ["calibration-truncated", "Give calibration samples of the names and shapes of the model's inputs."],
  "no-result": ["no-result", lastLines],
  "plan-refused": [
    "engine-mismatch",
    "Give a plan that this very TensorRT built for this kind of GPU, or leave it out of `engine` so that the gate builds one.",
  ],
  "builder-missing": [
    "lane-unavailable",
    "Install every library of the same version (`pip install tensorrt==VERSION`, or NVIDIA's archive): the builder's kernels for this GPU are missing.",
  ],
  "no-cuda": ["lane-unavailable", "Check that `nvidia-smi` answers, and that the driver is new enough for this TensorRT."],
  "too-old": ["lane-unavailable", "Install TensorRT 8.5 or newer (JetPack 5.1): this gate and Polygraphy need it."],
  "missing-module": ["lane-unavailable", "Run `trt-gate doctor` for the command that installs it."],
};

/** As TensorRT 8.6.1 words an assertion of its own optimizer that a Q/DQ model with PRelu met on an H100. */
const insideTensorRt = "Internal Error (Assertion";
const assertionFailed =
  "An assertion inside TensorRT failed. Try another version of TensorRT, or the other lane; the whole message is in the tool's last lines.";

/** ConfigError where the configuration asks for what this TensorRT does not have, else ToolError. */
export function failureFromWorker(failure: WorkerFailure, doing: string): Error {
  if (failure.kind === "unsupported") {
    return new ConfigError(
      `${doing}: ${failure.message}. Use \`lane: explicit\` with a Q/DQ model (trt-gate cache to-qdq): this TensorRT no longer has that interface.`,
    );
  }
  const known = Object.hasOwn(reasons, failure.kind) ? reasons[failure.kind] : undefined;
  const [reason, usual] = known ?? ["worker-failed", lastLines];
  const next = reason === "build-failed" && failure.message.includes(insideTensorRt) ? assertionFailed : usual;
  return new ToolError(reason, `${doing} failed: ${failure.message}. ${next}`, failure.lines);
}

/** For a worker that went away: read in the order own limit, signal, exit code. */
export function failureFromEnd(end: ToolResult, doing: string, tail: readonly string[]): ToolError {
  const seconds = Math.round(end.durationMs / 1000);
  if (end.endedBy === "spawn-error") {
    return new ToolError(
      "lane-unavailable",
      `The Python interpreter of the TensorRT lanes could not be started (${end.cause ?? end.command}). Set the input 'python', or run \`trt-gate doctor\`.`,
      tail,
    );
  }
  if (end.endedBy === "cancel") return new ToolError("cancelled", `${doing} was cancelled. Start the run again.`, tail);
  if (end.endedBy === "timeout") return new ToolError("timeout", `${doing} was stopped after ${seconds} s. Raise 'timeout-minutes'.`, tail);
  const signal = end.signal ?? (end.exitCode === 137 ? "SIGKILL" : undefined);
  if (signal !== undefined) {
    const hint = signal === "SIGKILL" ? "Use a runner with more memory, where its kernel's log says that memory ran out." : lastLines;
    return new ToolError("tool-killed", `${doing}: the TensorRT worker was killed by ${signal} after ${seconds} s. ${hint}`, tail);
  }
  return new ToolError(
    "worker-failed",
    `${doing}: the TensorRT worker ended with code ${end.exitCode ?? "none"} without an answer. ${lastLines}`,
    tail,
  );
}
