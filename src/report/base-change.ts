/** What a model's figures are against its base commit's: the change in words, and the drop that a reader has to see although every limit is met. */
import { type DropMetric, growthDb, isLargeDrop } from "../gate/base-drop.ts";
import { type Caveat, caveats } from "../gate/caveats.ts";
import { counterpart } from "../gate/parts.ts";
import { formatMetric, metricLabel } from "./figures.ts";
import { fromNum, type MeasuredTensor, type ModelReport, type Num } from "./schema.ts";
import { shortSha } from "./sections/labels.ts";

type Base = NonNullable<ModelReport["baseline"]>;

export interface Drop {
  readonly tensor: string;
  readonly part: string | undefined;
  readonly of: "tensor" | "score";
  readonly metric: DropMetric;
  readonly before: Num;
  readonly now: Num;
}

/** `main`, as it stands in a sentence; a report of a version that had no name for it gives none. */
export const baseName = ({ name }: Pick<Base, "name">): string => name ?? "the base";

/** A branch as `show` writes names, a phrase as it is. */
export const shownBase = (base: Pick<Base, "name">, show: (name: string) => string): string =>
  baseName(base).includes(" ") ? baseName(base) : show(baseName(base));

/** `main (2b4c6d8)`. */
export const basePlace = ({ name, commit }: Pick<Base, "name" | "commit">): string => `${baseName({ name })} (${shortSha(commit)})`;

/** `10.1 dB below main's 36.2 dB`; another metric: `was 0.9998 at main`. `show` writes the base's name. */
export function changeWords(metric: string, now: Num | undefined, before: Num, base: Base, show: (name: string) => string): string {
  const name = shownBase(base, show);
  const shown = formatMetric(metric, before);
  if (now !== undefined && shown === formatMetric(metric, now)) return `as at ${name}`;
  const lost = now === undefined ? Number.NaN : fromNum(before) - fromNum(now);
  if (metric !== "sqnrDb" || !Number.isFinite(lost)) return `was ${shown} at ${name}`;
  return `${formatMetric(metric, Math.abs(lost))} ${lost > 0 ? "below" : "above"} ${name}'s ${shown}`;
}

/** The output or part whose error grew most, where it grew far, by its score where that is measured; undefined without the base's figures. */
export function largestDrop(model: Compared): Drop | undefined {
  return pairsOf(model)
    .filter(({ metric, before: was, now }) => isLargeDrop(metric, fromNum(was), fromNum(now)))
    .toSorted((a, b) => growthOf(b) - growthOf(a))[0];
}

type Compared = Pick<ModelReport, "outputs" | "baseline">;

function pairsOf({ outputs, baseline }: Compared): Drop[] {
  const before = baseline?.outputs ?? [];
  return outputs.flatMap((output) => dropsOf(output, before.find(({ tensor }) => tensor === output.tensor) ?? onlyOne(before, outputs)));
}

/** Less is what a calibration on other samples of the same kind moves. */
const slightDb = 1;

/** A large drop, or one of more than 1 dB and of what builds of one engine differ by: both figures are of the same samples. */
export const hasFallen = (model: Compared & Pick<ModelReport, "noise">): boolean =>
  largestDrop(model) !== undefined ||
  pairsOf(model).some(
    ({ metric, before, now }) => metric === "sqnrDb" && fromNum(before) - fromNum(now) > Math.max(slightDb, fromNum(model.noise.guardDb)),
  );

const growthOf = ({ metric, before, now }: Drop): number => growthDb(metric, fromNum(before), fromNum(now));

/** A new export may have renamed it. */
const onlyOne = (before: readonly MeasuredTensor[], outputs: readonly MeasuredTensor[]): MeasuredTensor | undefined =>
  before.length === 1 && outputs.length === 1 ? before[0] : undefined;

function dropsOf(now: MeasuredTensor, before: MeasuredTensor | undefined): Drop[] {
  if (before === undefined) return [];
  const parts = (now.parts ?? []).filter(({ level }) => level !== "unjudged");
  return [
    ...pairOf(now, before, { tensor: now.tensor, part: undefined }),
    ...parts.flatMap((part) => {
      const then = counterpart(part, before.parts ?? [], (one) => one);
      return then === undefined ? [] : pairOf(part, then, { tensor: now.tensor, part: part.name });
    }),
  ];
}

type Figures = Pick<MeasuredTensor, "kind" | "metrics" | "scoreMetrics">;

function pairOf(now: Figures, before: Figures, where: Pick<Drop, "tensor" | "part">): Drop[] {
  const metric: DropMetric = now.kind === "index" ? "agreement" : "sqnrDb";
  const pair = (of: Drop["of"], a: Num | undefined, b: Num | undefined): Drop[] =>
    a === undefined || b === undefined ? [] : [{ ...where, of, metric, before: a, now: b }];
  // Of a saturated probability the error says little: where its score is measured, that decides.
  const score = pair("score", before.scoreMetrics?.[metric], now.scoreMetrics?.[metric]);
  return score.length > 0 ? score : pair("tensor", before.metrics[metric], now.metrics[metric]);
}

/** `softmax_0 SQNR fell from 36.2 dB at main (2b4c6d8) to 26.1 dB. 3 of 43 scales moved. …`: of a model whose limits are met. */
export function dropCaveat(drop: Drop, base: Base): Caveat {
  const { tensor, part, of, metric, before, now } = drop;
  const what = `${part === undefined ? tensor : `${tensor} › ${part}`} ${metricLabel(metric)}${of === "score" ? " of the score" : ""}`;
  const [first, ...more] = base.causes ?? [];
  const causes = first === undefined ? "" : ` Suspected: ${[first, ...more].slice(0, 2).join("; ")}.`;
  const fell = `${what} fell from ${formatMetric(metric, before)} at ${basePlace(base)} to ${formatMetric(metric, now)}.`;
  return { reason: "lost-since-base", message: `${fell}${causes} ${caveats["lost-since-base"].next}` };
}
