/**
 * Compute that units do not hold: how many compute nodes lie inside bodies of If, Loop and Scan, which of them run quantised, and which are of kinds that
 * nothing here quantises. Says which; what it means for a verdict is prepare/compute-in-float.ts.
 */
import type { BodyCoverage } from "../model/lane.ts";
import { type BodyProduct, bodyProducts, floatKindsInBodies } from "./bodies.ts";
import { type NodeProto, nodeLabel, subgraphs } from "./model.ts";
import { liveNodes, type Network } from "./network.ts";
import { isDequantize } from "./qdq.ts";
import { constantTensors, isFloatKind, shapeTensors } from "./units.ts";

/**
 * Labels of the compute nodes of such kinds, in order of appearance, those in bodies last. `isQuantized`: what a Q/DQ file quantises after all. What computes
 * on constants or shapes alone, or reaches no output, is none.
 */
export function computeOfFloatKinds(network: Network, isQuantized: (node: NodeProto) => boolean = () => false): string[] {
  const kinds = liveNodes(network);
  const isFixed = constantTensors(network).union(shapeTensors(network));
  const outside = network.nodes.filter(
    (node) => isFloatKind(node) && kinds.has(node) && !isQuantized(node) && node.input.some((name) => name !== "" && !isFixed.has(name)),
  );
  return [
    ...outside.map((node) => `${node.opType} '${nodeLabel(node)}'`),
    ...floatKindsInBodies(network).map(({ node, label }) => `${node.opType} ${label}`),
  ];
}

/** Where scales by tensor decide: all inputs have one that is meant for them. */
export const bodiesByScales = (network: Network, scales: ReadonlyMap<string, number>): BodyCoverage | undefined =>
  coverageOf(bodyProducts(network), ({ isAmbiguous, inputs }) => !isAmbiguous && inputs.every((name) => scales.has(name)));

/** Where the file decides: a DequantizeLinear feeds every input. */
export function bodiesByQdq(network: Network): BodyCoverage | undefined {
  const dequantized = new Set(dequantizedNames(network.nodes));
  return coverageOf(bodyProducts(network), ({ inputs }) => inputs.every((name) => dequantized.has(name)));
}

function coverageOf(products: readonly BodyProduct[], isQuantized: (product: BodyProduct) => boolean): BodyCoverage | undefined {
  if (products.length === 0) return undefined;
  const labels = (wanted: boolean) => products.filter((one) => isQuantized(one) === wanted).map(({ label }) => label);
  return { total: products.length, quantized: labels(true), float: labels(false) };
}

const dequantizedNames = (nodes: readonly NodeProto[]): string[] =>
  nodes.flatMap((node) => [
    ...(isDequantize(node) ? node.output : []),
    ...subgraphs(node).flatMap((graph) => dequantizedNames(graph.node)),
  ]);
