/** The commands that a fix prints, run by a shell in the workspace, give the model that was proved. */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { publicationOf } from "../../src/entry.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { publish } from "../../src/publish/publish.ts";
import { fromNum, type ModelReport } from "../../src/report/schema.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

const samples = 8;
const validationData = outlierData(samples, 4, 4, 100);
const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

let effects: RunEffects;
const at = (name: string) => join(effects.cwd, name);
beforeEach(async () => {
  effects = await runEffects();
  await mkdir(at("models"));
  await mkdir(at(".github"));
  await writeFile(at("models/m.onnx"), outlierModel());
  await writeFile(at("calibration.npz"), writeNpz([outlierData(samples)]));
  await writeFile(at("validation.npz"), writeNpz([validationData]));
  await mkdir(at("bin"));
  await script("trt-gate", `exec '${process.execPath}' '${cli}' "$@"`);
  await script("python3", `exec '${oraclePython()}' "$@"`);
});
afterEach(() => effects.end());

const script = (name: string, line: string) => writeFile(at(`bin/${name}`), `#!/bin/sh\n${line}\n`, { mode: 0o755 });

/** In the workspace, as a user would paste it. */
async function paste(command: string): Promise<void> {
  const { exitCode, tail } = await effects.exec.run({
    file: "/bin/sh",
    args: ["-c", command],
    cwd: effects.cwd,
    env: { PATH: `${at("bin")}:${process.env.PATH}` },
    timeoutMs: 60_000,
  });
  expect([command, exitCode, exitCode === 0 ? [] : tail]).toEqual([command, 0, []]);
}

async function checked(quantization: string): Promise<ModelReport> {
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:\n  - name: m\n    path: models/m.onnx\n    quantization: ${quantization}\n    validation: {data: validation.npz}\n    tolerance: {sqnr-db: {fail: 15}}\n`,
  );
  const outcome = await main({ inputs: { lane: "simulate" } }, effects);
  await publish(publicationOf(outcome), effects);
  const [model] = outcome.report.models;
  if (model?.fix?.verified?.passes !== true) throw new Error(`no proven fix: ${model?.message}`);
  return model;
}

async function outputsOf(path: string, { search }: ModelReport): Promise<number[]> {
  const session = await ort.InferenceSession.create(await readFile(path), { graphOptimizationLevel: "disabled", intraOpNumThreads: 1 });
  const { data } = validationData;
  const values: number[] = [];
  for (const sample of search?.proof?.indices ?? []) {
    const size = data.length / samples;
    const feed = new ort.Tensor("float32", Float32Array.from(data.slice(sample * size, (sample + 1) * size), Number), [1, 8, 4, 4]);
    for (const { data: output } of Object.values(await session.run({ x: feed }))) values.push(...Array.from(output, Number));
  }
  await session.release();
  return values;
}

/** Of the proof samples, by ONNX Runtime alone. */
async function sqnrDb(fixed: string, model: ModelReport): Promise<number> {
  const [reference, candidate] = [await outputsOf(at("models/m.onnx"), model), await outputsOf(at(fixed), model)];
  const energy = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return 10 * Math.log10(energy(reference) / energy(reference.map((value, i) => value - (candidate[i] ?? Number.NaN))));
}

const proofDb = ({ fix }: ModelReport): number => fromNum(fix?.verified?.outputs[0]?.metrics.sqnrDb ?? "NaN");

describeWithPython("the printed fix", () => {
  describe("fix with rounded weights", () => {
    it.each([
      ["its own scales", [], "{data: calibration.npz, algorithm: minmax, min-samples: 8}"],
      ["a cache", ["trt-gate calibrate models/m.onnx --data calibration.npz --algorithm minmax -o m.cache"], "{cache: m.cache}"],
      [
        "a Q/DQ model beside the float model",
        [
          "trt-gate calibrate models/m.onnx --data calibration.npz --algorithm minmax -o m.cache",
          "trt-gate cache to-qdq m.cache models/m.onnx --placement core -o models/m.qdq.onnx",
        ],
        "{qdq: models/m.qdq.onnx}",
      ],
    ])("of a model quantised by %s is the model that was proved, by the script and by the command", async (_, before, quantization) => {
      for (const command of before) await paste(command);
      const model = await checked(quantization);
      const [fixScript] = model.fix?.files.filter(({ format }) => format === "qdq") ?? [];
      await paste(fixScript?.command ?? "exit 9");
      expect(await sqnrDb("fixed.qdq.onnx", model)).toBeCloseTo(proofDb(model), 2);
      await paste("trt-gate fix trt-gate-report/report.json --format qdq -o by-gate.onnx");
      expect(await sqnrDb("by-gate.onnx", model)).toBeCloseTo(proofDb(model), 2);
    });
  });

  // In the report's list, in the artifact, and where each command says.
  it("fix's own cache left behind", async () => {
    const model = await checked("{data: calibration.npz, algorithm: entropy, min-samples: 8}");
    const cache = model.fix?.files.find(({ format }) => format === "cache");
    expect(cache?.path).toMatch(/^fix\/m-[0-9a-f]{8}\/calibration\.cache$/);
    const place = join("trt-gate-report", cache?.path ?? "");
    expect(await readFile(at(place), "utf8")).toMatch(/^TRT-/);
    for (const format of ["polygraphy", "qdq"] as const) {
      const file = model.fix?.files.find((one) => one.format === format);
      expect(file?.command).toContain(place);
    }
    expect(
      await readFile(at(join("trt-gate-report", model.fix?.files.find((one) => one.format === "trtexec")?.path ?? "")), "utf8"),
    ).toContain(`--calib=${place}`);
  });
});
