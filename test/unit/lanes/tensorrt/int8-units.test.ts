/** Counts against TensorRT's own inspector: 48 of the recorded engine's 54 compute nodes read INT8 (counted with Python from the file). */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseInspector } from "../../../../src/lanes/tensorrt/inspector.ts";
import { countInt8Units } from "../../../../src/lanes/tensorrt/int8-units.ts";
import type { ExecutedLayer } from "../../../../src/model/engine.ts";
import type { Unit } from "../../../../src/model/unit.ts";
import { fakeUnit } from "../../../fakes/lane.ts";

const path = join(import.meta.dirname, "../../../fixtures/tensorrt-8.6.1-h100/cls.int8.inspector.json");
const unit = (node: string): Unit => ({ ...fakeUnit(0), id: node, nodes: [node] });
const layer = (name: string, precision: string, nodes: readonly string[] = [], layerType = "CaskConvolution"): ExecutedLayer => ({
  layer: name,
  nodes,
  precision,
  layerType,
});

describe("units in INT8", () => {
  it("are 48 of 54 in the recorded engine", async () => {
    const { layers } = parseInspector(await readFile(path, "utf8"), path);
    const compute = /^p2o\.(Conv|ConvTranspose|MatMul|Gemm)\./;
    const nodes = [...new Set(layers.flatMap((one) => one.nodes))].filter((node) => compute.test(node));
    expect(nodes).toHaveLength(54);
    expect(countInt8Units(layers, nodes.map(unit))).toEqual({ int8: 48, other: 6, unknown: 0 });
  });

  it("are unknown inside a Myelin region, and where no layer names them", () => {
    const region = layer("{ForeignNode[a...c]}", "FP16", ["a", "b"], "Myelin");
    expect(countInt8Units([region, layer("d", "INT8", ["d"])], ["a", "b", "c", "d"].map(unit))).toEqual({ int8: 1, other: 0, unknown: 3 });
  });

  it("are found by fused names where the engine holds no metadata, reformats apart", () => {
    const layers = [layer("a + relu", "INT8"), layer("b", "FP16"), layer("b", "INT8", ["b"], "Reformat")];
    expect(countInt8Units(layers, ["a", "b"].map(unit))).toEqual({ int8: 1, other: 1, unknown: 0 });
  });

  it("run in what their own Q/DQ asks for where that is not INT8", () => {
    const fp8 = (node: string): Unit => ({ ...unit(node), precision: "FP8" });
    const layers = [layer("a", "FP8"), layer("b", "FP16"), layer("c", "INT8"), layer("d", "INT8")];
    expect(countInt8Units(layers, ["a", "b", "c"].map(fp8))).toEqual({ int8: 1, other: 2, unknown: 0, precision: "FP8" });
    expect(countInt8Units(layers, [fp8("a"), unit("d")])).toEqual({ int8: 2, other: 0, unknown: 0, precision: "FP8 and INT8" });
    expect(countInt8Units(layers, [unit("a")])).toEqual({ int8: 0, other: 1, unknown: 0 });
  });

  it("are not counted where the inspector tells no precision", () => {
    expect(countInt8Units([], [unit("a")])).toBeUndefined();
    expect(countInt8Units([layer("a", "")], [unit("a")])).toBeUndefined();
  });
});
