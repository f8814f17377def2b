/** Why a layer is suspicious: what it reads against what its scale holds, and its weights by channel. One card a layer; nothing where neither is known. */
import { isSymmetric } from "../../model/held-range.ts";
import { formatMetric } from "../figures.ts";
import { heldOf, heldWords } from "../held.ts";
import { fromNum, type MeasuredTensor, type ModelReport } from "../schema.ts";
import { gainWords } from "../sections/gains.ts";
import { precisionWord } from "../sections/labels.ts";
import { suspiciousTensors } from "../suspicious.ts";
import { valueHistogram } from "./charts/histogram.ts";
import { weightChart } from "./charts/weights.ts";
import { html, type Markup, nothing } from "./markup.ts";

type Show = (name: string) => string;

/** Nothing where no card has anything to say. */
export function whySection(model: ModelReport, show: Show): Markup {
  const { layers, worst, search } = model;
  const byTensor = new Map(layers.map((layer) => [layer.tensor, layer]));
  const kept = new Set(search?.keep.map(({ unit }) => unit));
  const cards = suspiciousTensors(worst, search?.keep ?? [], search?.gains).flatMap((tensor) => {
    const layer = byTensor.get(tensor);
    return layer === undefined ? [] : [card(layer, { byTensor, precision: precisionWord(model), show }, kept.has(layer.unit ?? ""))];
  });
  const known = cards.filter((one) => one.text !== "");
  return known.length === 0 ? nothing : html`${known}`;
}

interface Around {
  readonly byTensor: ReadonlyMap<string, MeasuredTensor>;
  readonly precision: string;
  readonly show: Show;
}

function card(layer: MeasuredTensor, { byTensor, precision, show }: Around, isKept: boolean): Markup {
  const read = layer.reads === undefined ? layer : byTensor.get(layer.reads);
  const name = show(layer.node ?? layer.tensor);
  const values =
    read?.histogram === undefined
      ? nothing
      : valueHistogram(show(read.tensor), read.histogram, layer.reads === undefined ? "gives" : "reads");
  const weights = layer.weightRange === undefined ? nothing : weightChart(name, layer.weightRange);
  if (values.text === "" && weights.text === "") return nothing;
  return html`<section class="why-layer"><h4><code>${name}</code>${layer.opType !== undefined && html` <span class="note">${show(layer.opType)}${isKept && ", kept by the fix"}</span>`}</h4><p>${figuresOf(layer)}</p>${read?.histogram && html`<p>${clipSentence(read, precision)}</p>`}<div class="pair">${values}${weights}</div></section>`;
}

const figuresOf = ({ injected, metrics, atOutput }: MeasuredTensor): string =>
  [
    `Adds ${formatMetric("sqnrDb", injected?.sqnrDb)} itself`,
    `${formatMetric("sqnrDb", metrics.sqnrDb)} has gathered there`,
    ...(atOutput === undefined ? [] : [`${gainWords(atOutput.sqnrDb, atOutput.share)} at the output with only this layer quantised`]),
  ].join("; ");

/** What its scale holds, and how much it cuts off or leaves unused. */
function clipSentence({ histogram, reference }: MeasuredTensor, precision: string): string {
  const held = heldOf(histogram);
  if (held === undefined) return "Its scale is not known here.";
  const [min, max] = [fromNum(reference.min), fromNum(reference.max)];
  const share = fromNum(histogram?.saturatedShare ?? 0);
  const beyond = share > 0 ? `${Number((100 * share).toPrecision(2))} % of the values lie beyond and saturate` : "no value lies beyond";
  if (!isSymmetric(held) || precision !== "INT8") return `Its quantiser holds ${heldWords(held, digits)}; ${beyond}.`;
  const largest = Math.max(Math.abs(min), Math.abs(max));
  const unused =
    held.high > largest
      ? `; all values lie within ${digits(largest)}, so ${Math.round(100 * (1 - largest / held.high))} % of the range stays unused`
      : "";
  return `Scale ${digits(held.high / 127)}: INT8 holds ±${digits(held.high)}; ${beyond}${unused}.`;
}

const digits = (value: number): number => Number(value.toPrecision(3));
