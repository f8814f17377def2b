/** What the engine lanes need to know of an ONNX file: inputs, outputs, units, order. Reads; builds nothing. */
import type { Files } from "../../effects/effects.ts";
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

/** ConfigError for a dynamic input without `shapes`: TensorRT's tools would quietly take 1 for each open dimension. */
export async function readModelFacts(
  path: string,
  shapes: ReadonlyMap<string, ShapeRange>,
  files: Files,
  shownAs?: string,
): Promise<ModelFacts> {
  const model = await readModel(path, files, { shownAs });
  const network = toNetwork(model);
  const resolved = resolveInputs(model, shapes);
  return {
    model,
    network,
    inputs: modelInputs(model),
    outputs: network.outputs.map((output) => output.name),
    units: findUnits(network),
    order: new Map(network.nodes.flatMap((node, i) => node.output.filter((name) => name !== "").map((name) => [name, i] as const))),
    holdsQdq: hasQdq(network.nodes),
    shapes: new Map(resolved.map(({ name, shape }) => [name, shapes.get(name) ?? { min: shape, opt: shape, max: shape }])),
  };
}
