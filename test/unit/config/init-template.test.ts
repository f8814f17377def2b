import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { starterConfig, starterWorkflow } from "../../../src/config/init-template.ts";
import { problemsOf, settleYaml } from "./settle-samples.ts";

describe("the first configuration", () => {
  it("gives each model the cache, Q/DQ model and samples that carry its name, and settles as it is", () => {
    const text = starterConfig({
      models: ["models/cls.onnx", "models/det.onnx", "models/det.qdq.onnx"],
      caches: ["calibration/cls.cache", "calibration/other.cache"],
      samples: ["calibration/cls.npz", "validation/cls/images.npz", "validation/det-images.npz"],
    });
    const [cls, det, ...others] = settleYaml(text).models;
    expect(others).toEqual([]);
    expect(cls).toMatchObject({
      path: "models/cls.onnx",
      quantization: { cache: "calibration/cls.cache", data: "calibration/cls.npz" },
      validation: { data: "validation/cls/images.npz" },
    });
    expect(det).toMatchObject({
      path: "models/det.onnx",
      quantization: { qdq: "models/det.qdq.onnx", cache: undefined },
      validation: { data: "validation/det-images.npz" },
    });
    expect(cls?.tolerance.limits).toEqual({ sqnrDb: { fail: 20, warn: 25 }, cosine: { fail: 0.997 } });
  });

  it("takes the only cache for the only model, and says that random inputs are weak", () => {
    const text = starterConfig({ models: ["a.onnx"], caches: ["calib.cache"], samples: [] });
    expect(settleYaml(text).models[0]).toMatchObject({
      quantization: { cache: "calib.cache" },
      validation: { random: { seed: 0, samples: 16 } },
    });
    expect(text).toContain("Random inputs show gross errors only");
  });

  it("does not guess between several files, and leaves the lines as a comment", () => {
    const text = starterConfig({ models: ["a.onnx", "b.onnx"], caches: ["calib.cache"], samples: [] });
    expect(settleYaml(text).models.map(({ quantization }) => quantization)).toEqual([undefined, undefined]);
    expect(text).toContain("# quantization: {cache: ");
  });

  it("settles without any model", () => {
    expect(settleYaml(starterConfig({ models: [], caches: [], samples: [] })).models).toEqual([]);
  });

  it("writes hostile file names as data", () => {
    const names = ["a b: c.onnx", "#x.onnx", "- y.onnx", '"q".onnx', "n\nl.onnx", "é.onnx"];
    const text = starterConfig({ models: names, caches: [], samples: [] });
    expect(problemsOf(text)).toEqual([]);
    expect(settleYaml(text).models.map((model) => model.path)).toEqual(names);
  });
});

it("is a workflow with the least permissions and a pinned checkout", () => {
  const workflow: unknown = parse(starterWorkflow());
  expect(workflow).toMatchObject({
    on: "pull_request",
    permissions: {},
    jobs: { gate: { permissions: { contents: "read", "pull-requests": "write" } } },
  });
  expect(starterWorkflow()).toMatch(/actions\/checkout@[0-9a-f]{40} # v/);
});
