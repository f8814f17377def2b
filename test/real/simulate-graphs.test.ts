import { describe, expect, it } from "vitest";
import { assign, gateName, switchable } from "../../src/lanes/simulate/candidate.ts";
import { makeSides } from "../../src/lanes/simulate/quantized-pair.ts";
import { loadRuntime } from "../../src/lanes/simulate/runtime.ts";
import { openSession } from "../../src/lanes/simulate/session.ts";
import type { Feed, Tensor } from "../../src/model/tensor.ts";
import { encodeModel, insertQdq } from "../../src/onnx/edit.ts";
import { DataType, intAttr, intsAttr, makeNode } from "../../src/onnx/model.ts";
import { type Network, toNetwork } from "../../src/onnx/network.ts";
import { raiseOpset } from "../../src/onnx/opset.ts";
import { parseModel, readModel } from "../../src/onnx/read.ts";
import { type ModelParts, modelBytes, node, weight } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, detector, recogniser, recordedJob } from "../fakes/simulate-job.ts";

/** A fixed wave: the same numbers everywhere. */
const feedOf = (shape: readonly number[]): Feed => {
  const data = Float32Array.from(
    { length: shape.reduce((product, dim) => product * dim, 1) },
    (_, i) => Math.sin(i * 0.37) * Math.cos(i * 0.011),
  );
  return new Map([["x", { name: "x", dtype: "float32", shape, data }]]);
};

async function outputsOf(effects: RunEffects, network: Network, feed: Feed): Promise<Tensor[]> {
  const session = await openSession(await loadRuntime(effects), effects, network, "network under test");
  try {
    return [...(await session.run(feed)).values()];
  } finally {
    await session.release();
  }
}

describe("one switchable session for every choice of units", () => {
  it("computes the same bits as a model made for that choice", async () => {
    const { job, effects } = await recordedJob();
    const runtime = await loadRuntime(effects);
    const { candidate } = await makeSides(job, await readModel(job.modelPath, effects.files), runtime);
    const gates = await openSession(runtime, effects, switchable(candidate), "switchable candidate");
    const feed = await job.validation.feed(0);
    for (const step of [1, 2, 3, 7, 1000]) {
      const keep = new Set(candidate.units.filter((_, i) => i % step === 0).map((unit) => unit.id));
      const switches = candidate.units.map((unit, i): [string, Tensor] => [
        gateName(i),
        { name: gateName(i), dtype: "bool", shape: [1], data: Uint8Array.of(keep.has(unit.id) ? 1 : 0) },
      ]);
      expect([...(await gates.run(new Map([...feed, ...switches]))).values()]).toEqual(
        await outputsOf(effects, assign(candidate, keep), feed),
      );
    }
    await gates.release();
    await job.validation.close();
    await effects.end();
  });
});

describe("raising the opset to 13", () => {
  it.each([
    ["classifier (9)", classifier, [1, 3, 48, 192]],
    ["detector (11)", detector, [1, 3, 96, 192]],
    ["recogniser (9)", recogniser, [1, 3, 48, 192]],
  ])("changes no bit of the %s", async (_, path, shape) => {
    const effects = await runEffects();
    const original = { ...toNetwork(await readModel(path, effects.files)), folder: effects.folder };
    const raised = raiseOpset(original, 13);
    expect(raised.opsets.get("")).toBe(13);
    expect(await outputsOf(effects, raised, feedOf(shape))).toEqual(await outputsOf(effects, original, feedOf(shape)));
    await effects.end();
  });

  const forms: [string, ModelParts][] = [
    [
      "Softmax over several axes",
      {
        opset: 9,
        outputs: ["y"],
        inputs: { x: [2, 3, 4] },
        nodes: [makeNode({ opType: "Softmax", input: ["x"], output: ["y"], attribute: [intAttr("axis", 1)] })],
      },
    ],
    [
      "Slice, Squeeze and Unsqueeze with attributes",
      {
        opset: 9,
        outputs: ["y"],
        inputs: { x: [1, 6, 4] },
        nodes: [
          makeNode({
            opType: "Slice",
            input: ["x"],
            output: ["a"],
            attribute: [intsAttr("starts", [1]), intsAttr("ends", [5]), intsAttr("axes", [1])],
          }),
          makeNode({ opType: "Squeeze", input: ["a"], output: ["b"], attribute: [intsAttr("axes", [0])] }),
          makeNode({ opType: "Unsqueeze", input: ["b"], output: ["y"], attribute: [intsAttr("axes", [2])] }),
        ],
      },
    ],
    [
      "ReduceSum, Pad, Split and Dropout",
      {
        opset: 9,
        outputs: ["y", "z"],
        inputs: { x: [1, 6, 4] },
        nodes: [
          makeNode({ opType: "Pad", input: ["x"], output: ["a"], attribute: [intsAttr("pads", [0, 1, 0, 0, 1, 0])] }),
          node("Dropout", ["a"], ["b"]),
          makeNode({ opType: "Split", input: ["b"], output: ["c", "d"], attribute: [intAttr("axis", 1), intsAttr("split", [3, 5])] }),
          makeNode({ opType: "ReduceSum", input: ["c"], output: ["y"], attribute: [intsAttr("axes", [1])] }),
          node("Relu", ["d"], ["z"]),
        ],
      },
    ],
    [
      "TopK and Clip",
      {
        opset: 9,
        outputs: ["y", "i"],
        outputTypes: { i: DataType.INT64 },
        inputs: { x: [2, 8] },
        nodes: [node("Clip", ["x"], ["a"]), makeNode({ opType: "TopK", input: ["a"], output: ["y", "i"], attribute: [intAttr("k", 3)] })],
      },
    ],
  ];
  it.each(forms)("keeps the meaning of %s", async (_, parts) => {
    const effects = await runEffects();
    const original = { ...toNetwork(parseModel(modelBytes(parts), "m.onnx")), folder: effects.folder };
    const feed = feedOf((Object.values(parts.inputs ?? {})[0] ?? []).map(Number));
    expect(await outputsOf(effects, raiseOpset(original, 13), feed)).toEqual(await outputsOf(effects, original, feed));
    await effects.end();
  });

  it("refuses what it cannot rewrite, by name", () => {
    const masked = parseModel(
      modelBytes({ opset: 9, outputs: ["y", "mask"], nodes: [node("Dropout", ["x"], ["y", "mask"], "drop")] }),
      "m.onnx",
    );
    expect(() => raiseOpset(toNetwork(masked), 13)).toThrow(/Dropout 'drop' cannot be raised from opset 9 to 13 \(its mask is an output\)/);
    const old = parseModel(modelBytes({ opset: 6, outputs: ["y"], nodes: [node("Relu", ["x"], ["y"])] }), "m.onnx");
    expect(() => raiseOpset(toNetwork(old), 13)).toThrow(/uses opset 6/);
  });
});

describe("half precision", () => {
  it("goes in and comes out as the same numbers", async () => {
    const effects = await runEffects();
    const cast = (input: string, output: string, to: number) =>
      makeNode({ opType: "Cast", input: [input], output: [output], attribute: [intAttr("to", to)] });
    const model = parseModel(
      modelBytes({ nodes: [cast("x", "half", 10), cast("half", "y", 1)], outputs: ["y", "half"], outputTypes: { half: DataType.FLOAT16 } }),
      "m.onnx",
    );
    const values = Float32Array.of(0.5, -2.25, 65504, 2 ** -24);
    const feed: Feed = new Map([["x", { name: "x", dtype: "float32", shape: [1, 4], data: values }]]);
    const [y, half] = await outputsOf(effects, { ...toNetwork(model), folder: effects.folder }, feed);
    expect([y?.data, half?.dtype, half?.data]).toEqual([values, "float16", values]);
    const back = parseModel(
      modelBytes({ nodes: [cast("half", "y", 1)], inputs: { half: [1, 4] }, inputType: DataType.FLOAT16, outputs: ["y"] }),
      "m.onnx",
    );
    const given: Feed = new Map([["half", { name: "half", dtype: "float16", shape: [1, 4], data: values }]]);
    expect((await outputsOf(effects, { ...toNetwork(back), folder: effects.folder }, given))[0]?.data).toEqual(values);
    await effects.end();
  });
});

describe("putting Q/DQ into a model", () => {
  it("keeps fields of the file that this schema does not know", async () => {
    const effects = await runEffects();
    const bytes = modelBytes({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [weight("w", [4, 2])], outputs: ["y"] });
    // Field 12345 of ModelProto, a text.
    const unknown = Uint8Array.from([0xca, 0x83, 0x06, 3, 97, 98, 99]);
    const model = parseModel(Uint8Array.from([...bytes, ...unknown]), "m.onnx");
    const { units } = await insertQdq(model, new Map([["x", 0.01]]), effects.files);
    expect(units.map((unit) => unit.id)).toEqual(["MatMul:y"]);
    expect(Buffer.from(encodeModel(model)).includes(Buffer.from(unknown))).toBe(true);
    await effects.end();
  });

  it("leaves a unit whose scale is missing in float and says which", async () => {
    const effects = await runEffects();
    const model = parseModel(
      modelBytes({
        nodes: [node("MatMul", ["x", "w"], ["a"]), node("MatMul", ["a", "v"], ["y"])],
        weights: [weight("w", [4, 4]), weight("v", [4, 2])],
        outputs: ["y"],
      }),
      "m.onnx",
    );
    const { units, missingScales } = await insertQdq(model, new Map([["x", 0.01]]), effects.files);
    expect([units.map((unit) => unit.id), missingScales]).toEqual([["MatMul:a"], ["a"]]);
    expect(model.graph.node.map((one) => one.opType)).toEqual([
      "DequantizeLinear",
      "QuantizeLinear",
      "DequantizeLinear",
      "MatMul",
      "MatMul",
    ]);
    await effects.end();
  });
});
