/** What it means for a verdict that the reference may lack activations which the exporter left out: it was judged against something else. */
import { reasonOf } from "../gate/reasons.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { PreparedLane } from "../model/lane.ts";

/** A pass or a regression is undecided where there are such nodes; what is undecided already stands, and nothing is run for it. */
export async function withMissingActivations(verdict: Verdict, lane: Pick<PreparedLane, "missingActivations">): Promise<Verdict> {
  if (verdict.kind === "undecided") return verdict;
  const [first, ...more] = (await lane.missingActivations?.()) ?? [];
  if (first === undefined) return verdict;
  const { kind, next } = reasonOf("activation-unknown");
  const where = more.length === 0 ? `'${first}'` : `${1 + more.length} nodes (first '${first}')`;
  return {
    kind,
    reason: "activation-unknown",
    message: `Behind ${where} the quantiser cuts off much of what the model computes without it: a Relu or Clip that the exporter left out would, and so would a range that is too small. ${next}`,
  };
}
