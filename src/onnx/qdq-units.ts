/**
 * Units of a model that holds Q/DQ, and what each would read in float: the tensor before an activation's pair, and for weights
 * the tensor before their pair or the float model's own.
 */

import type { Unit } from "../model/unit.ts";
import type { NodeProto, TensorProto } from "./model.ts";
import { makeNode, rewire, withFields } from "./model.ts";
import { type Network, producers, prune } from "./network.ts";
import { isDequantize, isQuantize, qdqSource } from "./qdq.ts";
import { findUnits } from "./units.ts";

export interface QdqUnits {
  /** Quantised ones only. */
  readonly units: readonly Unit[];
  readonly totalUnits: number;
  readonly nodes: ReadonlyMap<string, { readonly node: NodeProto; readonly floatInputs: readonly string[] }>;
  /** Float weights that `floatInputs` name and the network does not have. */
  readonly floatWeights: readonly TensorProto[];
}

export const hasQdq = (nodes: readonly NodeProto[]): boolean => nodes.some((node) => isQuantize(node) || isDequantize(node));

/** Without `float`, weights stored as integers stay dequantised in a unit kept in float: nothing else is known of them. */
export function qdqUnits(network: Network, float: Network | undefined): QdqUnits {
  const makers = producers(network.nodes);
  const floatMakers = producers(float?.nodes ?? []);
  const weights = new Map<string, TensorProto>();
  const nodes = new Map<string, { node: NodeProto; floatInputs: string[] }>();
  const all = findUnits(network);
  for (const unit of all) {
    const node = makers.get(unit.id.slice(unit.opType.length + 1));
    if (node === undefined) continue;
    const partner = floatMakers.get(node.output[0] ?? "");
    const floatInputs = node.input.map((name, slot) => {
      const source = qdqSource(makers, name);
      const dequantize = makers.get(name);
      if (source !== undefined || dequantize === undefined || !isDequantize(dequantize) || partner?.opType !== node.opType)
        return source ?? name;
      const weight = float?.constants.get(partner.input[slot] ?? "");
      if (weight === undefined) return name;
      const own = network.constants.has(weight.name) ? `${weight.name}:float` : weight.name;
      weights.set(own, withFields(weight, { name: own }));
      return own;
    });
    if (floatInputs.some((name, slot) => name !== node.input[slot])) nodes.set(unit.id, { node, floatInputs });
  }
  return { units: all.filter((unit) => nodes.has(unit.id)), totalUnits: all.length, nodes, floatWeights: [...weights.values()] };
}

/** The network with every Q/DQ pair read around; an output that a pair makes is passed on under its name. */
export function withoutQdq(network: Network): Network {
  const makers = producers(network.nodes);
  const around = (name: string) => qdqSource(makers, name) ?? name;
  const replaced = new Set(network.outputs.map((output) => output.name).filter((name) => around(name) !== name));
  const nodes = network.nodes
    .filter((node) => !node.output.some((name) => replaced.has(name)))
    .map((node) => (isQuantize(node) || isDequantize(node) ? node : rewire(node, { input: node.input.map(around) })));
  const identities = [...replaced].map((name) => makeNode({ opType: "Identity", input: [around(name)], output: [name] }));
  return prune({ ...network, nodes: [...nodes, ...identities] });
}
