import { describe, expect, it } from "vitest";
import { buildFlags, type Reproduction, reproduceEngines } from "../../../../src/lanes/tensorrt/reproduce.ts";

const range = { min: [1, 3, 32, 32], opt: [2, 3, 32, 32], max: [8, 3, 32, 32] };
const tensorrt = {
  python: "python3",
  plugins: [],
  versionCompatible: false,
  tf32: false,
  markAll: false,
  markBatch: 8,
  noTacticSources: false,
  ship: "engine" as const,
  rebuilds: 1,
  minInt8Share: 0.1,
};
/** Only what the commands are made of. */
const facts = (change: Partial<Reproduction> = {}, options: Partial<Reproduction["job"]["tensorrt"]> = {}): Reproduction => ({
  job: {
    name: "a model",
    modelPath: "/staged/model.onnx",
    quantization: { algorithm: "entropy", percentile: 99.99 },
    tensorrt: { ...tensorrt, ...options },
  },
  shapes: new Map([["x", range]]),
  candidateModel: "/staged/model.onnx",
  cachePath: "/staged/calibration.cache",
  weak: true,
  keeps: false,
  ...change,
});

describe("commands to reproduce", () => {
  it("build both engines, run both, compare reference first, and end with trtexec", () => {
    const lines = reproduceEngines(facts());
    expect(lines.map((line) => line.split(" ").slice(0, 2).join(" "))).toEqual([
      "polygraphy convert",
      "polygraphy convert",
      "polygraphy run",
      "polygraphy run",
      "polygraphy run",
      "trtexec --onnx=model.onnx",
    ]);
    expect(lines[0]).toContain("--fp16 -o a_model.fp16.engine");
    expect(lines[1]).toContain("--int8 --fp16 --calibration-cache calibration.cache -o a_model.int8.engine");
    expect(lines[4]).toContain("--load-outputs reference.json candidate.json");
    expect(lines[0]).toContain("--trt-min-shapes 'x:[1,3,32,32]' --trt-opt-shapes 'x:[2,3,32,32]' --trt-max-shapes 'x:[8,3,32,32]'");
    expect(lines[5]).toContain("--minShapes=x:1x3x32x32 --optShapes=x:2x3x32x32 --maxShapes=x:8x3x32x32");
  });

  it("name the calibrator of a cache that is not the tools' own; trtexec, which cannot take one, is then left out", () => {
    const lines = reproduceEngines(facts({ calibrator: "IInt8MinMaxCalibrator" }));
    expect(lines[1]).toContain("--calibration-cache calibration.cache --calib-base-cls IInt8MinMaxCalibrator");
    expect(lines.filter((line) => line.startsWith("trtexec"))).toEqual([]);
    expect(reproduceEngines(facts({ calibrator: "IInt8EntropyCalibrator2" }))).toEqual(reproduceEngines(facts()));
  });

  it("obey the fix script where units are kept and typing is weak", () => {
    const fix = "--trt-network-postprocess-script fix_precision.py --precision-constraints obey";
    expect(reproduceEngines(facts({ keeps: true }))[1]).toContain(fix);
    expect(reproduceEngines(facts({ keeps: true, weak: false }))[1]).not.toContain(fix);
    expect(reproduceEngines(facts())[1]).not.toContain(fix);
  });

  it("leave out every precision flag where the model alone decides", () => {
    const lines = reproduceEngines(facts({ weak: false, cachePath: undefined }));
    expect(lines.join("\n")).not.toMatch(/--int8|--fp16|calib/);
    expect(lines[1]).toContain("--strongly-typed");
    expect(lines[5]).toContain("--stronglyTyped");
  });

  it("carry the builder options of the configuration", () => {
    const [first = ""] = reproduceEngines(
      facts(
        {},
        {
          optimizationLevel: 0,
          noTacticSources: true,
          tf32: true,
          workspaceMiB: 512,
          versionCompatible: true,
          dlaCore: 0,
          plugins: ["a b.so"],
        },
      ),
    );
    for (const words of [
      "--builder-optimization-level 0",
      "--tactic-sources",
      "--tf32",
      "workspace:512M",
      "--version-compatible",
      "--use-dla",
      "--plugins 'a b.so'",
    ])
      expect(first).toContain(words);
  });
});

describe("the words that build as the lane does", () => {
  const job = facts({}, { optimizationLevel: 3, plugins: ["my plugin.so"] }).job;

  it("are shapes, options and plugins for both tools", () => {
    const { polygraphy, trtexec } = buildFlags(job, new Map([["x", range]]), "IInt8EntropyCalibrator2");
    expect(polygraphy).toEqual(
      expect.arrayContaining(["--trt-max-shapes", "x:[8,3,32,32]", "--builder-optimization-level", "3", "my plugin.so"]),
    );
    expect(trtexec).toEqual(
      expect.arrayContaining(["--maxShapes=x:8x3x32x32", "--builderOptimizationLevel=3", "--staticPlugins=my plugin.so"]),
    );
  });

  it("name the calibrator of another cache to polygraphy, and are none for trtexec then or for a name that it splits", () => {
    const foreign = buildFlags(job, new Map(), "IInt8MinMaxCalibrator");
    expect(foreign.polygraphy).toEqual(expect.arrayContaining(["--calib-base-cls", "IInt8MinMaxCalibrator"]));
    expect(foreign.trtexec).toBeUndefined();
    expect(buildFlags(job, new Map([["a,b", range]])).trtexec).toBeUndefined();
  });
});
