/** Runs the whole zoo through the gate in the simulate lane, in one run, and asks the oracle (test/oracle/zoo.py) for the same figures. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { oraclePython } from "../../scripts/python-env.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { seededRandom } from "../../src/measure/random.ts";
import { elementCount, type Tensor } from "../../src/model/tensor.ts";
import { fromNum } from "../../src/report/schema.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { type ZooEntry, type ZooInput, zoo, zooFile } from "./zoo.ts";

export interface ZooResult {
  readonly name: string;
  readonly producer: string;
  readonly verdict: string;
  readonly reason: string;
  readonly message: string;
  /** Of every output that was measured, rounded to a hundredth; null where the file cannot hold it. */
  readonly sqnrDb: Readonly<Record<string, number | null>>;
}

const oracle = fileURLToPath(new URL("../oracle/zoo.py", import.meta.url));
const [calibrationSamples, validationSamples] = [24, 16];

/** In the order of the entries, which hold the float models of their quantised ones. */
export async function judgeZoo(entries: readonly ZooEntry[] = zoo): Promise<{
  readonly results: readonly ZooResult[];
  readonly exitCode: number;
  readonly effects: RunEffects;
}> {
  const effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  mkdirSync(at(".github"), { recursive: true });
  for (const entry of entries) {
    copyFileSync(zooFile(entry), at(`${entry.name}.onnx`));
    writeFileSync(at(`${entry.name}.cal.npz`), writeSamples(entry, calibrationSamples, 1));
    writeFileSync(at(`${entry.name}.val.npz`), writeSamples(entry, validationSamples, 2));
  }
  writeFileSync(at(".github/trt-gate.yml"), `version: 1\nmodels:${entries.map(configured).join("")}\n`);
  const { report } = await main({ inputs: { lane: "simulate", search: "off", "changed-only": "false" } }, effects);
  const results = entries.map(({ name, producer }): ZooResult => {
    const model = report.models.find((one) => one.name === name);
    if (model === undefined) throw new Error(`${name} has no report`);
    const figures = model.outputs.flatMap(({ tensor, metrics }) =>
      metrics.sqnrDb === undefined ? [] : [[tensor, rounded(fromNum(metrics.sqnrDb))] as const],
    );
    return { name, producer, verdict: model.verdict, reason: model.reason, message: model.message, sqnrDb: Object.fromEntries(figures) };
  });
  return { results, exitCode: report.exitCode, effects };
}

const rounded = (value: number): number | null => (Number.isFinite(value) ? Math.round(value * 100) / 100 : null);

function configured({ name, float }: ZooEntry): string {
  const source = float === undefined ? `{data: ${name}.cal.npz, algorithm: minmax, min-samples: 1}` : `{qdq: ${name}.onnx}`;
  return `\n  - name: ${name}\n    path: ${float ?? name}.onnx\n    quantization: ${source}\n    validation: {data: ${name}.val.npz}`;
}

/** A file of samples, its bytes. */
export const writeSamples = (entry: ZooEntry, count: number, seed: number): Uint8Array => writeNpz(samplesOf(entry, count, seed));

/** One axis more than the input: each entry is a whole feed. */
function samplesOf({ inputs }: ZooEntry, count: number, seed: number): Tensor[] {
  return Object.entries(inputs).map(([name, input], i) => tensorOf(name, input, { count, seed: seed * 100 + i }));
}

function tensorOf(name: string, { shape, dtype = "float32", range }: ZooInput, { count, seed }: { count: number; seed: number }): Tensor {
  const next = seededRandom(seed);
  const [low, high] = typeof range === "number" ? [range, range] : range;
  const values = Array.from({ length: count * elementCount(shape) }, () => low + next() * (high - low));
  const base = { name, shape: [count, ...shape] };
  if (dtype === "int64") return { ...base, dtype, data: BigInt64Array.from(values, (value) => BigInt(Math.floor(value))) };
  if (dtype === "int32") return { ...base, dtype, data: Int32Array.from(values, Math.floor) };
  return { ...base, dtype, data: Float32Array.from(values) };
}

export interface OracleFigures {
  readonly sqnrDb?: Readonly<Record<string, number | null>>;
  readonly error?: string;
}

/** For the files that `judgeZoo` left in the workspace. */
export function askOracle(entries: readonly ZooEntry[], { cwd }: Pick<RunEffects, "cwd">): readonly OracleFigures[] {
  const at = (name: string) => join(cwd, name);
  const jobs = entries.map(({ name, float }) => ({
    model: at(`${float ?? name}.onnx`),
    ...(float === undefined ? { calibration: at(`${name}.cal.npz`) } : { quantized: at(`${name}.onnx`) }),
    validation: at(`${name}.val.npz`),
  }));
  return JSON.parse(execFileSync(oraclePython(), [oracle], { input: JSON.stringify(jobs), encoding: "utf8", maxBuffer: 2 ** 26 }));
}
