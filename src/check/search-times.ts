/** Latency of the sets of units that the search built engines for, as its report holds them. Times nothing itself. */
import type { Timed } from "../evaluate/latency.ts";
import { type ModelReport, toNum } from "../report/schema.ts";
import type { ProbeRecord } from "../search/outcome.ts";

type SearchReport = NonNullable<ModelReport["search"]>;

/** On each probe, and on the points of the curve that are such a set. */
export function withTimes(search: SearchReport, probes: readonly ProbeRecord[], { byPlan, candidate }: Timed): SearchReport {
  const times = new Map<string, number>(candidate === undefined ? [] : [[keyOf([]), candidate.ms.median]]);
  for (const { keep, result } of probes) {
    const time = result.kind === "measured" ? byPlan.get(result.engine?.facts.plan?.path ?? "") : undefined;
    if (time !== undefined) times.set(keyOf(keep), time.ms.median);
  }
  const timed = (keep: readonly string[]) => {
    const ms = times.get(keyOf(keep));
    return ms === undefined ? {} : { latencyMs: toNum(ms) };
  };
  const { curve } = search;
  return {
    ...search,
    probes: search.probes.map((probe) => ({ ...probe, ...(probe.kind === "measured" ? timed(probe.keep) : {}) })),
    ...(curve === undefined
      ? {}
      : {
          curve: {
            ...curve,
            points: curve.points.map((point) => ({
              ...point,
              ...(point.by === "measured" ? timed(curve.order.slice(0, point.kept)) : {}),
            })),
          },
        }),
  };
}

const keyOf = (keep: readonly string[]): string => JSON.stringify(keep.toSorted());
