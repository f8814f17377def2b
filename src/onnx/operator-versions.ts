/** Whether operators mean the same in two opsets. The history is operator-history.ts; what to do about a difference is decided by whoever asks. */
import { type NodeProto, subgraphs } from "./model.ts";
import { mlHistory, standardHistory } from "./operator-history.ts";

const histories: ReadonlyMap<string, Readonly<Record<string, readonly number[]>>> = new Map([
  ["", standardHistory],
  ["ai.onnx.ml", mlHistory],
]);

/** The first operator of `domain` among these nodes and their bodies that another opset defines otherwise; of a domain without a known history any. */
export function changedBetween(nodes: readonly NodeProto[], domain: string, [one, other]: readonly [number, number]): string | undefined {
  for (const node of nodes) {
    if ((node.domain === "ai.onnx" ? "" : node.domain) === domain && definition(node, domain, one) !== definition(node, domain, other))
      return node.opType;
    const inside = changedBetween(
      subgraphs(node).flatMap((graph) => graph.node),
      domain,
      [one, other],
    );
    if (inside !== undefined) return inside;
  }
  return undefined;
}

/** The opset whose definition holds in `opset`. */
function definition({ opType }: NodeProto, domain: string, opset: number): number {
  const history = histories.get(domain);
  const changes = history !== undefined && Object.hasOwn(history, opType) ? history[opType] : undefined;
  return changes?.findLast((version) => version <= opset) ?? opset;
}
