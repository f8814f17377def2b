import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { modelBytes, node } from "../../fakes/onnx-models.ts";
import { sampleReport } from "../../fakes/report.ts";
import { fixture, folder, ocrModel, recorded, run } from "./saved-commands.ts";

async function inspect(content: string | Uint8Array | undefined, path: string) {
  const effects = await folder();
  const file = content === undefined ? path : `${effects.folder}/${path}`;
  if (typeof content === "string") await effects.files.writeText(file, content);
  else if (content) await effects.files.writeBytes(file, content);
  const load = () => import("../../../src/commands/inspect.ts");
  const text = await run("inspect", load, [file], effects);
  const ran = await run("inspect", load, [file, "--json"], effects);
  return { ...text, value: ran.code === 0 ? JSON.parse(ran.out) : undefined };
}

test("shows the statistics that Polygraphy shows of the same recorded outputs", async () => {
  const { value } = await inspect(undefined, recorded("int8_layers_subset.json"));
  const log = await readFile(recorded("polygraphy_inspect_data.log"), "utf8");
  expect(value.kind).toBe("outputs");
  let compared = 0;
  for (const facts of value.runners[0].iterations[0]) {
    const line = log.split("\n").find((one) => one.trimStart().startsWith(`${facts.tensor} [`));
    const [, mean, std] = /mean=([^,]+), std-dev=([^,]+),/.exec(line ?? "") ?? [];
    if (mean === undefined) continue;
    // Polygraphy prints five digits.
    for (const [own, printed] of [
      [facts.mean, mean],
      [facts.std, std],
    ])
      expect(Math.abs(own - Number(printed)), facts.tensor).toBeLessThanOrEqual(1e-4 * Math.abs(own) + 1e-7);
    compared++;
  }
  expect(compared).toBe(40);
});

test("shows saved inputs and .npz samples", async () => {
  expect((await inspect(undefined, recorded("inputs.json"))).value).toMatchObject({ kind: "inputs", format: "Polygraphy inputs" });
  const { out } = await inspect(undefined, recorded("validation.npz"));
  expect(out).toContain("x  float32 [8, 3, 48, 192]  min -0.98047  max 0.84473");
});

test("counts values that are no numbers", async () => {
  const { value, out } = await inspect(undefined, fixture("numpy-2.4/half-special.npy"));
  expect(value.runners[0].iterations[0][0]).toMatchObject({ dtype: "float16", nonFinite: 3, max: 65504, min: -1.5 });
  expect(out).toContain("3 NaN or infinite");
});

test("shows a calibration cache with its extremes and problems", async () => {
  const { value } = await inspect(undefined, recorded("cls.calibration.cache"));
  expect(value).toMatchObject({ kind: "calibration-cache", version: "8601", algorithm: "EntropyCalibration2", entries: 255, problems: [] });
  expect(value.largest).toEqual({ tensor: "p2o.Mul.11", scale: expect.closeTo(0.464, 3) });
  const broken = await inspect("TRT-8601-EntropyCalibration2\nx: 7fc00000\nx: 3c074a7b\n", "a.cache");
  expect(broken.value.problems.length).toBeGreaterThan(0);
});

test("shows an ONNX model: inputs, opset, operators, units", async () => {
  const { value, out } = await inspect(undefined, ocrModel("ch_ppocr_mobile_v2.0_cls_infer.onnx"));
  expect(value).toMatchObject({
    kind: "onnx-model",
    opsets: { "ai.onnx": 9 },
    quantized: false,
    outputs: ["softmax_0.tmp_0"],
    operators: { Conv: 53, MatMul: 1 },
  });
  expect(value.inputs).toEqual([{ name: "x", dtype: "float32", dims: [expect.any(String), 3, expect.any(String), expect.any(String)] }]);
  expect(value.units).toHaveLength(54);
  expect(out).toContain("not quantised");
});

test("shows what the recorded engine runs (TensorRT 8.6)", async () => {
  const { value } = await inspect(undefined, recorded("cls.int8.inspector.json"));
  expect(value).toMatchObject({ kind: "engine-inspector", bindings: ["x", "softmax_0.tmp_0"] });
  expect(value.layers).toHaveLength(105);
  expect(value.layerTypes).toMatchObject({ CaskConvolution: 53, PointWiseV2: 18, Reformat: 18, CaskPooling: 11, NoOp: 3 });
  expect(value.precisions.INT8).toBeGreaterThan(50);
});

const layer = (io: object) => ({
  Name: "conv",
  LayerType: "gemm",
  Inputs: [{ Name: "x", Dimensions: [1, 3], ...io }],
  Outputs: [],
  Metadata: "[ONNX Layer: a]b]\u001e[ONNX Layer: c]",
});

test.each([
  ["10.x", { Layers: [layer({ "Format/Datatype": "Int8" })], Bindings: ["x"] }],
  ["11.x", { Layers: [layer({ Format: "Row major linear", Datatype: "Int8" })], "I/O Tensors": [{ Name: "x", IOMode: "Input" }] }],
])("shows an engine of TensorRT %s", async (_, json) => {
  const { value } = await inspect(JSON.stringify(json), "layers.json");
  expect(value).toMatchObject({ bindings: ["x"], layers: [{ layer: "conv", precision: "INT8", nodes: ["a]b", "c"] }] });
});

test("shows the verdicts of a report", async () => {
  const { value } = await inspect(JSON.stringify(sampleReport()), "report.json");
  expect(value).toMatchObject({ kind: "report", verdict: "regression", models: [{ name: "text-direction" }] });
});

test.each([
  ["a serialised engine", "ftrtXXXX", "a.engine", "reading it would run its code"],
  ["a Git LFS pointer", "version https://git-lfs.github.com/spec/v1\n", "a.onnx", "lfs: true"],
  ["something else", "hello", "a.txt", "no .npz, .npy or JSON"],
  ["JSON of another kind", '{"a": 1}', "a.json", "neither outputs nor inputs"],
])("refuses %s: exit 2", async (_, content, name, why) => {
  const { code, log } = await inspect(content, name);
  expect([code, log.join("\n")]).toEqual([2, expect.stringContaining(why)]);
});

test("says nothing of an exporter that the model does not name", async () => {
  const { out } = await inspect(modelBytes({ nodes: [node("Relu", ["x"], ["y"])], inputs: { x: [1] }, outputs: ["y"] }), "plain.onnx");
  expect(out).toMatch(/^ONNX model; opset /m);
});
