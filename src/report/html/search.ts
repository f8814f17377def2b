/** The search and the fix: before and after, the path, the kept units, files and commands to copy. */

import { plural } from "../../model/plural.ts";
import { formatMetric } from "../figures.ts";
import type { ModelReport } from "../schema.ts";
import { curveCells, curveHead, curveOffer, hasLatency, onChosen, pointCommand, tellingPoints } from "../sections/curve.ts";
import { checkedWords, fixedFigures, keepsEverything, keptWords, minimalWords } from "../sections/fix.ts";
import { precisionWord, seconds } from "../sections/labels.ts";
import { fixLatencyWords } from "../sections/latency.ts";
import { beforeAfter } from "./charts/before-after.ts";
import { curveChart } from "./charts/curve.ts";
import { searchChart } from "./charts/search-path.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { copyable, fold, lastRows, tableOf } from "./parts.ts";

type Show = (name: string) => string;
type Search = NonNullable<ModelReport["search"]>;

const mostUnits = 200;
const mostProbes = 200;
const mostPoints = 40;

/** Nothing where nothing was searched. */
export function fixSection(model: ModelReport, show: Show): Markup {
  const { search, fix } = model;
  if (search === null) return nothing;
  const words = [checkedWords(model), fixLatencyWords(model)].filter((part) => part !== "").join(" ");
  const proof = fix === null || search.keep.length === 0 || words === "" ? nothing : html`<p>${words}</p>`;
  const kept =
    search.keep.length === 0 || keepsEverything(search)
      ? nothing
      : html`<p>Keep ${keptWords(model)}${minimalWords(search)}:</p><ul>${search.keep.slice(0, mostUnits).map((unit) => html`<li><code>${unit.nodes.map(show).join(", ") || show(unit.unit)}</code>${unit.layers.length > 0 && html` <span class="note">engine layer ${unit.layers.map(show).join(", ")}</span>`}</li>`)}</ul>${search.keep.length > mostUnits ? html`<p class="note">…and ${search.keep.length - mostUnits} more.</p>` : nothing}`;
  return html`<p>${search.message}</p>${search.keep.length > 0 && !keepsEverything(search) ? beforeAfter(fixedFigures(model), precisionWord(model), show) : nothing}${proof}${kept}${fixFiles(fix, show)}`;
}

/** A set that was not found to be enough is there for whoever wants it, and not held out. */
function fixFiles(fix: ModelReport["fix"], show: Show): Markup {
  const files = (fix?.files ?? []).toSorted((a, b) => usefulness(a) - usefulness(b));
  const [first] = fix?.verified?.passes === true ? files : [];
  const others = first === undefined ? files : files.slice(1);
  const what = first === undefined ? `${plural(others.length, "file")} for this set` : plural(others.length, "other form");
  return html`${first && fixFile(first, show)}${fold(what, html`${others.map((file) => fixFile(file, show))}`)}`;
}

type FixFile = NonNullable<ModelReport["fix"]>["files"][number];

/** The model that takes the place of the repository's own, or the patch, puts the fix into the change; the keep file does it by hand; the others rebuild elsewhere. */
const usefulness = ({ format, commit }: FixFile): number => (commit !== undefined ? 0 : format === "patch" ? 1 : format === "keep" ? 2 : 3);

function fixFile({ path, format, command, commit, leftOut }: FixFile, show: Show): Markup {
  const names = leftOut.slice(0, 3).map((entry) => `${show(entry.name)} (${entry.why})`);
  const without = leftOut.length > 0 && `; ${plural(leftOut.length, "name")} left out: ${names.join(", ")}`;
  return html`<p><code>${show(path)}</code> <span class="note">${format}${without}</span></p>${commit !== undefined && copyable(commit, "the commands that commit it")}${command === "" ? nothing : copyable(command, `the ${format} command`)}`;
}

/** Nothing where nothing was searched. */
export function searchSection({ name, search }: ModelReport, show: Show): Markup {
  if (search === null) return nothing;
  const words = `${search.method} search over ${plural(search.units, "unit")}: ${plural(search.builds, "probe")} in ${seconds(search.seconds)}, seed ${search.seed}.`;
  return html`<p>${words}</p>${samplesWords(search)}${curvePart(search, name, show)}${searchChart(search.probes)}${fold("Every probe", probeTable(search, show))}${fold("Rankings", rankingTable(search, show))}`;
}

function samplesWords({ samples }: Search): Markup {
  if (!samples) return nothing;
  const apart = samples.apart ? "three sets that do not meet" : "too few for three sets of their own: nothing counts as proved";
  return html`<p>Samples: ${samples.rank} to rank, ${samples.choose} to choose, ${samples.prove} to prove (${apart}).</p>`;
}

function curvePart(search: Search, model: string, show: Show): Markup {
  const points = search.curve?.points ?? [];
  if (points.length === 0) return nothing;
  const withLatency = hasLatency(search);
  const columns = curveHead(withLatency).map((head, i, { length }) => ({ head, number: i < length - 1 }));
  const offer = curveOffer({ name: model, search });
  const rows = tellingPoints(search, mostPoints).map((point) => curveCells(point, withLatency, show));
  return html`${curveChart(points)}<p>Measured${onChosen(search)}. Any point can be taken: ${html`<code>${pointCommand(model)}</code>`} makes its fix.</p>${offer && html`<p>${offer.words}: <code>${offer.command}</code></p>`}${fold("What each number of kept units gives", tableOf("The first so many units of the ranking kept", columns, rows))}`;
}

function probeTable({ probes }: Search, show: Show): Markup {
  const columns = [
    { head: "Probe", number: true },
    { head: "Phase" },
    { head: "Ranking" },
    { head: "Samples" },
    { head: "Kept", number: true },
    { head: "Result" },
    { head: "Nearest to its limit" },
    { head: "Error to spare", number: true },
    { head: "Time", number: true },
  ];
  const row = (probe: Search["probes"][number]) => [
    String(probe.n),
    probe.phase,
    probe.ranking ?? "–",
    probe.half,
    String(probe.kept),
    probe.kind === "unknown" ? `no result: ${show(probe.why ?? "tool failed")}` : probe.passes ? "passes" : "fails",
    probe.nearest === undefined ? "–" : show(probe.nearest),
    decibel(probe.margin),
    seconds(probe.seconds),
  ];
  return lastRows("Probes in the order they ran", columns, { items: probes, most: mostProbes, row });
}

function rankingTable({ rankings, prefix }: Search, show: Show): Markup {
  const rows = rankings.map((ranking) => {
    const length = prefix.find((entry) => entry.ranking === ranking.name)?.length;
    return [
      ranking.name,
      html`<code>${ranking.order.slice(0, 5).map(show).join(", ")}</code>`,
      length === undefined || length === null ? "none passes" : String(length),
      String(ranking.probes),
      seconds(ranking.seconds),
    ];
  });
  return tableOf(
    "Rankings and the shortest prefix that passes",
    [
      { head: "Ranking" },
      { head: "First units" },
      { head: "Shortest prefix", number: true },
      { head: "Probes", number: true },
      { head: "Time", number: true },
    ],
    rows,
  );
}

const decibel = (value: Search["probes"][number]["sqnrDb"]): string => formatMetric("sqnrDb", value);
