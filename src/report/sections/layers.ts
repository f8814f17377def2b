/** The worst layers: which layer adds error (injected), what has gathered by then (accumulated), how far that is from the output's limit. */

import { plural } from "../../model/plural.ts";
import { formatMargin, formatMetric } from "../figures.ts";
import { code, table } from "../markdown.ts";
import { fromNum, type ModelReport, toNum } from "../schema.ts";
import { gainWords, ofWhole } from "./gains.ts";
import { precisionWord } from "./labels.ts";

/** SQNR limit in dB that a layer is compared with: the strictest `fail` of the outputs; undefined where no output has one. */
export function sqnrLimit(model: ModelReport): number | undefined {
  const limits = model.outputs
    .flatMap((output) => output.limits?.sqnrDb?.fail ?? [])
    .map(fromNum)
    .filter(Number.isFinite);
  return limits.length === 0 ? undefined : Math.max(...limits);
}

/** What the table is ordered by, and that it accuses nobody. */
export const layersCaption = (model: ModelReport): string =>
  `**Layers that add most error themselves** (injected): symptoms, not the cause${(model.search?.keep.length ?? 0) === 0 ? "" : ", which is named above"}. Accumulated is what has gathered there${aloneWords(model)}.`;

/** Of which state the column is: it does not change with what is kept. */
function aloneWords(model: ModelReport): string {
  const { search } = model;
  if (search?.gains === undefined) return "";
  const samples = search.samples === undefined ? "" : `, on the ${plural(search.samples.rank, "sample")} that ranked`;
  const whole = ofWhole(model, (name) => code(name, 100));
  return `; alone, at the output is what only this layer in ${precisionWord(model)} leaves there, all others in float${samples}${whole}`;
}

/** Empty without layers. `show` writes a tensor or node name as plain text. */
export function layersTable(model: ModelReport, rows: number, show: (name: string) => string, nameLength: number): string {
  if (model.worst.length === 0 || rows === 0) return "";
  const limit = sqnrLimit(model);
  const withGain = model.worst.some(({ outputSqnrDb }) => outputSqnrDb !== undefined);
  const body = model.worst
    .slice(0, rows)
    .map((layer) => [
      code(show(layer.node), nameLength) + (layer.opType === "" ? "" : ` ${code(layer.opType, 40)}`),
      code(show(layer.tensor), nameLength),
      formatMetric("sqnrDb", layer.injectedSqnrDb),
      formatMetric("sqnrDb", layer.accumulatedSqnrDb),
      ...(withGain ? [gainWords(layer.outputSqnrDb, layer.outputShare)] : []),
      limit === undefined || layer.accumulatedSqnrDb === null
        ? "–"
        : formatMargin("sqnrDb", toNum(fromNum(layer.accumulatedSqnrDb) - limit)),
    ]);
  const head = ["Layer", "Tensor", "Injected", "Accumulated", ...(withGain ? ["Alone, at the output"] : []), "From limit"];
  return table(
    head,
    body,
    head.map((_, i) => (i < 2 ? "l" : "r")),
  );
}
