/** Every engine that was built: how long that took, how fast it is, and in which precisions its layers ran. */

import { plural } from "../../model/plural.ts";
import { fromNum, type ModelReport } from "../schema.ts";
import { milliseconds, seconds } from "../sections/labels.ts";
import { plainLine } from "../text.ts";
import { type Markup, nothing } from "./markup.ts";
import { fold, lastRows } from "./parts.ts";

const mostBuilds = 100;

/** Nothing where no engine was built (`simulate`, and lanes that failed before). */
export function buildsSection({ builds, lane }: ModelReport): Markup {
  if (builds.length === 0 || lane === "simulate") return nothing;
  const columns = [
    { head: "Engine" },
    { head: "Build", number: true },
    { head: "Latency", number: true },
    { head: "Layers by precision" },
    { head: "Notes" },
  ];
  return fold(
    plural(builds.length, "engine"),
    lastRows("Engines in the order they were built", columns, { items: builds, most: mostBuilds, row: buildRow }),
  );
}

const buildRow = ({ what, seconds: took, latencyMs, precisions = {}, notes }: ModelReport["builds"][number]): string[] => [
  what,
  seconds(took),
  latencyMs === undefined ? "–" : milliseconds(fromNum(latencyMs)),
  Object.entries(precisions)
    .map(([word, layers]) => `${word} ${layers.length}`)
    .toSorted()
    .join(", "),
  plainLine(notes.join("; "), 400),
];
