/**
 * Keys of an entry that only engines can follow, where the lane is `simulate`: plans and saved outputs would be another comparison than the one asked for,
 * so nothing is judged; a precision of the reference is told.
 */
import { placeWords } from "../config/place.ts";
import type { ModelEntry } from "../config/settings.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import type { LaneName } from "../model/lane.ts";

export interface ChosenLane {
  readonly lane: LaneName;
  /** As it was asked for. */
  readonly wanted: LaneName | "auto";
  /** Why it became this one. */
  readonly why: string;
}

/** Warnings. ConfigError where the configuration contradicts the lane that it asks for; ToolError `lane-unavailable` where the machine has no other. */
export function engineKeyWarnings(entry: ModelEntry, { lane, wanted, why }: ChosenLane): string[] {
  if (lane !== "simulate") return [];
  const key = keyOf(entry);
  if (key !== undefined && wanted === "simulate")
    throw new ConfigError(
      `${placeWords(entry, ...key.path)}"${entry.name}" asks for ${key.what}, which the lane 'simulate' cannot use. Take another lane, or leave \`${key.path[0]}\` out.`,
    );
  if (key !== undefined)
    throw new ToolError(
      "lane-unavailable",
      `"${entry.name}" asks for ${key.what}, and no engine can run here: ${why}. Use a runner with a GPU and TensorRT, or leave \`${key.path[0]}\` out.`,
    );
  return entry.given.reference === "fp16"
    ? [`"${entry.name}" asks for \`reference: fp16\`; the simulate lane has no engines and compared with FP32 in ONNX Runtime instead.`]
    : [];
}

function keyOf({ engine, reference }: ModelEntry): { readonly path: readonly [string, string]; readonly what: string } | undefined {
  if (engine.candidate !== undefined) return { path: ["engine", "candidate"], what: `the plan ${engine.candidate}` };
  if (engine.reference !== undefined) return { path: ["engine", "reference"], what: `the plan ${engine.reference}` };
  return typeof reference === "string" ? undefined : { path: ["reference", "outputs"], what: `the saved outputs ${reference.outputs}` };
}
