/** ONNX files as hostile data, through the whole check on a user's own machine: exit 2 with the entry's line, before anything is run. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, symlinkSync } from "node:fs";
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { copyFromHandle, openChecked } from "../../src/onnx/copy-checked.ts";
import { makeNode } from "../../src/onnx/model.ts";
import { encode, externalTensor, modelProto, node, weight } from "../fakes/onnx-models.ts";
import { outlierModel } from "../fakes/outlier-model.ts";
import { soundModel, unsupportedModel } from "../fakes/small-models.ts";
import { config, type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

const external = (entries: Readonly<Record<string, string>>): Uint8Array =>
  encode(modelProto({ nodes: [node("Add", ["x", "w"], ["y"])], weights: [externalTensor("w", entries)], outputs: ["y"] }));
/** ModelProto.graph (7) > node (1) > attribute (5) > g (6) > node (1) > … */
function nested(depth: number): Uint8Array {
  let bytes = new Uint8Array(0);
  const lengthOf = (n: number) => (n < 128 ? [n] : [(n & 127) | 128, n >> 7]);
  for (let i = 0; i < depth; i++) bytes = Uint8Array.from([[0x32, 0x2a, 0x0a][i % 3] ?? 0, ...lengthOf(bytes.length), ...bytes]);
  return Uint8Array.from([0x3a, ...lengthOf(bytes.length), ...bytes]);
}
const graph = (...nodes: ReturnType<typeof node>[]): Uint8Array =>
  encode(modelProto({ nodes, weights: [weight("w", [4])], outputs: ["y"] }));

it.each([
  ["external data in a parent folder", external({ location: "../data/calibration.npz" }), /'\.\.\/data\/calibration\.npz'/],
  ["external data in a parent further down", external({ location: "sub/../../data/calibration.npz" }), /\.\./],
  ["external data at an absolute path", external({ location: "/etc/passwd" }), /'\/etc\/passwd'/],
  ["external data behind a symbolic link", external({ location: "link.bin" }), /symbolic link/],
  ["external data in a linked folder", external({ location: "linked/w.bin" }), /link or no folder/],
  ["external data that is a FIFO", external({ location: "fifo" }), /no regular file/],
  ["external data that is not there", external({ location: "none.bin" }), /does not exist/],
  ["external data shorter than the tensor", external({ location: "short.bin" }), /short\.bin/],
  ["external data at a negative offset", external({ location: "short.bin", offset: "-4" }), /offset/],
  ["external data of a key that nobody knows", external({ location: "short.bin", command: "id" }), /command/],
  ["model cut anywhere", outlierModel().slice(0, 700), /at byte \d+/],
  ["messages nested a hundred deep", nested(120), /at byte \d+.*nested more than 100 deep/],
  ["model with bytes behind its end", Buffer.concat([outlierModel(), Buffer.alloc(3)]), /at byte \d+/],
  ["two writers of one tensor", graph(node("Add", ["x", "w"], ["y"], "one"), node("Mul", ["x", "w"], ["y"], "two")), /'y'.*'one'.*'two'/],
  [
    "nodes in a circle",
    graph(node("Add", ["b", "w"], ["a"], "one"), node("Add", ["a", "w"], ["b"], "two"), node("Add", ["a", "x"], ["y"])),
    /'one'|'two'|circle|cycl/,
  ],
  ["input that nothing writes", graph(node("Add", ["nowhere", "w"], ["y"], "one")), /'nowhere'/],
])("%s", async (_, bytes, message) => {
  const [outside] = [place.at("data/calibration.npz")];
  mkdirSync(place.at("models/sub"));
  mkdirSync(place.at("elsewhere"));
  await place.put("elsewhere/w.bin", new Uint8Array(16));
  symlinkSync(outside, place.at("models/link.bin"));
  symlinkSync(place.at("elsewhere"), place.at("models/linked"));
  execFileSync("mkfifo", [place.at("models/fifo")]);
  await place.put("models/short.bin", new Uint8Array(3));
  await place.put("models/m.onnx", bytes);
  const { exitCode, report } = await place.check();
  const model = report?.models[0];
  expect(model?.message).toMatch(message);
  expect(model?.message).toContain(`${config}:4: `);
  expect(model?.message).not.toContain("trt-gate-model");
  expect(model).toMatchObject({ verdict: "undecided", reason: "configuration", outputs: [] });
  expect(exitCode).toBe(2);
  expect(place.effects.started.filter(({ line }) => !line.startsWith("git "))).toEqual([]);
});

it("operator that no runtime knows", async () => {
  await place.put("models/m.onnx", unsupportedModel());
  await place.put("small.cache", "TRT-8601-MinMaxCalibration\nx: 3c0101fe\n");
  await place.put(config, smallConfig);
  const { exitCode, report } = await place.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", message: expect.stringContaining("NoSuchOperator") });
  expect([2, 4]).toContain(exitCode);
});

it("model exchanged for another one of other inputs", async () => {
  await place.put("models/m.onnx", soundModel());
  const { exitCode, report } = await place.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", message: expect.stringContaining("[1, 4]") });
  expect(exitCode).toBe(2);
});

const smallConfig = `version: 1
models:
  - name: m
    path: models/m.onnx
    quantization: {cache: small.cache}
    validation: {random: {seed: 1, samples: 16}}
`;

it("file exchanged while it is checked", async () => {
  await place.put("w.bin", "as it was checked");
  const opened = await openChecked(place.effects.cwd, "w.bin", "refused");
  if (typeof opened === "string") throw new Error(opened);
  await place.put("w.bin", undefined);
  symlinkSync("/etc/hostname", place.at("w.bin"));
  expect(await copyFromHandle(opened, place.at("copy"), createHash("sha256"))).toBe(true);
  await opened.handle.close();
  expect(readFileSync(place.at("copy"), "utf8")).toBe("as it was checked");
  expect(await openChecked(place.effects.cwd, "w.bin", "refused")).toBe("is a symbolic link");
});

it("TensorRT plugin in the model", async () => {
  const plugin = makeNode({ opType: "EfficientNMS_TRT", name: "nms", input: ["h"], output: ["y"] });
  const product = node("MatMul", ["x", "w"], ["h"], "product");
  await place.put("models/m.onnx", encode(modelProto({ nodes: [product, plugin], weights: [weight("w", [4, 4])], outputs: ["y"] })));
  for (const name of ["calibration", "validation"]) await place.put(`data/${name}.npz`, samplesOf(name === "validation" ? 1 : 0.9));
  const { exitCode, report } = await place.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "unknown-operator" });
  expect(report?.models[0]?.message).toMatch(/uses 'EfficientNMS_TRT' \(first in 'nms'\).*lanes implicit and explicit/);
  expect(exitCode).toBe(4);
});

it("operator that TensorRT's parser does not have", async () => {
  await place.put("models/m.onnx", readFileSync("test/zoo/models/sklearn-classifier.onnx"));
  const rows = Float32Array.from({ length: 32 * 20 }, (_, i) => Math.sin(i * i));
  for (const name of ["calibration", "validation"])
    await place.put(
      `data/${name}.npz`,
      writeNpz([
        { name: "X", dtype: "float32", shape: [32, 20], data: rows.map((value) => (name === "validation" ? 0.9 * value : value)) },
      ]),
    );
  const { report } = await place.check();
  expect(report?.models[0]?.caveats).toContainEqual({
    reason: "not-for-tensorrt",
    message: expect.stringContaining("TensorRT's parser has no operators ai.onnx.ml Scaler ('Scaler')"),
  });
});

it("quantiser that TensorRT does not have", async () => {
  const unfinished = makeNode({ opType: "TRT_FP4QDQ", domain: "trt", name: "weights", input: ["w"], output: ["d"] });
  const product = node("MatMul", ["x", "d"], ["y"], "product");
  await place.put("models/m.onnx", encode(modelProto({ nodes: [unfinished, product], weights: [weight("w", [4, 4])], outputs: ["y"] })));
  await place.put("data/validation.npz", samplesOf(1));
  await place.put(config, "version: 1\nmodels:\n  - name: m\n    path: models/m.onnx\n    validation: {data: data/validation.npz}\n");
  const { exitCode, report } = await place.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "quantization-form" });
  expect(report?.models[0]?.message).toMatch(/holds the quantiser TRT_FP4QDQ \(first 'weights'\).*get_onnx_bytes_and_metadata/);
  expect(exitCode).toBe(4);
});

/** Sixteen samples of x [1, 4]. */
const samplesOf = (factor: number): Uint8Array => {
  const data = Float32Array.from({ length: 64 }, (_, i) => Math.sin(i * 1.3) * factor);
  return writeNpz([{ name: "x", dtype: "float32", shape: [16, 1, 4], data }]);
};
