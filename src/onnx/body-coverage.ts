/** How many compute nodes lie inside bodies of If, Loop and Scan, and which of them run quantised. No entry where there are none. */
import type { BodyCoverage } from "../model/lane.ts";
import { type BodyProduct, bodyProducts } from "./bodies.ts";
import { type NodeProto, subgraphs } from "./model.ts";
import type { Network } from "./network.ts";
import { isDequantize } from "./qdq.ts";

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
