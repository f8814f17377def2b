import { describe, expect, it } from "vitest";
import type { ModelFlags } from "../../../src/config/model-flags.ts";
import { placeWords } from "../../../src/config/place.ts";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import { toleranceBlock } from "../../../src/config/tolerance-text.ts";
import { ConfigError } from "../../../src/effects/failure.ts";
import { workspaceOf } from "../../fakes/workspace.ts";
import { files, oneModel, path } from "./settle-samples.ts";

const withFlags = (models: string, flags: ModelFlags, text?: string, isLocal = true) =>
  resolveSettings({
    inputs: { models },
    today: "2026-11-24",
    workspace: workspaceOf(files),
    flags,
    isLocal,
    yaml: text === undefined ? undefined : { path, text, commit: undefined },
  });

const problemsOf = (...args: Parameters<typeof withFlags>): readonly string[] => {
  try {
    withFlags(...args);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe("a model that only the command line describes", () => {
  it("needs no configuration", () => {
    const [model] = withFlags("models/cls.onnx", {
      cache: "calibration/cls.cache",
      data: "calibration/cls.npz",
      validation: "./validation.npz",
      shapes: { x: [1, 3, 48, 192] },
      tolerance: toleranceBlock("sqnr-db=15"),
    }).models;
    expect(model).toMatchObject({
      name: "cls",
      describedIn: "flags",
      quantization: { cache: "calibration/cls.cache", data: "calibration/cls.npz", loader: undefined },
      validation: { data: "validation.npz", maxSamples: 96 },
      tolerance: { limits: { sqnrDb: { fail: 15 } } },
    });
    expect(model?.shapes.get("x")?.opt).toEqual([1, 3, 48, 192]);
  });

  it("takes a .py as a loader", () => {
    const [model] = withFlags("models/cls.onnx", { data: "cal.py", validation: "val.py" }).models;
    expect(model).toMatchObject({ quantization: { loader: "cal.py" }, validation: { loader: "val.py", data: undefined } });
  });

  it("may lie anywhere on the user's own machine, but not where an event started the run", () => {
    expect(withFlags("../else/m.onnx", { cache: "../else/m.cache", validation: "../v.npz" }).models[0]?.path).toBe("../else/m.onnx");
    expect(problemsOf("models/cls.onnx", { cache: "../else/m.cache" }, undefined, false)).toEqual([
      '--cache is "../else/m.cache", which leaves the workspace; only files inside it are read.',
    ]);
  });
});

describe("flags beside an entry", () => {
  const text = oneModel(
    "quantization: {qdq: models/cls.qdq.onnx, min-samples: 7}",
    "validation: {random: {seed: 3}, max-samples: 9}",
    "tolerance: {sqnr-db: {fail: 18}}",
    "shapes: {x: [1, 3, 48, 192], mask: [1, 4]}",
  );

  it("replace the sources that they name and keep everything else", () => {
    const [model] = withFlags("models/cls.onnx", { cache: "c.cache", validation: "v.npz", shapes: { x: [1, 3, 48, 320] } }, text).models;
    expect(model).toMatchObject({
      describedIn: "configuration",
      quantization: { cache: "c.cache", qdq: undefined, minSamples: 7 },
      validation: { data: "v.npz", random: undefined, maxSamples: 9 },
      tolerance: { limits: { sqnrDb: { fail: 18 } } },
    });
    expect([...(model?.shapes ?? [])].map(([input, { opt }]) => [input, opt])).toEqual([
      ["x", [1, 3, 48, 320]],
      ["mask", [1, 4]],
    ]);
  });

  it("leave the entry as it is where there are none", () => {
    expect(withFlags("models/cls.onnx", {}, text).models).toMatchObject([{ quantization: { qdq: "models/cls.qdq.onnx" } }]);
  });
});

describe("flags that cannot be", () => {
  it("are all told at once", () => {
    expect(problemsOf("models/*.onnx", { cache: "*.cache", qdq: "q.onnx" })).toEqual([
      "--cache, --qdq describe one model, and 2 are chosen. Name one: trt-gate check MODEL --cache …",
      '--cache is "*.cache", which is a pattern; name one file or folder.',
      "--qdq stands beside --cache or --data. A Q/DQ model brings its own scales: keep one of them.",
    ]);
  });

  it("have to name a model", () => {
    expect(problemsOf("", { validation: "v.npz" })).toEqual([
      "--validation describes one model, and 0 are chosen. Name one: trt-gate check MODEL --validation …",
    ]);
  });
});

it("is named by the flag in a message about what the flag says, and by its line in the configuration otherwise", () => {
  const [model] = withFlags(
    "models/cls.onnx",
    { cache: "calibration/cls.cache", shapes: { x: [1, 3, 48, 192] }, validation: "validation.npz" },
    oneModel("quantization: {cache: calibration/cls.cache}"),
  ).models;
  const words = (...keys: string[]) => model && placeWords(model, ...keys);
  expect(words("quantization", "cache")).toBe("--cache: ");
  expect(words("validation", "data")).toBe("--validation: ");
  expect(words("shapes")).toBe("--shapes: ");
  expect(words("path")).toMatch(/^\S+\.yml:\d+: $/);
  const [plain] = withFlags("models/cls.onnx", {}, oneModel("quantization: {cache: calibration/cls.cache}")).models;
  expect(plain && placeWords(plain, "quantization", "cache")).toMatch(/^\S+\.yml:\d+: $/);
});
