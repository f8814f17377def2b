/** The same fix again from report.json, word for word. */
import type { ModelReport, Report } from "../report/schema.ts";
import type { Fix } from "./artifact.ts";

/** Undefined when the model has no kept units. */
export function fixFromReport(model: ModelReport, tool: Report["tool"]): Fix | undefined {
  const { search, quantization } = model;
  if (!search || search.keep.length === 0) return undefined;
  const cache = quantization.cacheHeader === null ? undefined : quantization.source;
  return {
    gateVersion: `${tool.version} (${tool.commit})`,
    model: { name: model.name, path: model.path, sha256: model.sha256 },
    kept: search.keep,
    totalUnits: search.units,
    precision: search.precision,
    why: search.message,
    verified: model.fix?.verified?.message ?? "not verified",
    ...(cache === undefined ? {} : { cachePath: cache }),
    algorithm: quantization.algorithm,
  };
}
