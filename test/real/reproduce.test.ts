/** The script that reproduces a verdict, run by a shell with Python's ONNX Runtime and Polygraphy, gives the figure of the report. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { publicationOf } from "../../src/entry.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { publish } from "../../src/publish/publish.ts";
import { fromNum, type ModelReport } from "../../src/report/schema.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

let effects: RunEffects;
const at = (name: string) => join(effects.cwd, name);
const script = (name: string, line: string) => writeFile(at(`bin/${name}`), `#!/bin/sh\n${line}\n`, { mode: 0o755 });
beforeEach(async () => {
  effects = await runEffects();
  for (const folder of ["my models", ".github", "bin"]) await mkdir(at(folder));
  await writeFile(at("my models/m.onnx"), outlierModel());
  await writeFile(at("calibration.npz"), writeNpz([outlierData(8)]));
  // Others: a verdict on the samples that calibrated the cache is undecided.
  await writeFile(at("validation.npz"), writeNpz([outlierData(8, 4, 4, 100)]));
  await writeFile(
    at("loader.py"),
    "import os\nimport numpy\n\n\ndef load_data():\n    data = numpy.load(os.path.join(os.environ.get('TRT_GATE_WORKSPACE', '.'), 'validation.npz'))\n    for sample in data['x']:\n        yield {'x': sample[None]}\n",
  );
  await script("polygraphy", `exec '${join(oraclePython(), "../polygraphy")}' "$@"`);
  await script("python3", `exec '${oraclePython()}' "$@"`);
});
afterEach(() => effects.end());

const shell = async (command: string) =>
  await effects.exec.run({
    file: "/bin/sh",
    args: ["-c", command],
    cwd: effects.cwd,
    env: { PATH: `${at("bin")}:${process.env.PATH}`, TRT_GATE: `${process.execPath} ${cli}` },
    timeoutMs: 120_000,
  });

async function checked(entry: string): Promise<ModelReport> {
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:\n  - name: "m: it's mine"\n    path: my models/m.onnx\n${entry}\n    tolerance: {sqnr-db: {fail: 15}, max-abs: {fail: 1000}}\n`,
  );
  const outcome = await main({ inputs: { lane: "simulate", search: "off", python: at("bin/python3") } }, effects);
  const { files } = await publish(publicationOf(outcome), effects);
  const [model] = outcome.report.models;
  if (model?.reproduction === undefined) throw new Error(`nothing to reproduce: ${model?.message}`);
  expect(files?.all.map((path) => path.slice(at("trt-gate-report/").length))).toEqual(
    expect.arrayContaining([model.reproduction.script, ...model.reproduction.files]),
  );
  return model;
}

const modelOptTypes = fileURLToPath(new URL("../fixtures/modelopt-types", import.meta.url));
const keepText = (name: string, path: string, nodes: readonly string[]) =>
  JSON.stringify({
    format: "trt-gate-keep",
    version: 1,
    model: { name, path, sha256: "0" },
    precision: "float16",
    units: nodes.map((node) => ({ unit: node, nodes: [node] })),
  });

/** The Q/DQ model that ModelOpt made, alone: its float form is in no file. `kept`: nodes that a keep file keeps. */
async function checkedQdq(kept: readonly string[]): Promise<ModelReport> {
  await copyFile(fileURLToPath(new URL("../zoo/models/modelopt-int8.onnx", import.meta.url)), at("q.onnx"));
  const values = Float32Array.from({ length: 5 * 3 * 16 * 16 }, (_, i) => Math.sin(i * 0.7) * Math.cos(i * 0.013));
  await writeFile(at("images.npz"), writeNpz([{ name: "x", dtype: "float32", shape: [5, 3, 16, 16], data: values }]));
  if (kept.length > 0) await writeFile(at("q.keep.json"), keepText("q", "q.onnx", kept));
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:\n  - name: q\n    path: q.onnx\n${kept.length > 0 ? "    keep: q.keep.json\n" : ""}    validation: {data: images.npz}\n    tolerance: {sqnr-db: {fail: 15}}\n`,
  );
  const { report } = await main({ inputs: { lane: "simulate", search: "off", python: at("bin/python3") } }, effects);
  const [model] = report.models;
  if (model?.reproduction === undefined) throw new Error(`nothing to reproduce: ${model?.message}`);
  return model;
}

async function expectSameFigure(model: ModelReport): Promise<void> {
  const ran = await shell(model.reproduction?.command ?? "exit 9");
  expect([ran.exitCode, model.verdict], ran.tail.join("\n")).toEqual(model.verdict === "regression" ? [1, "regression"] : [0, "pass"]);
  const folder = join("trt-gate-report", model.reproduction?.script ?? "", "..");
  const compared = await shell(`$TRT_GATE compare '${folder}/reference.json' '${folder}/candidate.json' --json`);
  const figure = JSON.parse(compared.stdout).tensors[0].metrics.sqnrDb;
  const measured = fromNum(model.outputs[0]?.metrics.sqnrDb ?? "NaN");
  expect([model.outputs[0]?.samples, Math.abs(figure - measured) < 0.05], `${figure} against ${measured}`).toEqual([
    model.validation.samples,
    true,
  ]);
}

describeWithPython("the reproduction", () => {
  it.each([
    [
      "samples and its own scales",
      "quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}",
      "validation: {data: validation.npz, max-samples: 5}",
    ],
    ["a cache and random inputs", "quantization: {cache: m.cache}", "validation: {random: {seed: 4, samples: 6, low: -2, high: 3}}"],
    ["a cache and a unit that the entry keeps", "quantization: {cache: m.cache}\n    keep: [c2]", "validation: {data: validation.npz}"],
    ["a cache and a keep file", "quantization: {cache: m.cache}\n    keep: m.keep.json", "validation: {data: validation.npz}"],
    ["a Q/DQ model and a loader", "quantization: {qdq: m.qdq.onnx}", "validation: {loader: loader.py}"],
  ])("of %s gives the report's figure and ends as the limits say", async (_, quantization, validation) => {
    for (const command of [
      `$TRT_GATE calibrate 'my models/m.onnx' --data calibration.npz --algorithm minmax -o m.cache`,
      `$TRT_GATE cache to-qdq m.cache 'my models/m.onnx' -o m.qdq.onnx`,
    ])
      expect((await shell(command)).exitCode).toBe(0);
    await writeFile(at("m.keep.json"), keepText("m", "my models/m.onnx", ["c2"]));
    const model = await checked(`    ${quantization}\n    ${validation}`);
    await expectSameFigure(model);
  });

  it.each([
    ["batch", outlierModel(4, 4, "N"), ""],
    ["batch that the configuration closes", outlierModel(4, 4, "N"), "\n    shapes: {x: [1, 8, 4, 4]}"],
    ["height and width", outlierModel("H", "W"), ""],
  ])("of a model with an open %s gives the report's figure", async (_, onnx, shapes) => {
    await writeFile(at("my models/m.onnx"), onnx);
    expect((await shell("$TRT_GATE calibrate 'my models/m.onnx' --data calibration.npz -o m.cache")).exitCode).toBe(0);
    await expectSameFigure(await checked(`    quantization: {cache: m.cache}\n    validation: {data: validation.npz}${shapes}`));
  });

  it.each([
    ["as it is", []],
    ["with a unit kept", ["widen"]],
  ])("of a model that comes as Q/DQ compares its float form with it, %s", async (_, kept) => {
    const model = await checkedQdq(kept);
    const ran = await shell(model.reproduction?.command ?? "exit 9");
    expect([ran.exitCode, model.verdict], ran.tail.join("\n")).toEqual([0, "pass"]);
    const folder = join("trt-gate-report", model.reproduction?.script ?? "", "..");
    const compared = await shell(`$TRT_GATE compare '${folder}/reference.json' '${folder}/candidate.json' --json`);
    const figure = JSON.parse(compared.stdout).tensors[0].metrics.sqnrDb;
    expect(Math.abs(figure - fromNum(model.outputs[0]?.metrics.sqnrDb ?? "NaN"))).toBeLessThan(0.05);
    expect(model.reproduce.join("\n")).not.toContain("to-qdq");
    const shipped = model.fix?.files.map(({ path }) => path.split("/").at(-1)) ?? [];
    expect([shipped, model.message.includes("ship fix/")]).toEqual(
      kept.length === 0 ? [[], false] : [["fix_qdq.py", "fixed.qdq.onnx"], true],
    );
  });

  it.each([
    ["nvfp4-half", "float"],
    ["nvfp4-bf16", undefined],
    ["mxfp8-half", undefined],
    ["fp8-half", "float"],
    ["int8-onnx-bf16", "float"],
  ])("of ModelOpt's %s, beside %s, runs in Python's ONNX Runtime, which has no such types or operators", async (name, float) => {
    for (const file of [`${name}.onnx`, "float.onnx", "x.npz"]) await copyFile(join(modelOptTypes, file), at(file));
    const source = float === undefined ? "" : `\n    quantization: {qdq: ${name}.onnx}`;
    await writeFile(
      at(".github/trt-gate.yml"),
      `version: 1\nmodels:\n  - name: q\n    path: ${float ?? name}.onnx${source}\n    validation: {data: x.npz}\n    tolerance: {sqnr-db: {fail: 10}, cosine: {fail: 0.9}}\n`,
    );
    const { report } = await main({ inputs: { lane: "simulate", search: "off", python: at("bin/python3") } }, effects);
    const [model] = report.models;
    const ran = await shell(model?.reproduction?.command ?? "exit 9");
    expect([ran.exitCode, model?.verdict], ran.tail.join("\n")).toEqual([0, "pass"]);
    const folder = join("trt-gate-report", model?.reproduction?.script ?? "", "..");
    const compared = await shell(`$TRT_GATE compare '${folder}/reference.json' '${folder}/candidate.json' --json`);
    const figure = JSON.parse(compared.stdout).tensors[0].metrics.sqnrDb;
    expect(Math.abs(figure - fromNum(model?.outputs[0]?.metrics.sqnrDb ?? "NaN"))).toBeLessThan(0.05);
  });

  it("prints the same commands one by one, in the order of running", async () => {
    const model = await checked(
      "    quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}\n    validation: {data: validation.npz}",
    );
    for (const line of model.reproduce) {
      const { exitCode, tail } = await shell(line.replace(/^trt-gate /, "$TRT_GATE "));
      expect([line, exitCode], tail.join("\n")).toEqual([line, line.includes(" compare ") ? 1 : 0]);
    }
    expect(
      await readFile(at(join("trt-gate-report", model.reproduction?.files.find((file) => file.endsWith("tolerance.yml")) ?? "")), "utf8"),
    ).toContain("max-abs:");
  });
});
