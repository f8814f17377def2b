/** What the engine lanes need to know of an ONNX file: inputs, outputs, units, order. Reads; builds nothing. */
import type { Files } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import type { ShapeRange } from "../../model/job.ts";
import type { Unit } from "../../model/unit.ts";
import { type ModelInput, modelInputs, resolveInputs } from "../../onnx/inputs.ts";
import type { OnnxModel } from "../../onnx/model.ts";
import { type Network, toNetwork } from "../../onnx/network.ts";
import { hasQdq } from "../../onnx/qdq-units.ts";
import { readModel } from "../../onnx/read.ts";
import { findUnits } from "../../onnx/units.ts";

export interface ModelFacts {
  readonly model: OnnxModel;
  readonly network: Network;
  readonly inputs: readonly ModelInput[];
  readonly outputs: readonly string[];
  readonly units: readonly Unit[];
  /** Tensor -> position of the node that makes it. */
  readonly order: ReadonlyMap<string, number>;
  readonly holdsQdq: boolean;
  /** Profile of every input: the configuration's range, or the model's fixed shape three times. */
  readonly shapes: ReadonlyMap<string, ShapeRange>;
}

/** ConfigError for a dynamic input without `shapes`: TensorRT's tools would quietly take 1 for each open dimension. ToolError `unsupported-type` for inputs that numpy has no type for. */
export async function readModelFacts(
  path: string,
  shapes: ReadonlyMap<string, ShapeRange>,
  files: Files,
  shownAs?: string,
): Promise<ModelFacts> {
  const model = await readModel(path, files, { shownAs });
  const network = toNetwork(model);
  const inputs = modelInputs(model);
  refuseNarrow(inputs, model.file);
  const resolved = resolveInputs(model, shapes);
  return {
    model,
    network,
    inputs,
    outputs: network.outputs.map((output) => output.name),
    units: findUnits(network),
    order: new Map(network.nodes.flatMap((node, i) => node.output.filter((name) => name !== "").map((name) => [name, i] as const))),
    holdsQdq: hasQdq(network.nodes),
    shapes: new Map(resolved.map(({ name, shape }) => [name, shapes.get(name) ?? { min: shape, opt: shape, max: shape }])),
  };
}

/** ToolError `unsupported-type`: TensorRT takes such inputs, but its Python side is fed arrays of numpy, which has no such type: their bytes would be read as something else. */
export function refuseNarrow(inputs: readonly ModelInput[], file: string): void {
  const narrow = inputs.find(({ elementType }) => elementType !== undefined);
  if (narrow === undefined) return;
  throw new ToolError(
    "unsupported-type",
    `The input '${narrow.name}' of ${file} is ${narrow.elementType}, which numpy does not have, so no engine can be fed here. Check it in the lane simulate, or export the model with a ${narrow.dtype} input and a Cast behind it.`,
  );
}
