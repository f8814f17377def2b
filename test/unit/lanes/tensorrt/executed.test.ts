import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { checkHalf, checkSingle, ignoredLayers, runsIn } from "../../../../src/lanes/tensorrt/executed-precision.ts";
import { parseInspector } from "../../../../src/lanes/tensorrt/inspector.ts";
import type { Recipe } from "../../../../src/lanes/tensorrt/recipe.ts";

const path = join(import.meta.dirname, "../../../fixtures/tensorrt-8.6.1-h100/cls.int8.inspector.json");
const recorded = async () => parseInspector(await readFile(path, "utf8"), path).layers;
const recipe = (change: Partial<Recipe>): Recipe => ({
  what: "engine",
  modelPath: "m",
  typed: false,
  fp16: true,
  int8: false,
  marks: [],
  ...change,
});

describe("executed precisions", () => {
  it("sees the INT8 convolutions of the recorded engine", async () => {
    const layers = await recorded();
    expect(layers).toHaveLength(105);
    expect(layers.filter((layer) => runsIn(layer)).length).toBeGreaterThan(20);
  });

  it("refuses an engine that asked for FP16 and has none, with the counts", async () => {
    const others = (await recorded()).filter(({ precision }) => precision !== "FP16");
    expect(() => checkHalf(recipe({}), others)).toThrow(
      expect.objectContaining({ reason: "precision-not-applied", message: expect.stringMatching(/no FP16 layer \(.*FP32 \d+/) }),
    );
  });

  it("refuses a reference that is not FP16, and takes an FP32 reference that nobody asked to be FP16", async () => {
    const single = (await recorded()).filter(({ precision }) => precision === "FP32");
    expect(single.length).toBeGreaterThan(0);
    expect(() => checkHalf(recipe({}), single)).toThrow(expect.objectContaining({ reason: "precision-not-applied" }));
    expect(() => checkHalf(recipe({ fp16: false }), single)).not.toThrow();
  });

  it("names layers of kept units that run in INT8 all the same", async () => {
    const layers = await recorded();
    const stubborn = layers.find((layer) => runsIn(layer) && layer.nodes.length > 0 && !/reformat/i.test(layer.layerType));
    expect(ignoredLayers(layers, new Set(stubborn?.nodes.slice(0, 1)), "float16")).toContain(stubborn?.layer);
    expect(ignoredLayers(layers, new Set(["p2o.Softmax.0"]), "float16")).toEqual([]);
  });

  it("names layers of units kept in FP32 that run in FP16, which is what units kept in FP16 ask for", async () => {
    const half = (await recorded()).find(
      ({ precision, nodes, layerType }) => precision === "FP16" && nodes.length > 0 && !/reformat/i.test(layerType),
    );
    const node = new Set(half?.nodes.slice(0, 1));
    expect(node.size).toBe(1);
    expect(ignoredLayers(await recorded(), node, "float32")).toContain(half?.layer);
    expect(ignoredLayers(await recorded(), node, "float16")).not.toContain(half?.layer);
  });

  it("refuses an FP32 engine with a layer in less, and names it", async () => {
    const layers = await recorded();
    const single = layers.filter(({ precision }) => precision === "FP32");
    const half = layers.filter(({ precision, layerType }) => precision === "FP16" && !/reformat/i.test(layerType)).slice(0, 1);
    expect(() => checkSingle(recipe({ fp16: false }), single)).not.toThrow();
    expect(() => checkSingle(recipe({ fp16: false, what: "FP32 engine" }), [...single, ...half])).toThrow(
      expect.objectContaining({
        reason: "precision-not-applied",
        message: expect.stringContaining(`The FP32 engine has 1 layer in less than FP32, first '${half[0]?.layer}' in FP16`),
      }),
    );
  });
});
