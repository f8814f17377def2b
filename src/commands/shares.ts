/** Splits models over runners so that the slowest share ends as early as it can: longest first, each to the share with the least work. Pure. */

import type { Estimate } from "./plan-estimate.ts";

export interface PlannedModel {
  readonly name: string;
  readonly path: string;
}

export interface Share {
  /** `share-1`. */
  readonly share: string;
  /** Paths, one a line, as the input `models` takes them. */
  readonly models: string;
  /** Names, one a line. */
  readonly names: string;
  readonly count: number;
  /** Expected where every model passes, from earlier reports or an estimate. */
  readonly seconds: number;
  /** The same where every model regresses: its layers are looked at and searched. */
  readonly mostSeconds: number;
}

/** Balanced for models that pass, as most do. A model without a figure counts as the median of the others, without any as one second. At most as many shares as files. */
export function splitShares(models: readonly PlannedModel[], secondsOf: ReadonlyMap<string, Estimate>, runners: number): Share[] {
  const typical = { check: median([...secondsOf.values()].map(({ check }) => check)) ?? 1, search: 0 };
  const costOf = (entries: readonly PlannedModel[], part: keyof Estimate) =>
    entries.reduce((sum, { name }) => sum + (secondsOf.get(name) ?? typical)[part], 0);
  const files = [...Map.groupBy(models, ({ path }) => path)]
    .map(([path, entries]) => ({
      path,
      names: entries.map(({ name }) => name),
      seconds: costOf(entries, "check"),
      searchSeconds: costOf(entries, "search"),
    }))
    .toSorted((a, b) => b.seconds - a.seconds);
  const loads = Array.from({ length: Math.min(runners, files.length) }, () => ({ seconds: 0, files: [] as (typeof files)[number][] }));
  for (const file of files) {
    const lightest = loads.reduce((least, load) => (load.seconds < least.seconds ? load : least));
    lightest.files.push(file);
    lightest.seconds += file.seconds;
  }
  return loads.map((load, i) => ({
    share: `share-${i + 1}`,
    models: load.files.map(({ path }) => path).join("\n"),
    names: load.files.flatMap(({ names }) => names).join("\n"),
    count: load.files.reduce((sum, { names }) => sum + names.length, 0),
    seconds: Math.round(load.seconds),
    mostSeconds: Math.round(load.seconds + load.files.reduce((sum, { searchSeconds }) => sum + searchSeconds, 0)),
  }));
}

function median(values: readonly number[]): number | undefined {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
