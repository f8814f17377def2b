/** The same fix again from report.json. */
import type { KeptUnit, ModelReport, Report } from "../report/schema.ts";
import { type Fix, fixFormats } from "./artifact.ts";

function provedForm({ fix }: ModelReport): Fix["proved"] {
  const form = fix?.verified?.form;
  const format = fixFormats.find((known) => known === form?.format);
  return form && format && { format, typed: form.typed };
}

/** Units with scales that are not kept; none where Q/DQ in the model say which they are. */
function int8UnitsOf({ search, coverage, quantization }: ModelReport): KeptUnit[] {
  if (search === null || quantization.algorithm === "Q/DQ") return [];
  const kept = new Set(search.keep.map(({ unit }) => unit));
  const missing = new Set(coverage.missingScales);
  return search.unitTable.filter(({ unit, inputs = [] }) => !kept.has(unit) && !inputs.some((name) => missing.has(name)));
}

/** Why the units are kept; the search's message ends with the proof's, which the fix carries beside it. */
export function withoutProof({
  message,
  proof,
}: {
  readonly message: string;
  readonly proof?: { readonly message: string } | undefined;
}): string {
  const told = proof?.message ?? "";
  return told !== "" && message.endsWith(told) ? message.slice(0, -told.length).trimEnd() : message;
}

/** The caveat's words where it is about the model's own Q/DQ: a cache is no form that a builder could refuse. */
export const refusedIn = ({ quantization, caveats = [] }: Pick<ModelReport, "quantization" | "caveats">): string | undefined =>
  quantization.algorithm === "Q/DQ" ? caveats.find(({ reason }) => reason === "not-for-tensorrt")?.message : undefined;

/** Undefined when the model has no kept units. `folder`: where the report lies, as the commands name it; "" where they run there. */
export function fixFromReport(model: ModelReport, tool: Report["tool"], folder = ""): Fix | undefined {
  const { search, quantization } = model;
  if (!search || search.keep.length === 0) return undefined;
  const own = model.fix?.files.find(({ format }) => format === "cache");
  const cachePath = own
    ? `${folder}${own.path}`
    : (model.buildWith?.cache ?? (quantization.cacheHeader === null ? undefined : quantization.source));
  const qdqPath = quantization.algorithm === "Q/DQ" && quantization.source.endsWith(".onnx") ? quantization.source : undefined;
  return {
    gateVersion: `${tool.version} (${tool.commit})`,
    model: { name: model.name, path: model.path, sha256: model.sha256 },
    kept: [...(model.kept?.units ?? []), ...search.keep],
    int8: int8UnitsOf(model),
    totalUnits: search.units + (model.kept?.units.length ?? 0),
    precision: search.precision,
    proved: provedForm(model),
    why: withoutProof(search),
    verified: model.fix?.verified?.message ?? "not verified",
    cachePath,
    placement: quantization.placement,
    qdqPath,
    refused: refusedIn(model),
    algorithm: quantization.algorithm,
    quantized: quantization.precision,
    entry: model.entry,
    report: `${folder}report.json`,
    buildWith: model.buildWith,
  };
}
