/**
 * Verdicts on the labelled set. Whole runs of the gate: one run per draw of validation samples, every case an entry of one configuration. Or from pools of
 * sums, by the same measuring and judging: thousands of verdicts without inference.
 */
import { copyFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { judgeMeasured, worstSqnrDb } from "../../src/evaluate/outputs.ts";
import { findingCaveats } from "../../src/gate/caveats.ts";
import { doubtCaveat, doubtOf, withCertainty } from "../../src/gate/certainty.ts";
import { main } from "../../src/main.ts";
import type { Measured } from "../../src/measure/measure.ts";
import { toMeasurement } from "../../src/measure/tensor-sums.ts";
import { fromNum, type ModelReport } from "../../src/report/schema.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { entryOf as settledEntry } from "../fakes/settings.ts";
import { cacheOf, caseName, casesOf, firstOfDraw, samplesFile } from "./build.ts";
import { type Label, type Labels, type Limits, labelOf, limitsOf } from "./labels.ts";
import { modelFile } from "./model-files.ts";
import type { LabelledModel } from "./models.ts";
import { draw, type Pool } from "./pool.ts";
import type { Quantization } from "./quantizations.ts";

export interface Judged {
  readonly name: string;
  readonly model: string;
  readonly label: Label;
  readonly verdict: ModelReport["verdict"];
  readonly reason: string;
  /** Smallest SQNR over the outputs, dB. */
  readonly worstDb: number;
  /** Reasons of the caveats that qualify a pass. */
  readonly caveats: readonly string[];
}

export interface Draw {
  readonly models: readonly LabelledModel[];
  readonly labels: Labels;
  /** Which validation samples: draws share none. */
  readonly draw: number;
  readonly samples: number;
  readonly seed: number;
}

/** Every case of the models under every set of limits. Throws where the gate could not judge at all. */
export async function judgeDraw({ models, labels, draw, samples, seed }: Draw): Promise<Judged[]> {
  const effects = await runEffects();
  try {
    const at = (name: string) => join(effects.cwd, name);
    for (const folder of [".github", "models", "caches", "data"]) await mkdir(at(folder), { recursive: true });
    for (const model of models) {
      copyFileSync(modelFile(model), at(`models/${model.name}.onnx`));
      await writeFile(at(`data/${model.name}.npz`), samplesFile(model, firstOfDraw(draw), samples));
    }
    const entries: string[] = [];
    const expected = new Map<string, { readonly label: Label; readonly model: string }>();
    for (const { name, model, quantization } of casesOf(models)) {
      const cache = `caches/${name.replace("/", "-")}.cache`;
      await writeFile(at(cache), cacheOf(model, quantization));
      const figures = Object.values(labels[name] ?? {});
      for (const limits of limitsOf(figures)) {
        const entry = `${name}/${limits.name}`;
        expected.set(entry, { label: labelOf(figures, limits), model: model.name });
        entries.push(entryOf(entry, model, cache, limits));
      }
    }
    await writeFile(at(".github/trt-gate.yml"), `version: 1\nmodels:\n${entries.join("\n")}\n`);
    const { report } = await main({ inputs: { lane: "simulate", search: "off", "changed-only": "false", seed: String(seed) } }, effects);
    return report.models.map((one) => judgedOf(one, expected.get(one.name)));
  } finally {
    await effects.end();
  }
}

const toleranceOf = ({ sqnrDb, cosine }: Limits): string => (cosine === undefined ? `tolerance: {sqnr-db: {fail: ${sqnrDb}}}` : "");

function entryOf(name: string, model: LabelledModel, cache: string, limits: Limits): string {
  const own = toleranceOf(limits);
  return `  - name: ${name}
    path: models/${model.name}.onnx
    shapes: {"${model.input}": [${model.shape.join(", ")}]}
    quantization: {cache: ${cache}}
    validation: {data: data/${model.name}.npz}${own === "" ? "" : `\n    ${own}`}`;
}

function judgedOf(report: ModelReport, expected: { readonly label: Label; readonly model: string } | undefined): Judged {
  if (expected === undefined) throw new Error(`${report.name} is no case of the labelled set.`);
  const figures = report.outputs.map(({ metrics }) => fromNum(metrics.sqnrDb ?? "NaN"));
  const { name, verdict, reason, caveats = [] } = report;
  return { name, ...expected, verdict, reason, worstDb: Math.min(...figures), caveats: caveats.map((caveat) => caveat.reason) };
}

export interface PoolDraw {
  readonly pool: Pool;
  /** Places of the pool's samples, in the order of the validation file. */
  readonly places: readonly number[];
  readonly seed: number;
}

/** One case under every set of limits, as `judgeDraw` would judge it on these samples. */
export function judgeFromPool(
  model: LabelledModel,
  quantization: Quantization,
  labels: Labels,
  { pool, places, seed }: PoolDraw,
): Judged[] {
  const { tensors, coverage } = draw(pool, places);
  const measurements = tensors.map((tensor) => toMeasurement(tensor, { seed }));
  const name = caseName(model, quantization);
  const figures = Object.values(labels[name] ?? {});
  return limitsOf(figures).map((limits) => ({
    name: `${name}/${limits.name}`,
    model: model.name,
    label: labelOf(figures, limits),
    ...judgeFigures({ measurements, coverage }, pool.lane.outputs, toleranceOf(limits)),
  }));
}

/** What the gate says of figures that are there. `tolerance`: the entry's line, empty for the default limits. */
export function judgeFigures(measured: Measured, outputs: readonly string[], tolerance: string): Omit<Judged, "name" | "model" | "label"> {
  const judging = { entry: settledEntry(tolerance), lane: { outputs }, today: "2026-11-30" };
  const { verdict: pooled, findings } = judgeMeasured(judging, measured);
  const doubt = doubtOf(findings, measured.measurements);
  const { kind, reason } = withCertainty(pooled, doubt);
  const caveats = kind === "pass" ? [...(doubt ? [doubtCaveat(doubt)] : []), ...findingCaveats(findings)] : [];
  return { verdict: kind, reason, worstDb: worstSqnrDb(measured), caveats: caveats.map((caveat) => caveat.reason) };
}
