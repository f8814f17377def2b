/** The explicit model of a check with units in float, as bytes: what the fix ships and what the builder is asked about. */
import { encodeModel, removeUnitQdq } from "../onnx/edit.ts";
import { readModel } from "../onnx/read.ts";
import type { Prepared } from "./prepare-model.ts";

/** The explicitly quantised model with the Q/DQ of the kept units taken out; undefined where no file holds Q/DQ. */
export async function editedQdqModel(
  { job, holdsQdq }: Pick<Prepared, "job" | "holdsQdq">,
  keep: readonly string[],
): Promise<Uint8Array | undefined> {
  const { qdqPath } = job.quantization;
  const path = qdqPath ?? (holdsQdq ? job.modelPath : undefined);
  if (path === undefined) return undefined;
  const { files } = job.effects;
  const float = qdqPath === undefined ? undefined : await readModel(job.modelPath, files);
  return encodeModel(await removeUnitQdq(await readModel(path, files), keep, files, float));
}
