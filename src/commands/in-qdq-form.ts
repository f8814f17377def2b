/** A quantised model in the one form that units are found in, for commands that only look. */
import type { Files } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import type { Network } from "../onnx/network.ts";
import { toQdqForm } from "../onnx/qdq-form.ts";
import { withoutTrtOperators } from "../onnx/trt-qdq.ts";

/** Undefined for a form that a check refuses: those commands take every valid model. */
export async function inQdqForm(network: Network, files: Files): Promise<Network | undefined> {
  try {
    return toQdqForm(await withoutTrtOperators(network, files));
  } catch (error) {
    if (!(error instanceof ToolError || error instanceof ConfigError)) throw error;
    return undefined;
  }
}
