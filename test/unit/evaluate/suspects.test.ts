import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it, onTestFinished } from "vitest";
import { writeCache } from "../../../src/calibration/cache.ts";
import { type Suspects, suspects } from "../../../src/evaluate/suspects.ts";
import { DataType } from "../../../src/onnx/model.ts";
import { encode, type ModelParts, modelProto, node, weight } from "../../fakes/onnx-models.ts";
import { runEffects } from "../../fakes/run-effects.ts";
import { entryOf } from "../../fakes/settings.ts";

const entry = entryOf("quantization: {cache: m.cache}\nvalidation: {data: v.npz}");
const plain: ModelParts = {
  inputs: { x: [1, 4] },
  weights: [weight("w", [4, 4]), weight("b", [4])],
  nodes: [node("MatMul", ["x", "w"], ["t"]), node("Add", ["t", "b"], ["y"])],
  outputs: ["y"],
};
const cacheOf = (scales: Readonly<Record<string, number>>) =>
  writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales: new Map(Object.entries(scales)) });

/** Causes between two states of the files: the base commit's, and what the change makes of them. */
async function changed(change: {
  readonly was?: Uint8Array;
  readonly model?: Uint8Array;
  readonly cache?: string;
  readonly data?: string;
}): Promise<Suspects> {
  const effects = await runEffects();
  onTestFinished(() => effects.end());
  const base = join(effects.folder, "base");
  await mkdir(base);
  const files = { "m.onnx": change.was ?? encode(modelProto(plain)), "m.cache": cacheOf({ x: 0.5, t: 0.25 }), "v.npz": "samples" };
  for (const [name, content] of Object.entries(files)) await writeFile(join(base, name), content);
  const now = {
    ...files,
    ...(change.model ? { "m.onnx": change.model } : {}),
    ...(change.cache ? { "m.cache": change.cache } : {}),
    ...(change.data ? { "v.npz": change.data } : {}),
  };
  for (const [name, content] of Object.entries(now)) await writeFile(join(effects.cwd, name), content);
  return await suspects(entry, base, effects);
}

const causes = async (change: Parameters<typeof changed>[0]) => (await changed(change)).causes;

it("says nothing where no file differs", async () => {
  expect(await causes({})).toEqual([]);
});

it("tells changed weights from a changed graph", async () => {
  const retrained = modelProto({ ...plain, weights: [weight("w", [4, 4]), { ...weight("b", [4]), rawData: new Uint8Array(16).fill(63) }] });
  expect(await causes({ model: encode(retrained) })).toEqual(["weights changed in 1 of 2 tensors, the graph is the same"]);
  const rebuilt = modelProto({ ...plain, nodes: [...plain.nodes.slice(0, 1), node("Add", ["t", "b"], ["s"]), node("Relu", ["s"], ["y"])] });
  expect(await causes({ model: encode(rebuilt) })).toEqual(["the graph of the model changed (2 nodes before, 3 now)"]);
});

it("names another exporter and another opset", async () => {
  const exported = modelProto({ ...plain, opset: 17 });
  exported.producerName = "pytorch";
  exported.producerVersion = "2.9";
  expect(await causes({ model: encode(exported) })).toEqual([
    "the exporter changed from unnamed to pytorch 2.9",
    "the opset changed from 13 to 17",
  ]);
});

it("counts the scales that moved and names the one that moved most", async () => {
  expect(await causes({ cache: cacheOf({ x: 0.5, t: 0.75, y: 1 }), data: "others" })).toEqual([
    '1 of 2 scales moved, that of "t" (3 times)',
    "the cache gained 1 and lost 0 tensors",
    "the validation samples changed",
  ]);
});

it("lists the scales that moved, largest factor first", async () => {
  const { scales } = await changed({ cache: cacheOf({ x: 0.25, t: 0.75 }) });
  expect(scales).toEqual([
    { tensor: "t", ratio: 3 },
    { tensor: "x", ratio: 0.5 },
  ]);
});

const [scaleOf, zeroOf] = [
  (name: string, value: number) => ({ ...weight(name, []), rawData: new Uint8Array(Float32Array.of(value).buffer) }),
  (name: string, value: number) => ({ ...weight(name, []), dataType: DataType.INT8, rawData: new Uint8Array(Int8Array.of(value).buffer) }),
];
/** x and t are quantised with these scales, and one zero point. */
const qdqModel = (scales: { readonly x: number; readonly t: number }, zero = 0, bias = 0) =>
  encode(
    modelProto({
      inputs: { x: [1, 4] },
      weights: [
        weight("w", [4, 4]),
        { ...weight("b", [4]), rawData: new Uint8Array(16).fill(bias) },
        scaleOf("x_scale", scales.x),
        scaleOf("t_scale", scales.t),
        zeroOf("zero", zero),
      ],
      nodes: [
        node("QuantizeLinear", ["x", "x_scale", "zero"], ["xq"]),
        node("DequantizeLinear", ["xq", "x_scale", "zero"], ["xd"]),
        node("MatMul", ["xd", "w"], ["t"]),
        node("QuantizeLinear", ["t", "t_scale", "zero"], ["tq"]),
        node("DequantizeLinear", ["tq", "t_scale", "zero"], ["td"]),
        node("Add", ["td", "b"], ["y"]),
      ],
      outputs: ["y"],
    }),
  );

it("names the compute nodes that the change no longer quantises, and no others", async () => {
  const quantised = [node("QuantizeLinear", ["x", "scale", "zero"], ["xq"]), node("DequantizeLinear", ["xq", "scale", "zero"], ["xd"])];
  const twoProducts = (first: string, second: string) =>
    modelProto({
      inputs: { x: [1, 4] },
      weights: [scaleOf("scale", 0.5), zeroOf("zero", 0), weight("w", [4, 4])],
      nodes: [
        ...(first === "x" && second === "x" ? [] : quantised),
        node("MatMul", [first, "w"], ["t"], "widen"),
        node("MatMul", [second, "w"], ["u"], "narrow"),
        node("Add", ["t", "u"], ["y"]),
      ],
      outputs: ["y"],
    });
  const told = async (now: ReturnType<typeof twoProducts>) => await causes({ was: encode(twoProducts("xd", "xd")), model: encode(now) });
  expect(await told(twoProducts("x", "xd"))).toEqual(["the graph of the model changed (5 nodes as before); no longer quantised: widen"]);
  expect(await told(twoProducts("x", "x"))).toEqual([
    "the graph of the model changed (5 nodes before, 3 now); no longer quantised: widen and narrow",
  ]);
});

it("tells scales and zero points of Q/DQ nodes from weights, and which file holds them alone", async () => {
  const was = qdqModel({ x: 0.5, t: 0.25 });
  const moved = await changed({ was, model: qdqModel({ x: 0.5, t: 0.03125 }) });
  expect(moved).toEqual({
    causes: ['1 of 2 Q/DQ scales moved, that of "t" (0.125 times)'],
    scales: [{ tensor: "t", ratio: 0.125 }],
    scalesIn: "m.onnx",
  });
  expect((await changed({ was, model: qdqModel({ x: 0.5, t: 0.25 }, 3) })).causes).toEqual([
    'zero points changed in 1 quantiser, first that of "x"',
  ]);
  const retrained = await changed({ was, model: qdqModel({ x: 1, t: 0.25 }, 0, 7) });
  expect([retrained.causes.at(-1), retrained.scales, retrained.scalesIn]).toEqual([
    "weights changed in 1 of 2 tensors, the graph is the same",
    [{ tensor: "x", ratio: 2 }],
    undefined,
  ]);
});
