/** Shapes of all tensors of one run, from a network that gives shapes instead of values: cheap, and exact for open dimensions. */

import type { Effects } from "../../effects/effects.ts";
import type { Feed } from "../../model/tensor.ts";
import { makeNode } from "../../onnx/model.ts";
import { type Network, prune, valueInfo } from "../../onnx/network.ts";
import { nonTensors } from "../../onnx/sequences.ts";
import type { Runtime } from "./runtime.ts";
import { openSession, type Session } from "./session.ts";

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

/** Of everything that the network's nodes make, for one feed. Rejects as a session does. */
export async function shapesOf(
  network: Network,
  feed: Feed,
  { runtime, effects }: { readonly runtime: Runtime; readonly effects: Effects },
): Promise<Map<string, number[]>> {
  const odd = nonTensors(network);
  const names = network.nodes.flatMap((node) => node.output).filter((name) => name !== "" && !odd.has(name));
  const session = await openSession(runtime, effects, shapeNetwork(network, names), "float model");
  try {
    return await readShapes(session, feed);
  } finally {
    await session.release();
  }
}
