/**
 * Kept units of a strongly typed network in FP32: their compute nodes stand between Casts, and read their weights as the float model has them.
 * What fuses behind them stays in half precision. Decides no unit.
 */

import type { Files } from "../../effects/effects.ts";
import { floatValues } from "../../onnx/constants.ts";
import { narrowFloat } from "../../onnx/element-types.ts";
import { castNode, DataType, floatTensor, type NodeProto, nodeLabel, rewire, type TensorProto } from "../../onnx/model.ts";
import type { Network } from "../../onnx/network.ts";

const single = (name: string) => `trt_gate:single:${name}`;

/**
 * `typed`: a network in half precision. `original`: constants of the same names before they were rounded, where the gate rounded them. A node whose
 * constants are FP32 already is left as it is; so is one of a given file that has none, whose type nobody knows.
 */
export async function withSingle(
  typed: Network,
  nodes: ReadonlySet<string>,
  files: Files,
  original?: ReadonlyMap<string, TensorProto>,
): Promise<Network> {
  const constants = new Map(typed.constants);
  const casts = new Set<string>();
  const out: NodeProto[] = [];
  for (const node of typed.nodes) {
    const type = nodes.has(nodeLabel(node)) ? halfTypeOf(node, typed, original !== undefined) : undefined;
    if (type === undefined) {
      out.push(node);
      continue;
    }
    for (const name of node.input.filter((one) => one !== "" && !casts.has(one))) {
      casts.add(name);
      const constant = typed.constants.get(name);
      if (constant === undefined) out.push(castNode(name, single(name), DataType.FLOAT));
      else constants.set(single(name), await asSingle(original?.get(name) ?? constant, single(name), typed.folder, files));
    }
    out.push(rewire(node, { input: node.input.map((name) => (name === "" ? "" : single(name))), output: node.output.map(single) }));
    for (const name of node.output) out.push(castNode(single(name), name, type));
  }
  return { ...typed, nodes: out, constants };
}

/** Undefined for a node that is not in half precision, or of which nobody can tell. */
function halfTypeOf(node: NodeProto, { constants }: Network, isOwn: boolean): number | undefined {
  const types = node.input.flatMap((name) => constants.get(name)?.dataType ?? []);
  const half = types.find((type) => narrowFloat(type) !== undefined);
  return half ?? (types.length === 0 && isOwn ? DataType.FLOAT16 : undefined);
}

async function asSingle(tensor: TensorProto, name: string, folder: string, files: Files): Promise<TensorProto> {
  const values = await floatValues(tensor, folder, files);
  return floatTensor(name, tensor.dims.map(Number), Float32Array.from(values));
}
