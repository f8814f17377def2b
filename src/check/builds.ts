/** The engines and sessions of a model, as the report holds them: also of a model whose tool failed. */
import type { BuildFacts, ExecutedLayer } from "../model/engine.ts";
import { type ModelReport, toNum } from "../report/schema.ts";

export const buildReports = (builds: readonly BuildFacts[]): ModelReport["builds"] =>
  builds.map(({ what, seconds, latencyMs, notes, executed = [] }) => ({
    what,
    seconds,
    notes: [...notes],
    ...(latencyMs === undefined ? {} : { latencyMs: toNum(latencyMs) }),
    ...(executed.length === 0 ? {} : { precisions: namesByPrecision(executed) }),
  }));

const namesByPrecision = (layers: readonly ExecutedLayer[]): Record<string, string[]> =>
  Object.fromEntries(
    [...Map.groupBy(layers, ({ precision }) => precision || "unknown")].map(([word, of]) => [word, of.map(({ layer }) => layer)]),
  );
