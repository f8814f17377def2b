/** The candidate from a model that holds Q/DQ: it runs as it stands, and a unit is kept in float by reading around its Q/DQ. */
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
  const nodes = added.nodes.length === 0 ? network.nodes : sortNodes([...network.nodes, ...added.nodes]);
  return { candidate: { network: { ...network, nodes, constants }, units: found.units, variants }, found };
}
