/** The candidate from a model that holds Q/DQ: it runs as it stands, and a unit is kept in float by reading around its Q/DQ. */
import type { Network } from "../../onnx/network.ts";
import { qdqUnits } from "../../onnx/qdq-units.ts";
import type { Candidate, Variant } from "./candidate.ts";

/** `float`: where float weights come from, by node output and slot. */
export function qdqCandidate(network: Network, float: Network | undefined): { candidate: Candidate; totalUnits: number } {
  const found = qdqUnits(network, float);
  const variants = new Map(
    [...found.nodes].map(([id, { node, floatInputs }]): [string, Variant] => [id, { node, floatInputs, quantizedInputs: node.input }]),
  );
  const constants = new Map([...network.constants, ...found.floatWeights.map((tensor) => [tensor.name, tensor] as const)]);
  return { candidate: { network: { ...network, constants }, units: found.units, variants }, totalUnits: found.totalUnits };
}
