/**
 * What to try where TensorRT refuses a Q/DQ model that the gate made: ModelOpt's placement gives INT8 inputs to additions and products too, for some of which
 * TensorRT 8.6 has no kernel. Decides whether the narrower placement is worth a second try; placing and building are the lane's.
 */
import type { QuantizationEntry } from "../config/settings.ts";
import type { ToolError } from "../effects/failure.ts";
import type { Prepared } from "../prepare/prepare-model.ts";

export interface SecondTry {
  readonly quantization: QuantizationEntry;
  /** Says what was refused and what is judged instead. */
  readonly warning: string;
}

/** What failed: the lane's placement, and the engines that were built before. */
export interface Refused {
  readonly placement: Prepared["lane"]["placement"];
  readonly builds: readonly Pick<Prepared["builds"][number], "role">[];
}

/** Undefined where the user asked for a placement, or where it was another engine that could not be built. */
export function otherPlacement(
  quantization: QuantizationEntry | undefined,
  { placement, builds }: Refused,
  { reason, message }: Pick<ToolError, "reason" | "message">,
): SecondTry | undefined {
  const wasCandidate = builds.some(({ role }) => role === "reference") && !builds.some(({ role }) => role === "candidate");
  if (reason !== "build-failed" || !wasCandidate || placement?.scheme !== "modelopt") return undefined;
  if (quantization === undefined || quantization.placement !== undefined) return undefined;
  return {
    quantization: { ...quantization, placement: "core" },
    warning: `TensorRT builds no engine with Q/DQ placed as ModelOpt does, so it is placed on the inputs of convolutions and matrix products only, and that is what is judged (${message}) Set \`quantization.placement: core\` to go there at once.`,
  };
}
