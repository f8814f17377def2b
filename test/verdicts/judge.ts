/** Runs the gate over the labelled set: one run per draw of validation samples, every case an entry of one configuration. */
import { copyFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { main } from "../../src/main.ts";
import { fromNum, type ModelReport } from "../../src/report/schema.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { cacheOf, casesOf, firstOfDraw, samplesFile } from "./build.ts";
import { type Label, type Labels, type Limits, labelOf, limitsOf } from "./labels.ts";
import { modelFile } from "./model-files.ts";
import type { LabelledModel } from "./models.ts";

export interface Judged {
  readonly name: string;
  readonly model: string;
  readonly label: Label;
  readonly verdict: ModelReport["verdict"];
  readonly reason: string;
  /** Smallest SQNR over the outputs, dB. */
  readonly worstDb: number;
  /** Sentences beside the verdict that qualify it. */
  readonly warnings: readonly string[];
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

function entryOf(name: string, model: LabelledModel, cache: string, { sqnrDb, cosine }: Limits): string {
  const own = cosine === undefined ? `\n    tolerance: {sqnr-db: {fail: ${sqnrDb}}}` : "";
  return `  - name: ${name}
    path: models/${model.name}.onnx
    shapes: {"${model.input}": [${model.shape.join(", ")}]}
    quantization: {cache: ${cache}}
    validation: {data: data/${model.name}.npz}${own}`;
}

function judgedOf(report: ModelReport, expected: { readonly label: Label; readonly model: string } | undefined): Judged {
  if (expected === undefined) throw new Error(`${report.name} is no case of the labelled set.`);
  const figures = report.outputs.map(({ metrics }) => fromNum(metrics.sqnrDb ?? "NaN"));
  const { name, verdict, reason, warnings } = report;
  return { name, ...expected, verdict, reason, worstDb: Math.min(...figures), warnings };
}
