/** The ONNX model of a report with the Q/DQ of the kept units removed, as bytes. */
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { Fix } from "../fix/artifact.ts";

export async function editedModel(path: string, fix: Fix, effects: Effects): Promise<Uint8Array> {
  if (!(await effects.files.stat(path))) throw new ConfigError(`${path} is not there; name the model of '${fix.model.name}' with --onnx.`);
  throw new ConfigError(`${path} cannot be edited here; make the script with -o fix_qdq.py and run it.`);
}
