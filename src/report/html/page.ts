/**
 * report.html: one self-contained page, a pure rendering of the report. Reads without script and without network; bounded for any number of layers.
 * Decides the order of the page; each section is a file beside this one.
 */

import { asTyped, type Typed } from "../../effects/own-command.ts";
import { plural } from "../../model/plural.ts";
import { formatMetric } from "../figures.ts";
import type { ModelReport, Report } from "../schema.ts";
import { environmentWords } from "../sections/footer.ts";
import { headlineWords } from "../sections/headline.ts";
import { judgedOn } from "../sections/judged-on.ts";
import { byUrgency, hasCaveats, precisionWord, seconds } from "../sections/labels.ts";
import { decidingRow } from "../sections/outputs.ts";
import { plainLine } from "../text.ts";
import { downsample } from "./charts/network.ts";
import { runsIn } from "./charts/strip.ts";
import { contentSecurityPolicy } from "./csp.ts";
import { escapeHtml, html, jsonForScript, Markup, nothing } from "./markup.ts";
import { modelSection, namesOf, pointsOf } from "./model.ts";
import { chapter, facts, tableOf, verdictBadge } from "./parts.ts";
import { script } from "./script.ts";
import { style } from "./style.ts";

/** Models shown in full; more are rows of the overview. */
const mostModels = 50;
/** Layers that the charts' keyboard reading knows, all models together. */
const mostReadPoints = 2000;

/** The whole document. At most `mostModels` models, the most urgent first. `typed`: how its reader calls the gate and names the report. */
export function renderHtml(report: Report, typed: Typed = {}): string {
  const models = byUrgency(report.models);
  const shown = models.slice(0, mostModels);
  const title = headlineWords(report, (name) => plainLine(name, 80));
  const data = { models: shown.map((model) => readingPoints(model, Math.floor(mostReadPoints / shown.length))) };
  const body = html`<header>${verdictBadge(report.verdict, hasCaveats(report) ? 1 : 0)}<h1>${title}</h1>${basis(report)}${reason(report, models)}${meta(report)}</header>
<main id="main">${overview(models)}${shown.map((model, i) => modelSection(model, i, models.length))}${models.length > shown.length ? html`<p class="note">…and ${plural(models.length - shown.length, "more model")} in report.json.</p>` : nothing}</main>
${environment(report)}`;
  return `<!doctype html>\n${
    html`<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${new Markup(contentSecurityPolicy)}"><meta name="viewport" content="width=device-width,initial-scale=1"><meta name="referrer" content="no-referrer"><title>${title}</title><style>${new Markup(style)}</style></head>
<body><a class="skip" href="#main">Skip to the results</a>
${new Markup(asTyped(body.text, typedInHtml(typed)))}
<script type="application/json" id="data">${jsonForScript(data)}</script><script>${new Markup(script)}</script></body></html>`.text
  }\n`;
}

/** Words of a shell that stand in the page's text. */
const typedInHtml = ({ command, report }: Typed): Typed => ({
  command: command === undefined ? undefined : escapeHtml(command),
  report: report === undefined ? undefined : escapeHtml(report),
});

/** What the script reads out of a model's chart: place in the network, name, injected and accumulated error and precision as words. */
const readingPoints = (model: ModelReport, most: number) => ({
  points: downsample(pointsOf(model, namesOf(model)), most).map((point) => [
    point.index,
    point.name,
    ariaLabel(point.injectedDb),
    ariaLabel(point.accumulatedDb),
    runsIn(point.precision, precisionWord(model)),
  ]),
});
const ariaLabel = (value: number | undefined): string =>
  value === undefined ? "not measured" : Number.isFinite(value) ? formatMetric("sqnrDb", value) : Number.isNaN(value) ? "NaN" : "identical";

const basis = (report: Report): Markup => {
  const words = judgedOn(report);
  return words === "" ? nothing : html`<p class="note">${plainLine(words, 300)}</p>`;
};

const reason = (report: Report, models: readonly ModelReport[]): Markup =>
  html`${models[0] && models.length > 1 && html`<p class="why">${plainLine(`${models[0].name}: ${models[0].message}`, 600)}</p>`}${!report.complete && html`<p class="why"><strong>The run ended early; this report is not complete.</strong></p>`}${report.notices.slice(0, 20).map((notice) => html`<p class="note">${plainLine(notice, 600)}</p>`)}`;

const meta = (report: Report): Markup => {
  const { environment: env } = report;
  const words = [env.repository ?? "", ...environmentWords(report).slice(0, 2), dateWords(env.createdAt), seconds(report.seconds)].filter(
    (word) => word !== "",
  );
  return html`<p class="meta">${words.map((word) => html`<span>${plainLine(word, 120)}</span> `)}</p>`;
};

/** `2026-11-24 14:35 UTC`; any other text as it is. */
const dateWords = (iso: string): string => iso.replace(/^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}):.*Z$/, "$1 $2 UTC");

/** For several models: a table that leads to each. */
function overview(models: readonly ModelReport[]): Markup {
  if (models.length < 2) return nothing;
  const rows = models.slice(0, 500).map((model, i) => {
    const row = decidingRow(model);
    const name = plainLine(model.name);
    return [
      i < mostModels ? html`<a href="#model-${i}">${name}</a>` : name,
      model.status === "removed" ? "removed" : verdictBadge(model.verdict, model.caveats?.length),
      row ? row.words.value : "–",
      plainLine(model.reason, 80),
    ];
  });
  return chapter(
    plural(models.length, "model"),
    tableOf(
      "Models by urgency",
      [{ head: "Model" }, { head: "Verdict" }, { head: "Nearest figure", number: true }, { head: "Reason" }],
      rows,
    ),
  );
}

function environment({ environment: env, tool, selection }: Report): Markup {
  const rows: (readonly [string, string | null])[] = [
    ["Gate", `trt-gate ${tool.version}, commit ${tool.commit}`],
    ["Models", selection.why],
    ["Commit", env.headSha],
    ["Base", env.baseSha],
    ["Event", env.event],
    ["TensorRT", env.tensorrt],
    ["Polygraphy", env.polygraphy],
    ["Python", env.python],
    ["GPU", env.gpu],
    ["Driver", env.driver],
    ["ONNX Runtime", env.onnxruntime],
    ["Node", env.node],
    ["System", env.os],
    ["Runner", env.runner],
    ["Job", env.jobKey],
    ["Seed", String(env.seed)],
  ];
  return html`<footer><h2>Environment</h2>${facts(rows.flatMap(([what, value]) => (value === null ? [] : [[what, plainLine(value)] as const])))}</footer>`;
}
