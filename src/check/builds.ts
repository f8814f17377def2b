/** The engines and sessions of a model, as the report holds them: also of a model whose tool failed. */
import { notTimed, type Timed } from "../evaluate/latency.ts";
import type { BuildFacts, ExecutedLayer } from "../model/engine.ts";
import { type ModelReport, toNum } from "../report/schema.ts";

/** In the order in which they were built. Latencies are medians in milliseconds, of the plans that were timed. */
export const buildReports = (builds: readonly BuildFacts[], { byPlan }: Timed = notTimed): ModelReport["builds"] =>
  builds.map(({ what, seconds, plan, notes, executed = [] }) => {
    const time = byPlan.get(plan?.path ?? "");
    return {
      what,
      seconds,
      notes: [...notes],
      ...(time === undefined ? {} : { latencyMs: toNum(time.ms.median) }),
      ...(executed.length === 0 ? {} : { precisions: namesByPrecision(executed) }),
    };
  });

const namesByPrecision = (layers: readonly ExecutedLayer[]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(layers, ({ precision }) => precision || "unknown")].map(([word, of]) => [word, of.map(({ layer }) => layer)]),
  );
