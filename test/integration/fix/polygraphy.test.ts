import { createHash } from "node:crypto";
import { afterEach, beforeEach, expect, it } from "vitest";
import { makePolygraphy } from "../../../src/fix/polygraphy.ts";
import { fixOf, python, pythonFixtures, scratch } from "../../fakes/fixes.ts";
import { describeWithPython } from "../../support/needs.ts";

interface Done {
  readonly error: string | null;
  readonly changed: readonly [string, string, Record<string, string>][];
}
const script = (fix: ReturnType<typeof fixOf>) => String(makePolygraphy(fix)[0]?.content);

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.dispose());

const run = (fix: ReturnType<typeof fixOf>, layers: readonly object[], typed = false): Done =>
  JSON.parse(
    python([`${pythonFixtures}/run_postprocess.py`, folder.file("fix_precision.py", script(fix))], JSON.stringify({ layers, typed })),
  );
const conv = (name: string, more: object = {}) => ({ name, outputs: [{ name: `${name}_out` }], ...more });

describeWithPython("fix_precision.py, executed", () => {
  it("sets precision and output type of the kept layers and of no other", () => {
    const done = run(fixOf([["a", "b"]]), [conv("a"), conv("b"), conv("c")]);
    expect(done).toEqual({
      error: null,
      changed: [
        ["a", "float16", { "0": "float16" }],
        ["b", "float16", { "0": "float16" }],
      ],
    });
  });

  it("pins every other unit with scales to INT8, fused or unnamed, and asks for the map as a wish", () => {
    const others = ["c", "(output t)"].map((node) => ({ unit: node, nodes: [node], layers: [] }));
    const layers = [
      conv("a"),
      conv("x + c", { metadata: "[ONNX Layer: x]\u001e[ONNX Layer: c]" }),
      { name: "u", outputs: [{ name: "t" }] },
      conv("z"),
    ];
    const fix = fixOf([["a"]], { int8: others });
    expect(run(fix, layers).changed.map(([name, precision]) => [name, precision])).toEqual([
      ["a", "float16"],
      ["x + c", "int8"],
      ["u", "int8"],
    ]);
    expect(makePolygraphy(fix)[0]?.command).toContain("--precision-constraints prefer");
  });

  it("pins nothing where the proved engine left it to the builder, nor where Q/DQ say it", () => {
    const others = [{ unit: "c", nodes: ["c"], layers: [] }];
    const asBuilt = fixOf([["a"]], { int8: others, proved: { format: "polygraphy", typed: false } });
    expect(run(asBuilt, [conv("a"), conv("c")]).changed.map(([name]) => name)).toEqual(["a"]);
    expect(makePolygraphy(asBuilt)[0]?.command).toContain("--precision-constraints obey");
    const quantize = { name: "q", type: "QUANTIZE", outputs: [{ name: "q_out" }] };
    expect(run(fixOf([["a"]], { int8: others }), [conv("a"), conv("c"), quantize]).changed.map(([name]) => name)).toEqual(["a"]);
  });

  it("claims the proof only for the form that was built", () => {
    const header = (format: "polygraphy" | "qdq") => script(fixOf([["a"]], { proved: { format, typed: false } }));
    expect(header("polygraphy")).toContain("# Verified: two fresh engines pass");
    expect(header("qdq")).toContain(
      "# Verified: not built in this form. The same units were proved as fixed.qdq.onnx: two fresh engines pass",
    );
  });

  it("uses float32 where the fix does", () => {
    expect(run(fixOf([["a"]], { precision: "float32" }), [conv("a")]).changed).toEqual([["a", "float32", { "0": "float32" }]]);
  });

  it("finds a layer by the ONNX nodes it came from and by its output tensor", () => {
    const layers = [
      conv("fused", { metadata: "[ONNX Layer: a]\u001e[ONNX Layer: b]x]" }),
      { name: "(Unnamed Layer* 4) [Convolution]", outputs: [{ name: "t" }] },
    ];
    expect(run(fixOf([["b]x"], ["(output t)"]]), layers).changed.map(([name]) => name)).toEqual([
      "fused",
      "(Unnamed Layer* 4) [Convolution]",
    ]);
  });

  it("leaves shape, constant, index and Q/DQ layers as they are", () => {
    const layers = [
      conv("a"),
      { name: "constant", type: "CONSTANT", outputs: [{ name: "c" }] },
      { name: "shape", type: "SHAPE", outputs: [{ name: "s", dtype: "int32" }] },
      { name: "slice", type: "SLICE", outputs: [{ name: "i", shape: true }] },
      { name: "fed", inputs: [{ name: "i", shape: true }], outputs: [{ name: "o" }] },
      { name: "cast", outputs: [{ name: "int", dtype: "int32" }] },
      { name: "q", type: "QUANTIZE", outputs: [{ name: "q8", dtype: "int8" }] },
    ];
    const all = layers.map(({ name }) => name);
    expect(run(fixOf([all]), layers).changed.map(([name]) => name)).toEqual(["a"]);
  });

  it("sets the type of float outputs only", () => {
    const topk = { name: "a", type: "TOPK", outputs: [{ name: "values" }, { name: "indices", dtype: "int32" }] };
    expect(run(fixOf([["a"]]), [topk]).changed).toEqual([["a", "float16", { "0": "float16" }]]);
  });

  it("refuses a network without the names, lists them and changes nothing", () => {
    const done = run(fixOf([["a"], ["gone"], ["(output lost)"]]), [conv("a")]);
    expect(done.error).toContain("2 layer name(s) are not in this network: 'gone', '(output lost)'");
    expect(done.changed).toEqual([]);
  });

  it("refuses a strongly typed network and one where nothing can change", () => {
    expect(run(fixOf([["a"]]), [conv("a")], true).error).toContain("format qdq");
    expect(run(fixOf([["c"]]), [{ name: "c", type: "CONSTANT", outputs: [{ name: "t" }] }]).error).toContain(
      "none of the 1 matching layers",
    );
  });

  it("checks the model's hash where a path is given", () => {
    const model = folder.file("model.onnx", "weights");
    const sha256 = createHash("sha256").update("weights").digest("hex");
    const file = folder.file("fix.py", script(fixOf([["a"]], { model: { name: "m", path: "m.onnx", sha256 } })));
    expect(JSON.parse(python([file, model])).names).toEqual(["a"]);
    folder.file("model.onnx", "other weights");
    expect(() => python([file, model])).toThrow(/this fix is for/);
  });

  it("says in its header who made it, what it keeps, why, what proves it, and how to use it", () => {
    const head = script(fixOf([["p2o.Conv.7"]]))
      .split("\n")
      .filter((line) => line.startsWith("# "));
    const text = head.join("\n");
    for (const words of [
      "trt-gate 0.1.0",
      "models/cls.onnx",
      "0".repeat(64),
      "Keeps 1 of 54 units in float16",
      "Conv:p2o.Conv.7",
      "two fresh engines pass",
    ])
      expect(text).toContain(words);
    expect(text).toContain(
      "Use: polygraphy convert models/cls.onnx --int8 --fp16 --calibration-cache calibration/cls.cache --trt-network-postprocess-script fix_precision.py --precision-constraints obey -o fixed.engine",
    );
  });

  it("builds with the shapes, options and calibrator that the gate built with", () => {
    const polygraphy = [
      "--trt-min-shapes",
      "x:[1,3,48,192]",
      "--builder-optimization-level",
      "0",
      "--calib-base-cls",
      "IInt8MinMaxCalibrator",
    ];
    const [artifact] = makePolygraphy(fixOf([["p2o.Conv.7"]], { buildWith: { polygraphy, trtexec: null } }));
    expect(artifact?.command).toBe(
      "polygraphy convert models/cls.onnx --int8 --fp16 --calibration-cache calibration/cls.cache --trt-min-shapes 'x:[1,3,48,192]' --builder-optimization-level 0 --calib-base-cls IInt8MinMaxCalibrator --trt-network-postprocess-script fix_precision.py --precision-constraints obey -o fixed.engine",
    );
  });
});
