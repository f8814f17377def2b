/** Every engine that was built: how long that took, how fast it is, and in which precisions its layers ran. */
import { fromNum, type ModelReport } from "../schema.ts";
import { milliseconds, plural, seconds } from "../sections/words.ts";
import { plainLine } from "../text.ts";
import { html, type Markup, nothing } from "./markup.ts";
import { fold, tableOf } from "./parts.ts";

const mostBuilds = 100;

/** Nothing where no engine was built (`simulate`, and lanes that failed before). */
export function buildsSection({ builds, lane }: ModelReport): Markup {
  if (builds.length === 0 || lane === "simulate") return nothing;
  const rows = builds.slice(-mostBuilds).map(({ what, seconds: took, latencyMs, precisions = {}, notes }) => [
    what,
    seconds(took),
    latencyMs === undefined ? "–" : milliseconds(fromNum(latencyMs)),
    Object.entries(precisions)
      .map(([word, layers]) => `${word} ${layers.length}`)
      .toSorted()
      .join(", "),
    plainLine(notes.join("; "), 400),
  ]);
  const columns = [
    { head: "Engine" },
    { head: "Build", number: true },
    { head: "Latency", number: true },
    { head: "Layers by precision" },
    { head: "Notes" },
  ];
  const left = builds.length - rows.length;
  const table = html`${tableOf("Engines in the order they were built", columns, rows)}${left > 0 ? html`<p class="note">The first ${left} are in report.json.</p>` : nothing}`;
  return fold(plural(builds.length, "engine"), table);
}
