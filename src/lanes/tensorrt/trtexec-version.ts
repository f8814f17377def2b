/**
 * Which TensorRT the `trtexec` on the PATH belongs to. The gate never builds with it, but prints commands for it: one of another version builds another
 * engine, and reads neither plans nor timing caches of the module's. Decides no verdict.
 */
import { childEnv } from "../../effects/child-env.ts";
import type { Effects } from "../../effects/effects.ts";
import type { Hello } from "./protocol.ts";

const timeoutMs = 20_000;

/** Undefined where there is none, or where it does not say. It starts nothing on a GPU: the banner stands before the help. */
export async function trtexecVersion(effects: Effects): Promise<string | undefined> {
  const { endedBy, stdout, tail } = await effects.exec.run({ file: "trtexec", args: ["--help"], env: childEnv(effects.env), timeoutMs });
  return endedBy === "exit" ? versionIn([stdout, ...tail].join("\n")) : undefined;
}

/** `[TensorRT v8601]` is 8.6.1, `[TensorRT v101501]` is 10.15.1: from 10 on, two digits each for minor and patch. */
export function versionIn(text: string): string | undefined {
  const [, digits] = /\bTensorRT v(\d{4,6})\b/.exec(text) ?? [];
  const number = Number(digits);
  if (digits === undefined) return undefined;
  const [major, minor] = digits.length > 4 ? [10_000, 100] : [1000, 100];
  return [Math.floor(number / major), Math.floor((number % major) / minor), number % minor].join(".");
}

/** One sentence and the next step where the two differ; undefined where they agree, or where there is nothing to compare. */
export function otherTrtexec({ product, tensorrt }: Hello, trtexec: string | undefined): string | undefined {
  const module = tensorrt.split(".").slice(0, 3).join(".");
  if (product !== "TensorRT" || trtexec === undefined || trtexec === module) return undefined;
  return `The trtexec on the PATH is of TensorRT ${trtexec}, and the Python module is ${tensorrt}: what its commands build is not the engine that was judged, and neither reads the other's plans and timing caches. Run printed trtexec commands with that of ${module}.`;
}
