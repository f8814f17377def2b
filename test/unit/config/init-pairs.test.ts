import { describe, expect, it } from "vitest";
import type { FoundModel } from "../../../src/config/init-facts.ts";
import { feedShapes, pairModels, purposeOf } from "../../../src/config/init-pairs.ts";

const inputs = [
  { name: "ids", dims: ["batch", "tokens"], isFloat: false },
  { name: "mask", dims: ["batch", "tokens"], isFloat: false },
];
const shapesOf = (ids: readonly number[], mask: readonly number[], form: "cut" | "whole" = "cut") =>
  feedShapes(inputs, {
    path: "v.npz",
    form,
    count: ids[0] ?? 0,
    shapes: new Map([
      ["ids", ids],
      ["mask", mask],
    ]),
  });

describe("samples fit a model", () => {
  it("cut along axis 0, or with an axis of their own in front", () => {
    expect([...(shapesOf([64, 128], [64, 128]) ?? [])]).toEqual([
      ["ids", [1, 128]],
      ["mask", [1, 128]],
    ]);
    expect(shapesOf([64, 2, 128], [64, 2, 128])?.get("ids")).toEqual([2, 128]);
    expect(shapesOf([4, 128], [4, 128], "whole")?.get("ids")).toEqual([4, 128]);
  });

  it("only where one open dimension has one size everywhere", () => {
    expect(shapesOf([64, 128], [64, 100])).toBeUndefined();
  });

  it("only with an array for every input and nothing else", () => {
    expect(feedShapes(inputs, { path: "v.npz", form: "cut", count: 64, shapes: new Map([["ids", [64, 128]]]) })).toBeUndefined();
  });

  it("as a nameless array where there is one input", () => {
    const image = [{ name: "x", dims: [1, 3, "h", "w"], isFloat: true }];
    const fits = (shape: readonly number[]) =>
      feedShapes(image, { path: "v.npy", form: "cut", count: shape[0] ?? 0, shapes: new Map([["", shape]]) })?.get("x");
    expect(fits([10, 3, 32, 32])).toEqual([1, 3, 32, 32]);
    expect(fits([10, 1, 32, 32])).toBeUndefined();
  });
});

it("reads what samples are for from the last word that tells", () => {
  expect(["data/train/x.npz", "calibration/val.npz", "eval.npz", "medical.npz", "cal.npz", "x.npz"].map(purposeOf)).toEqual([
    "calibration",
    "validation",
    "validation",
    "unknown",
    "calibration",
    "unknown",
  ]);
});

describe("a Q/DQ model", () => {
  const model = (path: string, kind: FoundModel["kind"], output = "y"): FoundModel => ({
    path,
    inputs: [{ name: "x", dims: [1, 4], isFloat: true }],
    outputs: [output],
    kind,
    computeInputs: [],
  });
  const entries = (...models: FoundModel[]) =>
    pairModels({ models, unread: [], caches: [], samples: [] }).map(({ model: { path }, qdq }) => [path, qdq]);

  it("belongs to the float model whose name it carries, of several with the same inputs and outputs", () => {
    expect(entries(model("v1.onnx", "float"), model("v2.onnx", "float"), model("v2_int8.onnx", "qdq"))).toEqual([
      ["v1.onnx", undefined],
      ["v2.onnx", "v2_int8.onnx"],
    ]);
  });

  it("belongs to the only float model with its inputs and outputs, whatever its name", () => {
    expect(entries(model("a.onnx", "float"), model("exported.onnx", "qdq"))).toEqual([["a.onnx", "exported.onnx"]]);
  });

  it("is a model of its own where no float model has its outputs", () => {
    expect(entries(model("a.onnx", "float"), model("a.qdq.onnx", "qdq", "z"))).toEqual([
      ["a.onnx", undefined],
      ["a.qdq.onnx", undefined],
    ]);
  });
});

it("never judges a model on the samples that it is calibrated with", () => {
  const model: FoundModel = {
    path: "a.onnx",
    inputs: [{ name: "x", dims: [1, 4], isFloat: true }],
    outputs: ["y"],
    kind: "float",
    computeInputs: ["x"],
  };
  const [pair] = pairModels({
    models: [model],
    unread: [],
    caches: [],
    samples: [{ path: "calibration.npz", form: "cut", shapes: new Map([["x", [64, 4]]]), count: 64 }],
  });
  expect([pair?.calibration, pair?.validation]).toEqual(["calibration.npz", undefined]);
});
