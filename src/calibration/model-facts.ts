/** What a cache is held against: the activations that a model's compute nodes read, and all its tensor names. */
import type { Files } from "../effects/effects.ts";
import { foldBatchNorm } from "../onnx/fold.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { toNetwork } from "../onnx/network.ts";
import { findUnits } from "../onnx/units.ts";
import type { ComputeInput } from "./check.ts";

export interface ModelFacts {
  readonly computeInputs: readonly ComputeInput[];
  readonly tensors: ReadonlySet<string>;
}

/** A tensor that several nodes read is listed once, with the first of them. Nodes that compute shapes or indices are not compute nodes. */
export async function modelFacts(model: OnnxModel, files: Files): Promise<ModelFacts> {
  const raw = toNetwork(model);
  const network = await foldBatchNorm(raw, files);
  const readers = new Map<string, ComputeInput>();
  for (const unit of findUnits(network)) {
    for (const tensor of unit.inputs) if (!readers.has(tensor)) readers.set(tensor, { tensor, node: unit.nodes[0] ?? unit.id });
  }
  const named = [...raw.nodes, ...network.nodes].flatMap((node) => [...node.input, ...node.output]);
  return { computeInputs: [...readers.values()], tensors: new Set([...raw.inputs.map(({ name }) => name), ...named]) };
}
