/**
 * What a regression comes from, as far as search and base tell: the units that lose the accuracy and the scales behind them. It leads every rendering;
 * the worst layers are symptoms. Says so where nothing was searched. Sentences are plain; foreign names go through `show`.
 */

import { plural } from "../../model/plural.ts";
import { times } from "../../model/ratio.ts";
import { isFar } from "../../search/advice/moved-scales.ts";
import { fromNum, type KeptUnit, type ModelReport } from "../schema.ts";
import { plainLine } from "../text.ts";
import { keepsEverything } from "./fix.ts";
import { precisionWord } from "./labels.ts";
import { movedScale, renewalOf, samplesText } from "./next.ts";
import { gainOf, unitNames } from "./story.ts";

export interface Cause {
  readonly lead: string;
  /** What keeping the units gives; undefined where no unit is named. */
  readonly gain?: string;
  /** Further sentences about the lead. */
  readonly more: readonly string[];
}

/** Smaller shares are what calibration by entropy leaves out on purpose. */
const leastSaturatedShare = 0.01;
const mostScales = 3;

/** Undefined for a model that is no regression, and where nothing could be searched. */
export function causeOf(model: ModelReport, show: (name: string) => string): Cause | undefined {
  const { verdict, search } = model;
  if (verdict !== "regression") return undefined;
  if (failsOutsideOutputs(model)) return { lead: outsideOutputs.get(model.reason) ?? "", more: [] };
  if (search === null) return canBeSearched(model) ? led(staleWords(model), notSearched) : undefined;
  return led(staleWords(model), led(samplesText(model), causeInUnits(model, search, show)));
}

/** With the words in front; as it is without any. */
const led = (words: string, { lead, gain, more }: Cause): Cause =>
  words === ""
    ? { lead, more, ...(gain === undefined ? {} : { gain }) }
    : { lead: words, more: [lead, ...(gain === undefined ? [] : [gain]), ...more] };

/** Of a cache whose own scales were judged. */
function staleWords(model: ModelReport): string {
  const stale = renewalOf(model);
  return stale?.isJudged === true ? `${stale.why}.` : "";
}

function causeInUnits(model: ModelReport, search: Search, show: (name: string) => string): Cause {
  if (search.keep.length === 0) return withMovedScale(model, withoutUnits[search.outcome] ?? withoutUnits.none, show);
  if (keepsEverything(search)) {
    const whole = `The limits are met only with all ${search.units} units in higher precision: that is the model without ${precisionWord(model)}, and no fix.`;
    return withMovedScale(model, whole, show);
  }
  const keep = byShare(search);
  const gain = gainOf(model, (words) => plainLine(words, 300));
  const moved = movedScaleOf(model, keep);
  const areReaders = moved !== undefined && keep.every((unit) => tensorOf(model, unit) === moved.tensor);
  const units = leadOf(search, keep, { precision: precisionWord(model), areReaders, show });
  return {
    lead: moved === undefined ? units : `${movedWords(moved.tensor, moved.ratio, show)} ${units}`,
    gain: gain === "" ? "What keeping that gives was not measured." : `Kept in ${search.precision}: ${gain}.`,
    more: scaleSentences(model, keep, { leads: moved?.tensor, show }).slice(0, mostScales),
  };
}

/** What failed though the outputs meet their limits: a search works on outputs alone. */
const outsideOutputs: ReadonlyMap<string, string> = new Map([
  ["task-drop", "The task's own figure fell; the outputs meet their limits, so no unit was searched for."],
  ["layer-limit-exceeded", "A layer misses the limit of its pattern; the outputs meet theirs, so no unit was searched for."],
]);

/** Then a search has found nothing, and its own words add nothing. */
export const failsOutsideOutputs = ({ verdict, reason, search }: ModelReport): boolean =>
  verdict === "regression" && outsideOutputs.has(reason) && (search === null || search.outcome === "nothing-needed");

/** Nothing to keep in higher precision where nothing is quantised, no way to be faster, and nothing to search for where the outputs meet their limits. */
export const canBeSearched = ({ verdict, search, reason, lane, coverage }: ModelReport): boolean =>
  verdict === "regression" &&
  search === null &&
  lane !== "saved" &&
  reason !== "latency" &&
  !outsideOutputs.has(reason) &&
  coverage.quantizedUnits > 0;

/** Where no unit can be named, as inside a body, a scale that has to be put back is the best that is known. */
function withMovedScale(model: ModelReport, words: string, show: (name: string) => string): Cause {
  const { tensor, ratio } = movedScale(model) ?? {};
  if (tensor === undefined || ratio === undefined) return { lead: words, more: [] };
  return { lead: movedWords(tensor, ratio, show), more: [words] };
}

const movedWords = (tensor: string, ratio: number, show: (name: string) => string): string =>
  `The scale of ${show(tensor)} is ${times(ratio)} what it was before this change (put it back if that was not meant).`;

type Search = NonNullable<ModelReport["search"]>;

const notSearched: Cause = {
  lead: "Not searched for: which layers are to blame is not known.",
  more: [
    "Search with --search on-regression (in the action: search: on-regression). What adds most error itself is often harmless at the output.",
  ],
};

const withoutUnits: Readonly<Partial<Record<Search["outcome"], string>>> & { readonly none: string } = {
  diffuse: "No small set of units was found that carries the error: it is spread over the network, though single units may add much of it.",
  "premise-fails": "No unit: the limit is missed even with every unit in higher precision.",
  "nothing-needed": "No unit: on the samples of the search the limits are met without any kept in higher precision.",
  budget: "Not found: the search ended by its budget before it had a set of units that is enough.",
  "tool-failing": "Not found: the tools failed during the search.",
  none: "Not found: the search has no set of units that is enough.",
};

/** `areReaders`: of the tensor whose scale was just named. */
function leadOf(
  { units, proof }: Search,
  keep: readonly KeptUnit[],
  { precision, areReaders, show }: { readonly precision: string; readonly areReaders: boolean; readonly show: (name: string) => string },
): string {
  const names = unitNames(keep, show);
  if (keep.length > units / 2 && keep.length > 1)
    return `No short list of units: ${keep.length} of ${units} have to be kept, first ${names}.`;
  const count = `${keep.length} of ${plural(units, "unit")}`;
  const [loses, is, read] = keep.length === 1 ? ["loses", "is", "reads"] : ["lose", "are", "read"];
  const which = areReaders ? `${names}, which ${read} it,` : names;
  if (proof?.state === "proved") return `${which} ${loses} the accuracy in ${precision} (${count}).`;
  if (proof?.state === "likely") return `${which} likely ${loses} the accuracy in ${precision} (${count}).`;
  return `Not settled: the search suspects ${names} (${count}), which ${is} not proved to be enough.`;
}

/** The first that this change moved far, of what the units read. */
function movedScaleOf(model: ModelReport, keep: readonly KeptUnit[]): { readonly tensor: string; readonly ratio: number } | undefined {
  const read = keep.map((unit) => tensorOf(model, unit));
  const far = (model.baseline?.scales ?? []).filter(({ ratio }) => isFar(ratio));
  return read.flatMap((tensor) => far.find((scale) => scale.tensor === tensor) ?? [])[0];
}

/** What costs most at the output stands first. */
function byShare({ keep, gains = [] }: Search): KeptUnit[] {
  const shares = new Map(gains.map(({ unit, share }) => [unit, share]));
  return keep.toSorted((a, b) => (shares.get(b.unit) ?? 0) - (shares.get(a.unit) ?? 0));
}

interface Sentences {
  /** Whose move is told already. */
  readonly leads: string | undefined;
  readonly show: (name: string) => string;
}

/** A sentence for each tensor that kept units read and whose scale moved or cuts values off: one damaged scale has many readers. */
function scaleSentences(model: ModelReport, keep: readonly KeptUnit[], { leads, show }: Sentences): string[] {
  const readers = Map.groupBy(keep, (unit) => tensorOf(model, unit) ?? "");
  return [...readers].flatMap(([tensor, units]) => (tensor === "" ? [] : scaleSentence(model, tensor, { units, leads, show })));
}

/** The tensor that a unit reads: of several one whose scale this change moved. */
function tensorOf({ layers, baseline }: ModelReport, unit: KeptUnit): string | undefined {
  const reads = layers.find(({ tensor }) => tensor === unit.output)?.reads;
  return baseline?.scales?.find(({ tensor }) => tensor === reads || unit.inputs?.includes(tensor))?.tensor ?? reads;
}

/** What its scale holds of its values, and whether this change moved it. Empty where neither is known or telling. */
function scaleSentence(
  { layers, baseline }: ModelReport,
  tensor: string,
  { units, leads, show }: Sentences & { readonly units: readonly KeptUnit[] },
): string[] {
  const moved = leads === tensor ? undefined : baseline?.scales?.find((scale) => scale.tensor === tensor);
  const share = fromNum(layers.find((layer) => layer.tensor === tensor)?.histogram?.saturatedShare ?? 0);
  const told = [
    ...(moved === undefined
      ? []
      : [`its scale is ${times(moved.ratio)} what it was before this change (put it back if that was not meant)`]),
    ...(share >= leastSaturatedShare ? [`${Number((100 * share).toPrecision(2))} % of its values lie beyond what its scale holds`] : []),
  ];
  if (told.length === 0) return [];
  return [`${unitNames(units, show)} ${units.length === 1 ? "reads" : "read"} ${show(tensor)}: ${told.join(", and ")}.`];
}
