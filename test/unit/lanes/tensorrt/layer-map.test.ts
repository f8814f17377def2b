import { describe, expect, it } from "vitest";
import { canRaise, keptLayers, layersOfUnits, markable, onnxNodes } from "../../../../src/lanes/tensorrt/layer-map.ts";
import type { NetworkLayer, NetworkTensor } from "../../../../src/lanes/tensorrt/protocol.ts";
import type { Unit } from "../../../../src/model/unit.ts";

const tensor = (name: string, change: Partial<NetworkTensor> = {}): NetworkTensor => ({
  name,
  dtype: "FLOAT",
  shape: [1],
  isExecution: true,
  isShape: false,
  ...change,
});
const layer = (name: string, change: Partial<NetworkLayer> = {}): NetworkLayer => ({
  index: 0,
  name,
  type: "CONVOLUTION",
  metadata: "",
  firstInputIsShape: false,
  outputs: [tensor(`${name}_out`)],
  ...change,
});
const unit = (id: string, nodes: readonly string[]): Unit => ({
  id,
  nodes,
  opType: "Conv",
  inputs: [],
  output: "",
  order: 0,
  block: "",
  weightBytes: 0,
});

describe("layers of units", () => {
  it("splits joined metadata at its separator first, since names may hold brackets", () => {
    expect(onnxNodes("[ONNX Layer: a]\u001e[ONNX Layer: b[1]]")).toEqual(["a", "b[1]"]);
    expect(onnxNodes("")).toEqual([]);
    expect(onnxNodes("something else")).toEqual([]);
  });

  it("finds layers by metadata, by name, and by the output of a node without a name", () => {
    const layers = [
      layer("helper", { index: 0, metadata: "[ONNX Layer: conv]" }),
      layer("relu", { index: 1 }),
      layer("(Unnamed Layer* 2) [Shuffle]", { index: 2, outputs: [tensor("y")] }),
      layer("stranger", { index: 3 }),
    ];
    const found = layersOfUnits([unit("u", ["conv", "relu", "(output y)"]), unit("empty", ["gone"])], layers);
    expect(found.get("u")?.map(({ index }) => index)).toEqual([0, 1, 2]);
    expect(found.get("empty")).toEqual([]);
  });
});

describe("what may be raised", () => {
  it.each([
    ["a constant", { type: "CONSTANT" }],
    ["shape arithmetic", { type: "SHAPE" }],
    ["a Quantize", { type: "QUANTIZE" }],
    ["a Dequantize", { type: "DEQUANTIZE" }],
    ["a layer that computes indices", { type: "SLICE", outputs: [tensor("i", { dtype: "INT32" })] }],
    ["a layer with an index output beside a float one", { type: "TOPK", outputs: [tensor("v"), tensor("i", { dtype: "INT32" })] }],
    ["a layer with a shape output", { outputs: [tensor("s", { isShape: true, isExecution: false })] }],
    ["a layer that reads a shape", { firstInputIsShape: true }],
    ["a layer with an absent output", { outputs: [null] }],
  ] as const)("leaves %s alone", (_, change) => {
    expect(canRaise(layer("x", change as Partial<NetworkLayer>))).toBe(false);
  });

  it("sets precision and every output type of the float layers of kept units, and nothing else", () => {
    const map = new Map([
      ["u", [layer("conv", { index: 4 }), layer("shape", { index: 5, type: "SHAPE" })]],
      ["v", [layer("other", { index: 6 })]],
    ]);
    expect(keptLayers(new Set(["u"]), map, "float16")).toEqual({ precision: "float16", layers: [[4, [0]]] });
    expect(keptLayers(new Set(), map, "float16").layers).toEqual([]);
  });

  it("marks activations only", () => {
    const layers = [layer("conv"), layer("weights", { type: "CONSTANT" }), layer("dims", { outputs: [tensor("d", { dtype: "INT32" })] })];
    expect(markable(layers)).toEqual(["conv_out"]);
  });
});
