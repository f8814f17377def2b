/** Shapes of all tensors of one run, from a network that gives shapes instead of values: cheap, and exact for open dimensions. */

import type { Feed } from "../../model/tensor.ts";
import { makeNode } from "../../onnx/model.ts";
import { type Network, prune, valueInfo } from "../../onnx/network.ts";
import type { Session } from "./session.ts";

const prefix = "trt_gate:shape:";

/** The network that `readShapes` runs. */
export function shapeNetwork(network: Network, tensors: readonly string[]): Network {
  const probes = tensors.map((name) => makeNode({ opType: "Shape", input: [name], output: [prefix + name] }));
  return prune({ ...network, nodes: [...network.nodes, ...probes], outputs: tensors.map((name) => valueInfo(prefix + name)) });
}

/** By tensor; `session` runs the network of shapes. */
export async function readShapes(session: Session, feed: Feed): Promise<Map<string, number[]>> {
  const outputs = await session.run(feed);
  return new Map([...outputs].map(([name, tensor]) => [name.slice(prefix.length), Array.from(tensor.data, Number)]));
}
