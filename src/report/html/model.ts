/** One model on the page: figures at a glance, outputs, the error along the network, layers, fix, search, facts, commands. */

import { plural } from "../../model/plural.ts";
import { basePlace } from "../base-change.ts";
import { formatMetric, metricLabel } from "../figures.ts";
import { fromNum, type ModelReport } from "../schema.ts";
import { causeOf, failsOutsideOutputs } from "../sections/cause.ts";
import { facts as factRows } from "../sections/details.ts";
import { keptWords } from "../sections/fix.ts";
import { gainWords } from "../sections/gains.ts";
import { precisionWord } from "../sections/labels.ts";
import { sqnrLimit } from "../sections/layers.ts";
import { decidingRow, limitPhrase, type OutputRow, rowLabel } from "../sections/outputs.ts";
import { againstBase, fixedFigure, unitNames } from "../sections/story.ts";
import { plainLine, uniqueLabels } from "../text.ts";
import { buildsSection } from "./builds.ts";
import { convergenceChart } from "./charts/convergence.ts";
import { layerHistogram } from "./charts/histogram.ts";
import { type NetworkPoint, networkChart, networkPoints } from "./charts/network.ts";
import { precisionOf } from "./charts/strip.ts";
import { layersSection } from "./layers.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { outputsSection } from "./outputs.ts";
import { chapter, copyable, facts, fold, quoted, verdictBadge } from "./parts.ts";
import { fixSection, searchSection } from "./search.ts";
import { whySection } from "./why.ts";

export type Show = (name: string) => string;

/** Names that look alike get an index, the same one everywhere on the page. */
export const namesOf = (model: ModelReport): Show =>
  uniqueLabels([...model.outputs, ...model.layers].flatMap(({ tensor, node }) => (node === undefined ? [tensor] : [tensor, node])));

/** In the order of the layers. */
export const pointsOf = (model: ModelReport, show: Show): NetworkPoint[] =>
  networkPoints(model.layers, (layer) => show(layer.node ?? layer.tensor), precisionOf(model));

/** `models`: how many the page shows. The only one's verdict has been said at the head; many have shorter tables. */
export function modelSection(model: ModelReport, index: number, models: number): Markup {
  const show = namesOf(model);
  const points = pointsOf(model, show);
  const limits = { fail: sqnrLimit(model), warn: warnLimit(model) };
  const chart = networkChart(points, limits, precisionWord(model));
  // What to do and where come first; how it was measured is there for whoever asks.
  const folded = rest(model, show);
  const title = html`<div class="title"><h2 id="model-${index}-name">${show(model.name)}</h2>${badge(model, models === 1)}</div>`;
  const body = html`${causeBox(model, show)}<p>${plainLine(model.message, 1000)}</p>
${glance(model, show)}
${chapter("Latency", model.latency === undefined ? nothing : html`<p>${plainLine(model.latency.message, 1000)}</p>`)}
${chapter("Fix", failsOutsideOutputs(model) ? nothing : fixSection(model, show))}
${chapter("Advice", adviceList(model))}
${chapter("Outputs", outputsSection(model, show))}
${chapter("Error along the network", chart.text === "" ? nothing : html`<div class="explore" data-model="${index}" role="group" aria-label="Chart of the error along the network; arrow keys read it layer by layer">${chart}</div><p class="readout note" aria-live="polite"></p>`)}
${chapter("Why these layers", whySection(model, show))}
${chapter("Layers that add most error themselves", layersSection(model, show, models < 5 ? 200 : 20, index), fold("How the layers spread over SQNR", layerHistograms(points, limits.fail)))}
${folded}`;
  return html`<section class="model" id="model-${index}" aria-labelledby="model-${index}-name">
${models > 1 && model.verdict === "pass" ? html`<details class="passing"><summary>${title}</summary>${body}</details>` : html`${title}${body}`}
</section>`;
}

function rest(model: ModelReport, show: Show): Markup {
  return html`<details class="rest"><summary>Search, measurement, engines, commands</summary>
${chapter("Search", searchSection(model, show))}
${chapter("How it was measured", warnings(model), facts([["Model", modelFile(model, show)], ...factRows(model)]), convergenceChart(model.quantization.convergence ?? []))}
${chapter("Engines", buildsSection(model))}
${chapter("The tool’s last lines", model.toolTail.length === 0 ? nothing : quoted(model.toolTail))}
${chapter("Reproduce", html`${[...(model.reproduction ? [model.reproduction.command] : []), ...model.reproduce.slice(0, 20)].map((command, i) => copyable(command, `command ${i + 1}`))}`)}
</details>`;
}

function badge(model: ModelReport, alone: boolean): Markup {
  if (model.status === "removed") return html`<span class="note">removed by this change</span>`;
  return alone ? nothing : verdictBadge(model.verdict, model.caveats?.length);
}

/** What to look at first: which units lose the accuracy, or that nobody searched for them. */
function causeBox(model: ModelReport, show: Show): Markup {
  const cause = causeOf(model, show);
  return cause === undefined
    ? nothing
    : html`<div class="cause"><p><strong>Cause: ${cause.lead}</strong></p>${[cause.gain ?? [], cause.more].flat().map((part) => html`<p>${part}</p>`)}</div>`;
}

/** The four or five figures that answer most questions. */
function glance(model: ModelReport, show: Show): Markup {
  const row = decidingRow(model);
  const leader = leaderTile(model, show);
  const items: (readonly [string, string, string] | undefined)[] = [
    row && [rowLabel(row), row.words.value, row.margin === undefined ? "no limit" : `${limitPhrase(row)}, margin ${row.words.margin}`],
    row && baseTile(model, row),
    keptWords(model) === ""
      ? undefined
      : [
          model.fix?.verified?.passes === true ? "Kept by the fix" : "Tried",
          unitNames(model.search?.keep ?? [], show),
          `${keptWords(model)}: ${fixedWords(model)}`,
        ],
    leader,
    model.firstFailing === null
      ? undefined
      : ["First beyond the limit", show(model.firstFailing), "in order of the network; error is seen there, its source may lie elsewhere"],
    model.status === "checked"
      ? [
          "Compared",
          plural(model.outputs.length, "output"),
          `and ${plural(model.layers.length, "layer")}, over ${plural(model.validation.samples, "sample")}`,
        ]
      : undefined,
  ];
  const known = items.filter((item) => item !== undefined);
  return known.length === 0
    ? nothing
    : html`<dl class="figures">${known.map((item) => html`<div><dt>${item[0]}</dt><dd class="${item[1].length > 16 ? "name" : "figure"}">${item[1]}<small>${item[2]}</small></dd></div>`)}</dl>`;
}

/** The base's figure, how far this one lies from it, and what changed since. */
function baseTile(model: ModelReport, row: OutputRow): readonly [string, string, string] | undefined {
  const { baseline } = model;
  const pair = againstBase(model, row);
  if (baseline === null || pair === undefined) return undefined;
  const { metric, now, before } = pair;
  const causes = (baseline.causes ?? []).slice(0, 2).map((cause) => plainLine(cause, 160));
  return [
    `${metricLabel(metric)} at ${plainLine(basePlace(baseline), 80)}`,
    formatMetric(metric, before),
    [`now ${formatMetric(metric, now)}`, ...causes].join("; "),
  ];
}

/** The layer that leads the table, and whether it is to blame: what it adds is often lost on its way to the output. */
function leaderTile({ worst: [worst], search }: ModelReport, show: Show): readonly [string, string, string] | undefined {
  if (worst === undefined) return undefined;
  const injected = `injected ${formatMetric("sqnrDb", worst.injectedSqnrDb)}`;
  const isKept = search?.keep.some(({ unit }) => unit === worst.unit) ?? false;
  const blame =
    worst.outputSqnrDb === undefined
      ? "whether it is to blame was not searched"
      : `alone it leaves ${gainWords(worst.outputSqnrDb, worst.outputShare)} at the output`;
  return [isKept ? "Adds most error itself" : "Adds most error itself, not kept", show(worst.node), `${injected}; ${blame}`];
}

/** The figure that is nearest to its limit with them: often another than the one that decided without. */
const fixedWords = (model: ModelReport): string =>
  fixedFigure(model, (words) => plainLine(words, 300)) || "what that gives was not measured";

function layerHistograms(points: readonly NetworkPoint[], limit: number | undefined): Markup {
  const [injected, accumulated] = (["injectedDb", "accumulatedDb"] as const).map((pick) => points.flatMap((point) => point[pick] ?? []));
  const charts = [
    layerHistogram(injected ?? [], limit, "Layers by injected error"),
    layerHistogram(accumulated ?? [], limit, "Layers by accumulated error"),
  ].filter((chart) => chart.text !== "");
  return charts.length === 0 ? nothing : html`<div class="pair">${charts}</div>`;
}

const adviceList = ({ advice }: ModelReport): Markup =>
  advice.length === 0
    ? nothing
    : html`<ul>${advice.slice(0, 20).map(
        (entry) =>
          html`<li>${entry.text} <span class="note">${Object.entries(entry.evidence)
            .map(([what, figure]) => [what.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`), figureWords(figure)])
            .filter(([, figure = ""]) => !holdsWord(entry.text, figure))
            .map((words) => words.join(" "))
            .join(", ")}</span></li>`,
      )}</ul>`;

/** What the sentence says already is not said again. */
const holdsWord = (text: string, word: string): boolean =>
  text.split(word).some((before, i, all) => i + 1 < all.length && !/[\w.]$/.test(before) && !/^\.?\w/.test(all[i + 1] ?? ""));

/** Three significant digits; a number that JSON cannot hold and a name are texts already. */
const figureWords = (figure: number | string): string => (typeof figure === "number" ? String(Number(figure.toPrecision(3))) : figure);

const warnings = (model: ModelReport): Markup =>
  model.warnings.length === 0
    ? nothing
    : html`<ul>${model.warnings.slice(0, 50).map((warning) => html`<li>${plainLine(warning, 600)}</li>`)}</ul>`;

function warnLimit(model: ModelReport): number | undefined {
  const limits = model.outputs
    .flatMap((output) => output.limits?.sqnrDb?.warn ?? [])
    .map(fromNum)
    .filter(Number.isFinite);
  return limits.length === 0 ? undefined : Math.max(...limits);
}

const modelFile = ({ path, sha256 }: ModelReport, show: Show): Markup =>
  sha256 === "" ? html`<code>${show(path)}</code>` : html`<code>${show(path)}</code>, SHA-256 <code>${sha256}</code>`;
