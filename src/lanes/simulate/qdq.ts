/**
 * The candidate from a model that holds Q/DQ: it runs as it stands, and a unit is kept in float by reading around its Q/DQ.
 */
import type { OnnxModel } from "../../onnx/model.ts";
import { isDequantize, isQuantize, qdqSource } from "../../onnx/qdq.ts";
import { makeNode } from "../../onnx/model.ts";
import { type Network, producers, prune } from "../../onnx/network.ts";
import { rewire } from "../../onnx/model.ts";
import { findUnits, isCompute } from "../../onnx/units.ts";
import type { Unit } from "../lane.ts";
import type { Candidate, Variant } from "./candidate.ts";

export const hasQdq = (model: OnnxModel): boolean => model.graph.node.some((node) => isQuantize(node) || isDequantize(node));

/** Reads around every Q/DQ pair. Weights that are stored as integers stay dequantised: nothing else is known of them. */
export function withoutQdq(network: Network): Network {
  const makers = producers(network.nodes);
  const around = (name: string) => qdqSource(makers, name) ?? name;
  const finals = network.outputs.filter((output) => around(output.name) !== output.name);
  const replaced = new Set(finals.map((output) => output.name));
  const nodes = network.nodes
    .filter((node) => !node.output.some((name) => replaced.has(name)))
    .map((node) => (isQuantize(node) || isDequantize(node) ? node : rewire(node, { input: node.input.map(around) })));
  const identities = finals.map((output) => makeNode({ opType: "Identity", input: [around(output.name)], output: [output.name] }));
  return prune({ ...network, nodes: [...nodes, ...identities] });
}

/** `float`: where float weights come from, by node output and slot; without a partner the dequantised weights stay. */
export function qdqCandidate(network: Network, float: Network): { candidate: Candidate; totalUnits: number } {
  const makers = producers(network.nodes);
  const floatNodes = producers(float.nodes);
  const constants = new Map(network.constants);
  const variants = new Map<string, Variant>();
  const all = findUnits(withFloatWeights(network));
  const units: Unit[] = [];
  for (const unit of all) {
    const node = network.nodes.find((one) => one.output[0] === unit.output || one.output[0] === unit.id.slice(unit.opType.length + 1));
    if (node === undefined || !isCompute(node)) continue;
    const partner = floatNodes.get(node.output[0] ?? "");
    const floatInputs = node.input.map((name, slot) => {
      const source = qdqSource(makers, name);
      if (source !== undefined) return source;
      const weight = partner?.opType === node.opType ? float.constants.get(partner.input[slot] ?? "") : undefined;
      if (weight === undefined || makers.get(name)?.opType !== "DequantizeLinear") return name;
      const floatName = `trt_gate:float:${weight.name}`;
      constants.set(floatName, { ...weight, name: floatName });
      return floatName;
    });
    if (floatInputs.every((name, slot) => name === node.input[slot])) continue;
    const inputs = node.input.flatMap((name) => qdqSource(makers, name) ?? []).filter((name) => !network.constants.has(name));
    units.push({ ...unit, inputs });
    variants.set(unit.id, { node, floatInputs, quantizedInputs: node.input });
  }
  return { candidate: { network: { ...network, constants }, units, variants }, totalUnits: all.length };
}

const withFloatWeights = (network: Network) => network;
