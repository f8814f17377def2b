/** Computes weights that a model makes from constants (transposed, reshaped, cast), once, so that they can be quantised like any other weight. */
import type { Effects } from "../../effects/effects.ts";
import { floatTensor } from "../../onnx/model.ts";
import { type Network, prune, valueInfo } from "../../onnx/network.ts";
import { constantTensors, isCompute } from "../../onnx/units.ts";
import type { Runtime } from "./runtime.ts";
import { openSession } from "./session.ts";

/** Only what compute nodes read directly and only float32; everything else stays as it is. */
export async function foldConstants(network: Network, runtime: Runtime, effects: Effects): Promise<Network> {
  const fixed = constantTensors(network);
  const wanted = [...new Set(network.nodes.filter(isCompute).flatMap((node) => node.input.slice(0, 2)))].filter(
    (name) => fixed.has(name) && !network.constants.has(name),
  );
  if (wanted.length === 0) return network;
  const session = await openSession(
    runtime,
    effects,
    prune({ ...network, inputs: [], outputs: wanted.map(valueInfo) }),
    "constants of the model",
  );
  try {
    const values = await session.run(new Map());
    const folded = [...values].flatMap(([name, tensor]) =>
      tensor.data instanceof Float32Array && tensor.dtype === "float32"
        ? [[name, floatTensor(name, tensor.shape, tensor.data)] as const]
        : [],
    );
    const done = new Set(folded.map(([name]) => name));
    const nodes = network.nodes.filter((node) => !node.output.some((name) => done.has(name)));
    return prune({ ...network, nodes, constants: new Map([...network.constants, ...folded]) });
  } finally {
    await session.release();
  }
}
