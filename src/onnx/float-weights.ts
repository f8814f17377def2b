/**
 * The float model's own weights for a network that only holds them as integers: the constant that the same node reads there, with what computes it.
 * Finds the same node by its output, by its name, or by the output that its Q/DQ pair carries on.
 */

import { guessedTypes } from "./element-types.ts";
import { castNode, DataType, type NodeProto, rewire, type TensorProto, withFields } from "./model.ts";
import { consumers, type Network, producers } from "./network.ts";
import { isDequantize, isQuantize } from "./qdq.ts";
import { constantTensors } from "./units.ts";

const floatTypes: ReadonlySet<number> = new Set([DataType.FLOAT, DataType.FLOAT16, DataType.BFLOAT16]);

export interface FloatWeights {
  /** Name of the float form of what the node reads at this place; undefined where the float model does not tell. */
  weight(node: NodeProto, slot: number): string | undefined;
  added(): { readonly nodes: readonly NodeProto[]; readonly constants: ReadonlyMap<string, TensorProto> };
}

/** `fresh`: gives names that the network does not have. */
export function floatWeights(network: Network, float: Network, fresh: (wanted: string) => string): FloatWeights {
  const partner = partners(network, float);
  const fixed = constantTensors(float);
  const floatMakers = producers(float.nodes);
  const types = guessedTypes(network);
  const taken = new Map<string, string>();
  const nodes: NodeProto[] = [];
  const constants = new Map<string, TensorProto>();

  const take = (name: string): string => {
    const known = taken.get(name);
    if (known !== undefined) return known;
    const own = fresh(`${name}:float`);
    taken.set(name, own);
    const tensor = float.constants.get(name);
    const maker = floatMakers.get(name);
    if (tensor !== undefined) constants.set(own, withFields(tensor, { name: own }));
    else if (maker !== undefined) {
      const input = maker.input.map((one) => (one === "" ? "" : take(one)));
      const output = maker.output.map((one) => (one === name ? own : one === "" ? "" : fresh(`${one}:float`)));
      nodes.push(rewire(maker, { input, output, name: own }));
    }
    return own;
  };

  /** The type that the network computes this weight in, where it is not the float model's: a half-precision export of a float32 model. */
  const wantedType = (node: NodeProto, slot: number): number | undefined => {
    const type = types.get(node.input[slot] ?? "");
    return floatTypes.has(type ?? DataType.UNDEFINED) ? type : undefined;
  };

  return {
    weight: (node, slot) => {
      const name = partner(node)?.input[slot] ?? "";
      if (!fixed.has(name)) return undefined;
      const own = take(name);
      const [type, wanted] = [constants.get(own)?.dataType, wantedType(node, slot)];
      if (type === undefined || wanted === undefined || type === wanted) return own;
      const cast = `${own}:${DataType[wanted]}`;
      if (!taken.has(cast)) {
        taken.set(cast, fresh(cast));
        nodes.push(castNode(own, taken.get(cast) ?? cast, wanted));
      }
      return taken.get(cast);
    },
    added: () => ({ nodes, constants }),
  };
}

function partners(network: Network, float: Network): (node: NodeProto) => NodeProto | undefined {
  const byOutput = producers(float.nodes);
  const byName = new Map<string, NodeProto | undefined>();
  for (const node of float.nodes) byName.set(node.name, byName.has(node.name) ? undefined : node);
  const readers = consumers(network.nodes);
  /** Behind a quantiser that only it feeds: exporters rename what comes before the Q/DQ of a graph's output. */
  const carried = (output: string) =>
    (readers.get(output) ?? [])
      .filter(isQuantize)
      .flatMap((quantize) => readers.get(quantize.output[0] ?? "") ?? [])
      .find(isDequantize)?.output[0];
  return (node) => {
    const output = node.output[0] ?? "";
    const found = [byOutput.get(output), node.name === "" ? undefined : byName.get(node.name), byOutput.get(carried(output) ?? "")];
    return found.find((one) => one?.opType === node.opType);
  };
}
