/** The whole gate in the simulate lane on real models, in a real repository folder, with real ONNX Runtime; nothing is spawned. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { publicationOf } from "../../src/entry.ts";
import { readNpz } from "../../src/formats/npz.ts";
import { openSaved } from "../../src/formats/open-saved.ts";
import { readTensor } from "../../src/formats/stored-array.ts";
import { main } from "../../src/main.ts";
import { measure } from "../../src/measure/measure.ts";
import type { TensorPair } from "../../src/model/engine.ts";
import { publish } from "../../src/publish/publish.ts";
import { fromNum, type Report, reportSchema } from "../../src/report/schema.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, recorded } from "../fakes/simulate-job.ts";
import { nanModel, unsupportedModel } from "../fakes/small-models.ts";

let effects: RunEffects;
afterEach(() => effects.end());

async function workspace(config: string, files: Readonly<Record<string, Uint8Array>> = {}): Promise<void> {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"), { recursive: true });
  await copyFile(classifier, at("cls.onnx"));
  for (const name of ["cls.calibration.cache", "validation.npz", "calibration.npz"]) await copyFile(join(recorded, name), at(name));
  for (const [name, bytes] of Object.entries(files)) await writeFile(at(name), bytes);
  await writeFile(at(".github/trt-gate.yml"), config);
}

const cls = (more = "") => `
  - name: text-direction
    path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: {cache: cls.calibration.cache}
    validation: {data: validation.npz}
${more}`;
const config = (models: string, rest = "") => `version: 1\nmodels:${models}\n${rest}`;
const check = async (inputs: Record<string, string> = {}): Promise<Report> =>
  (await main({ inputs: { lane: "simulate", ...inputs } }, effects)).report;

describe("the gate on the recorded classifier", () => {
  it("is a regression by the default limits, with its worst layers named, within 3 dB of the recorded engine", async () => {
    await workspace(config(cls()));
    const report = await check({ search: "off" });
    const [model] = report.models;
    expect(report).toMatchObject({ verdict: "regression", exitCode: 1, complete: true });
    expect(effects.lines.join("\n")).toContain("1 of 1 model to check (");
    expect(model?.worst.length).toBeGreaterThan(3);
    expect(model?.worst[0]).toMatchObject({ opType: "Conv" });
    // By numpy, the normalisation behind it folded in: the largest magnitude of a channel is 7.4506 times the middle one.
    const { weightRange, reads } = model?.layers.find(({ node }) => node === "p2o.Conv.13") ?? {};
    expect([weightRange?.channels, weightRange?.low.length, reads]).toEqual([32, 32, "hardswish_1.tmp_0"]);
    expect(fromNum(weightRange?.low[1] ?? "NaN")).toBeCloseTo(-2.12006705, 5);
    expect(fromNum(weightRange?.high[0] ?? "NaN")).toBeCloseTo(0.59136756, 5);
    expect(model?.firstFailing).not.toBeNull();
    // Nothing is built for marks here: there is no figure to give, and "identical" would be one.
    expect(model?.noise.markingDb).toBeNull();
    const simulatedDb = fromNum(model?.outputs[0]?.metrics.sqnrDb ?? "NaN");
    expect(Math.abs(simulatedDb - (await recordedEngineDb()))).toBeLessThan(3);
  });

  it("finds units to keep, says what the proof samples showed and writes the fix in every format", async () => {
    await workspace(config(cls("    tolerance: {sqnr-db: {fail: 22}}")));
    const outcome = await main({ inputs: { lane: "simulate" } }, effects);
    await publish(publicationOf(outcome), effects);
    const [model] = outcome.report.models;
    // Eight pictures make no three sets that could prove anything.
    expect(model?.search?.proof?.state).toMatch(/^(likely|missed)$/);
    expect(model?.search?.keep.length).toBeGreaterThan(0);
    expect(model?.search?.keep.length).toBeLessThanOrEqual(13);
    expect(model?.fix?.verified).toMatchObject({ by: "simulated", passes: model?.search?.heldOut?.passes });
    expect(model?.fix?.verified?.message).toContain("not verified on an engine");
    const formats = new Set(model?.fix?.files.map(({ format }) => format));
    expect(formats).toEqual(new Set(["polygraphy", "trtexec", "qdq", "modelopt", "keep", "config", "patch"]));
    const script = await readFile(join(outcome.reportFolder, model?.fix?.files[0]?.path ?? ""), "utf8");
    expect(script).toContain("def postprocess(network");
    const written: unknown = JSON.parse(await readFile(join(outcome.reportFolder, "report.json"), "utf8"));
    expect(reportSchema.parse(written)).toEqual(written);
    expect(await readFile(join(outcome.reportFolder, "comment.md"), "utf8")).toMatch(/^<!-- trt-gate v1 key=/);
  });

  it("saves both sides' outputs so that compare finds the same figure", async () => {
    await workspace(config(cls()));
    const report = await check({ search: "off", "save-outputs": "outputs" });
    const [reference, candidate] = await Promise.all(
      ["reference", "candidate"].map((side) => openSaved(join(effects.cwd, `outputs/text-direction.${side}.json`), effects.files)),
    );
    expect(reference?.runners[0]?.iterations).toHaveLength(8);
    expect(candidate?.runners[0]?.iterations).toHaveLength(8);
    expect(report.models[0]?.outputs[0]?.samples).toBe(8);
    let out = "";
    const io = { out: (text: string) => (out += text), isTerminal: false };
    const saved = ["reference", "candidate"].map((side) => `outputs/text-direction.${side}.json`);
    expect(await runLine(["compare", ...saved, "--json"], { effects, io, version: "0", loaders })).toBe(1);
    const [compared] = JSON.parse(out).tensors;
    expect(compared.metrics.sqnrDb).toBeCloseTo(fromNum(report.models[0]?.outputs[0]?.metrics.sqnrDb ?? "NaN"), 9);
  });

  it.each([
    ["labels.txt", "upright\nturned\n".repeat(4)],
    ["labels.json", JSON.stringify(["upright", "turned"].flatMap((label) => Array(4).fill(label)))],
  ])("gives figures of each class where %s labels the samples", async (file, text) => {
    const labelled = cls().replace("{data: validation.npz}", `{data: validation.npz, labels: ${file}}`);
    await workspace(config(labelled), { [file]: Buffer.from(text) });
    const [output] = (await check({ search: "off" })).models[0]?.outputs ?? [];
    expect(output?.perClass?.map(({ label, samples }) => [label, samples])).toEqual([
      ["upright", 4],
      ["turned", 4],
    ]);
    const figures = output?.perClass?.map(({ metrics }) => fromNum(metrics.sqnrDb ?? "NaN")) ?? [];
    const pooled = fromNum(output?.metrics.sqnrDb ?? "NaN");
    expect(Math.min(...figures)).toBeLessThan(pooled);
    expect(Math.max(...figures)).toBeGreaterThan(pooled);
  });

  it("asks for one label a sample, with both counts", async () => {
    const labelled = cls().replace("{data: validation.npz}", "{data: validation.npz, labels: labels.txt}");
    await workspace(config(labelled), { "labels.txt": Buffer.from("a\nb\nc\n") });
    const report = await check({ search: "off" });
    expect(report.exitCode).toBe(2);
    expect(report.models[0]?.message).toMatch(/labels.txt", which has 3 labels for 8 samples/);
  });

  it("gives the same report twice, times and dates aside", async () => {
    await workspace(config(cls("    tolerance: {sqnr-db: {fail: 22}}")));
    const plain = ({ models }: Report) =>
      models.map(({ outputs, layers, worst, search }) => ({
        outputs,
        layers,
        worst,
        keep: search?.keep,
        probes: search?.probes.map(({ keep, sqnrDb }) => ({ keep, sqnrDb })),
      }));
    const first = plain(await check({ "report-dir": "first" }));
    expect(plain(await check({ "report-dir": "second" }))).toEqual(first);
  });
});

describe("a cache that no longer fits its model", () => {
  /** The recorded cache without the scale of the first compute input. */
  const gappy = async () => (await readFile(join(recorded, "cls.calibration.cache"), "utf8")).replace(/^x: .*\n/m, "");

  it("is undecided with the missing tensor named, where nothing can renew it", async () => {
    await workspace(config(cls()));
    await writeFile(join(effects.cwd, "cls.calibration.cache"), await gappy());
    const report = await check({ search: "off" });
    expect(report).toMatchObject({ verdict: "undecided", exitCode: 4 });
    expect(report.models[0]).toMatchObject({ reason: "stale-cache", message: expect.stringContaining('"x"') });
  });

  it("is renewed from calibration data, and the report says so", async () => {
    await workspace(
      config(
        cls().replace(
          "cache: cls.calibration.cache",
          "cache: cls.calibration.cache, data: calibration.npz, algorithm: minmax, min-samples: 10",
        ),
      ),
    );
    await writeFile(join(effects.cwd, "cls.calibration.cache"), await gappy());
    const [model] = (await check({ search: "off" })).models;
    expect(model?.quantization).toMatchObject({ cacheHeader: null, samples: 48, stale: expect.stringContaining('"x"') });
    expect(model?.warnings.join()).toContain("made anew");
    expect(model?.outputs[0]?.metrics.sqnrDb).toBeDefined();
  });
});

describe("several models", () => {
  it("go on when one of them cannot run, and the worst verdict decides", async () => {
    await workspace(
      config(`${cls()}
  - name: broken
    path: broken.onnx
    quantization: {data: x.npy}
    validation: {random: {seed: 1, samples: 2}}`),
      { "broken.onnx": unsupportedModel(), "x.npy": npy([2, 4]) },
    );
    const report = await check({ search: "off" });
    expect(report.models.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["text-direction", "regression"],
      ["broken", "undecided"],
    ]);
    expect(report.models[1]).toMatchObject({ reason: "unknown-operator" });
    expect(report).toMatchObject({ verdict: "regression", exitCode: 1 });
  });

  it("end with the configuration's exit code when one of them names data that does not fit", async () => {
    await workspace(
      config(
        `${cls()}\n  - name: other\n    path: cls.onnx\n    shapes: {x: [1, 3, 48, 100]}\n    quantization: {cache: cls.calibration.cache}\n    validation: {data: validation.npz}`,
      ),
    );
    const report = await check({ search: "off" });
    expect(report.exitCode).toBe(2);
    expect(report.models[0]?.verdict).toBe("regression");
    expect(report.models[1]).toMatchObject({ status: "failed", verdict: "undecided" });
    expect(report.models[1]?.message).toMatch(/x.*\[/);
  });
});

describe("nothing to judge", () => {
  it("is undecided with exit code 4 when no model is named", async () => {
    await workspace("version: 1\nmodels: []\n");
    expect(await check()).toMatchObject({ verdict: "undecided", reason: "no-models", exitCode: 4, models: [] });
  });

  it("is undecided when both sides hold only NaN", async () => {
    await workspace(config("\n  - path: nan.onnx\n    quantization: {data: x.npy}\n    validation: {random: {seed: 1, samples: 2}}"), {
      "nan.onnx": nanModel(),
      "x.npy": npy([2, 4]),
    });
    const report = await check();
    expect(report).toMatchObject({ verdict: "undecided", exitCode: 4 });
    expect(report.models[0]).toMatchObject({ reason: "nonfinite-both" });
  });

  it("is undecided when the validation file holds no sample", async () => {
    await workspace(config("\n  - path: nan.onnx\n    quantization: {data: x.npy}\n    validation: {data: none.npy}"), {
      "nan.onnx": nanModel(),
      "x.npy": npy([2, 4]),
      "none.npy": npy([0, 4]),
    });
    const report = await check();
    expect(report).toMatchObject({ verdict: "undecided", exitCode: 4 });
    expect(report.models[0]).toMatchObject({ reason: "no-samples" });
  });
});

/** From 1 upwards to below 2, in float32: samples of one value are refused. */
function npy(shape: readonly number[]): Uint8Array {
  const text = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(", ")},), }`;
  const header = Buffer.from(`${text.padEnd(118 - 1)}\n`);
  const count = shape.reduce((product, dim) => product * dim, 1);
  return Buffer.concat([
    Buffer.from([0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59, 1, 0, header.length, 0]),
    header,
    new Uint8Array(Float32Array.from({ length: count }, (_, i) => 1 + i / count).buffer),
  ]);
}

/** SQNR of the recorded INT8 engine against the recorded FP16 engine over the recorded images. */
async function recordedEngineDb(): Promise<number> {
  const file = join(recorded, "engine_outputs.npz");
  const reader = await effects.files.open(file);
  const arrays = await readNpz(reader, file);
  const read = async (name: string) => {
    const array = arrays.get(name);
    if (array === undefined) throw new Error(`${file} lacks ${name}`);
    return await readTensor(name, array, reader);
  };
  const [reference, candidate] = [await read("fp16"), await read("int8")];
  await reader.close();
  async function* pairs(): AsyncGenerator<TensorPair> {
    yield { sample: 0, tensor: "y", role: "output", reference, candidate };
  }
  const { measurements } = await measure(pairs(), { topK: 5, atol: 0, rtol: 0, seed: 1 });
  return measurements[0]?.metrics.sqnrDb ?? Number.NaN;
}
