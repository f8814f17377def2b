/** The bridge between two rankings: the error that a layer adds itself, and what it costs at the output when it alone is quantised. */
import { formatMetric } from "../figures.ts";
import type { ModelReport, Num } from "../schema.ts";
import { decidingRow } from "./outputs.ts";

/** `28.3 dB (41 %)`: SQNR at the output with only this unit quantised, and its part of all such errors. */
export const gainWords = (sqnrDb: Num | undefined, share: number | undefined): string =>
  sqnrDb === undefined ? "–" : `${formatMetric("sqnrDb", sqnrDb)}${share === undefined ? "" : ` (${percentWords(share)})`}`;

const percentWords = (share: number): string => (share > 0 && share < 0.01 ? "under 1 %" : `${Math.round(100 * share)} %`);

/** Of which the errors at the output are, where a part decides: the whole may hide what a unit does to it. Else empty. `show` writes the part's name. */
export function ofWhole(model: ModelReport, show: (name: string) => string): string {
  const part = model.verdict === "regression" ? decidingRow(model)?.part : undefined;
  return part === undefined ? "" : `; of the whole output, while its part ${show(part)} decides`;
}

/**
 * Why the fix keeps other units than the worst layers: only where it does. `show` writes a node's name. Empty where nothing was tried one by one, or
 * where the unit that leads the worst layers is kept.
 */
export function bridgeSentence({ search, worst }: ModelReport, show: (name: string) => string): string {
  const leader = worst.find(({ unit, injectedSqnrDb }) => unit !== undefined && injectedSqnrDb !== null);
  if (!search?.gains || search.keep.length === 0 || leader?.unit === undefined) return "";
  const gains = new Map(search.gains.map((gain) => [gain.unit, gain]));
  const kept = search.keep.toSorted((a, b) => (gains.get(b.unit)?.share ?? 0) - (gains.get(a.unit)?.share ?? 0));
  const [first] = kept;
  const [own, other] = [gains.get(first?.unit ?? ""), gains.get(leader.unit)];
  if (!first || !own || !other || kept.some(({ unit }) => unit === leader.unit)) return "";
  const name = show(first.nodes[0] ?? first.unit);
  return `The fix keeps ${name}, not ${show(leader.node)}, though that adds the largest error itself: quantised alone, ${name} leaves ${gainWords(own.sqnrDb, own.share)} at the output, ${show(leader.node)} ${gainWords(other.sqnrDb, other.share)}. What a layer adds may be lost on its way to the output.`;
}
