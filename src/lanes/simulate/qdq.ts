/** The candidate from a model that holds Q/DQ: it runs as it stands, and a unit is kept in float by reading around its Q/DQ. */
import { type NodeProto, rewire } from "../../onnx/model.ts";
import { type Network, sortNodes } from "../../onnx/network.ts";
import { type QdqUnits, qdqUnits } from "../../onnx/qdq-units.ts";
import type { Candidate, Variant } from "./candidate.ts";

export interface QdqCandidate {
  readonly candidate: Candidate;
  readonly found: QdqUnits;
}

/** `network` in the form of qdq-form.ts. `float`: where float weights come from. */
export function qdqCandidate(network: Network, float: Network | undefined): QdqCandidate {
  const found = qdqUnits(network, float);
  const variants = new Map(
    [...found.nodes].map(([id, { node, floatInputs }]): [string, Variant] => [id, { node, floatInputs, quantizedInputs: node.input }]),
  );
  const { added } = found;
  const constants = new Map([...network.constants, ...added.constants]);
  const nodes = inOrderOfBoth([...network.nodes, ...added.nodes], [...variants.values()]);
  return { candidate: { network: { ...network, nodes, constants }, units: found.units, variants }, found };
}

/** An order that holds for every choice of units: whatever a node may read, quantised or float, comes before it. */
function inOrderOfBoth(nodes: readonly NodeProto[], variants: readonly Variant[]): NodeProto[] {
  const reading = new Map(
    variants.map(({ node, floatInputs }) => [node, rewire(node, { input: [...node.input, ...floatInputs] })] as const),
  );
  const real = new Map([...reading].map(([node, both]) => [both, node] as const));
  return sortNodes(nodes.map((node) => reading.get(node) ?? node)).map((node) => real.get(node) ?? node);
}
