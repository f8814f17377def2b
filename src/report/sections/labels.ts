/** Short words and marks that several renderings share. A mark never stands alone: the word beside it says the same. */
import type { MeasuredTensor, ModelReport, Report } from "../schema.ts";

export type VerdictKind = Report["verdict"];

export const verdictMark: Readonly<Record<VerdictKind, string>> = { pass: "✅", regression: "❌", undecided: "⚠️" };
export const verdictWord: Readonly<Record<VerdictKind, string>> = { pass: "pass", regression: "regression", undecided: "undecided" };

export const levelMark: Readonly<Record<MeasuredTensor["level"], string>> = {
  pass: "✅ pass",
  warn: "🟡 warn",
  fail: "❌ fail",
  waived: "☑️ waived",
  unjudged: "not judged",
  undecided: "⚠️ undecided",
};

/** Seven characters; `unknown` without a commit. */
export const shortSha = (sha: string | null | undefined): string =>
  sha === null || sha === undefined ? "unknown" : sha.replace(/[^\w]/g, "").slice(0, 7);

/** Tenths below 10 s, whole seconds below two minutes, then minutes. */
export const seconds = (value: number): string =>
  value < 10 ? `${value.toFixed(1)} s` : value < 120 ? `${Math.round(value)} s` : `${Math.round(value / 60)} min`;

/** To three significant digits. */
export const milliseconds = (value: number): string => `${Number(value.toPrecision(3))} ms`;

/** True where a model's figures do not say everything: such a pass is no unqualified one. */
export const hasCaveats = ({ models }: Pick<Report, "models">): boolean => models.some(({ caveats }) => (caveats ?? []).length > 0);

/** Of one model: a pass with a caveat is to be read first, as the headline marks it. */
export const markOf = (model: ModelReport): string =>
  model.verdict === "pass" && hasCaveats({ models: [model] }) ? verdictMark.undecided : verdictMark[model.verdict];

/** Models in the order of who must act: regressions, undecided, passes with a caveat, then the rest as given. */
export const byUrgency = (models: readonly ModelReport[]): ModelReport[] => {
  const order: readonly VerdictKind[] = ["regression", "undecided", "pass"];
  const careful = (model: ModelReport) => (hasCaveats({ models: [model] }) ? 0 : 1);
  return models.toSorted((a, b) => order.indexOf(a.verdict) - order.indexOf(b.verdict) || careful(a) - careful(b));
};

/** What the candidate computes in; INT8 where nothing says. */
export const precisionWord = ({ quantization }: Pick<ModelReport, "quantization">): string => quantization.precision ?? "INT8";

/** Of several models each precision once. */
export const precisionWords = (models: readonly Pick<ModelReport, "quantization">[]): string =>
  [...new Set(models.map(precisionWord))].join(" and ") || "INT8";

/** The name of where the candidate ran, for people. */
export const laneWords = (model: Pick<ModelReport, "lane" | "reference" | "quantization">): string =>
  laneSentence(model, precisionWord(model));

/** As far as the report says what the candidate was compared with. */
export function laneSentence({ lane, reference }: Pick<ModelReport, "lane" | "reference">, precision: string): string {
  const against = reference === undefined ? "" : ` against ${referenceWords[reference]}`;
  const words: Readonly<Record<ModelReport["lane"], string>> = {
    simulate: `${precision} simulated on the CPU against FP32`,
    implicit: `TensorRT ${precision} engine (calibration cache)${against}`,
    explicit: `TensorRT ${precision} engine (Q/DQ)${against}`,
    saved: "saved outputs, compared as they are",
  };
  return words[lane];
}

const referenceWords: Readonly<Record<NonNullable<ModelReport["reference"]>, string>> = {
  fp16: "FP16",
  fp32: "FP32",
  onnxruntime: "FP32 in ONNX Runtime",
  saved: "saved outputs",
  plan: "a given engine",
};

/** `, with the caveat entry-lost`: what a check with these units kept would say besides; empty without. */
export function fixCaveatWords(fix: ModelReport["fix"]): string {
  const reasons = (fix?.verified?.caveats ?? []).map(({ reason }) => reason);
  return reasons.length === 0 ? "" : `, with the ${reasons.length === 1 ? "caveat" : "caveats"} ${reasons.join(", ")}`;
}
