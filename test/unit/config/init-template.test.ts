import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import type { Found, FoundModel } from "../../../src/config/init-facts.ts";
import { starterConfig, starterWorkflow } from "../../../src/config/init-template.ts";
import { problemsOf, settleYaml } from "./settle-samples.ts";

const float = (path: string, name = "x", more: Partial<FoundModel> = {}): FoundModel => ({
  path,
  inputs: [{ name, dims: [1, 3, 48, 192], isFloat: true }],
  outputs: [`${name}.out`],
  kind: "float",
  computeInputs: [name, `${name}.1`],
  ...more,
});
const cache = (path: string, name = "x") => ({ path, tensors: new Set([name, `${name}.1`, `${name}.2`]) });
const samples = (path: string, name = "x", shape = [8, 3, 48, 192]) => ({
  path,
  form: "cut" as const,
  shapes: new Map([[name, shape]]),
  count: shape[0] ?? 0,
});
const found = (parts: Partial<Found>): Found => ({ models: [], unread: [], caches: [], samples: [], ...parts });

describe("the first configuration", () => {
  it("gives each model the cache, Q/DQ model and samples that hold its tensors, and settles as it is", () => {
    const text = starterConfig(
      found({
        models: [float("m/a.onnx"), float("m/b.onnx", "y"), float("m/b-int8.onnx", "y", { kind: "qdq" })],
        caches: [cache("c/1.cache", "z"), cache("c/2.cache")],
        samples: [samples("train.npz"), samples("other/val.npz"), samples("b-images.npz", "y")],
      }),
    );
    const [a, b, ...others] = settleYaml(text).models;
    expect(others).toEqual([]);
    expect(a).toMatchObject({
      path: "m/a.onnx",
      quantization: { cache: "c/2.cache", data: "train.npz" },
      validation: { data: "other/val.npz" },
    });
    expect(b).toMatchObject({
      path: "m/b.onnx",
      quantization: { qdq: "m/b-int8.onnx", cache: undefined },
      validation: { data: "b-images.npz" },
    });
    expect(a?.tolerance.limits).toEqual({ sqnrDb: { fail: 20, warn: 25 }, cosine: { fail: 0.997 } });
  });

  it("takes sizes that a model leaves open from its samples", () => {
    const open = float("a.onnx", "x", { inputs: [{ name: "x", dims: ["n", 3, "h", "w"], isFloat: true }] });
    const text = starterConfig(found({ models: [open], caches: [cache("a.cache")], samples: [samples("v.npz", "x", [8, 3, 32, 320])] }));
    expect(settleYaml(text).models[0]?.shapes.get("x")?.opt).toEqual([1, 3, 32, 320]);
    expect(text).toContain("as in v.npz");
  });

  it("says that random inputs are weak where no samples fit", () => {
    const text = starterConfig(found({ models: [float("a.onnx")], caches: [cache("calib.cache")], samples: [samples("v.npz", "y")] }));
    expect(settleYaml(text).models[0]).toMatchObject({
      quantization: { cache: "calib.cache" },
      validation: { random: { seed: 0, samples: 16 } },
    });
    expect(text).toContain("Random inputs show gross errors only");
  });

  it.each([
    ["signed", { low: -1.008, high: 1 }, { low: -1, high: 1 }],
    ["unsigned", { low: 0, high: 2.55 }, { low: 0, high: 2.55 }],
    ["of an end that is an activation's", { low: Number.NEGATIVE_INFINITY, high: 6 }, { low: -6, high: 6 }],
  ])("keeps random inputs within what the input's quantiser holds: %s", (_, held, wanted) => {
    const model = float("q.onnx", "x", { kind: "qdq", computeInputs: [], holds: new Map([["x", held]]) });
    const text = starterConfig(found({ models: [model] }));
    expect(settleYaml(text).models[0]?.validation?.random).toEqual({ seed: 0, samples: 16, ...wanted });
  });

  it("keeps them within the cache's scale of the input, and asks for no range where an input's is not known", () => {
    const scaled = (name: string) => ({ ...cache("c.cache"), scales: new Map([[name, 3 / 127]]) });
    const of = (name: string) =>
      settleYaml(starterConfig(found({ models: [float("a.onnx")], caches: [scaled(name)] }))).models[0]?.validation?.random;
    expect(of("x")).toEqual({ seed: 0, samples: 16, low: -3, high: 3 });
    expect(of("x.1")).toEqual({ seed: 0, samples: 16 });
  });

  it("leaves what cannot be checked in comments, each with what it lacks", () => {
    const text = starterConfig(
      found({
        models: [float("a.onnx"), float("b.onnx", "y", { kind: "integer" }), float("c.onnx", "z")],
        unread: [{ path: "d.onnx", why: "d.onnx is a Git LFS pointer.\nCheck out with lfs." }],
        caches: [{ path: "old.cache", tensors: new Set(["z", "w"]) }],
      }),
    );
    expect(settleYaml(text).models).toEqual([]);
    const told = text.split("\n").filter((line) => / is not checked/.test(line));
    expect(told).toEqual([
      "# a.onnx is not checked yet: no calibration cache, calibration samples or Q/DQ model here fits it.",
      "# c.onnx is not checked yet: no calibration cache, calibration samples or Q/DQ model here fits it.",
      "# b.onnx is not checked: it is quantised by integer operators that TensorRT does not read. Export it with Q/DQ nodes.",
      "# d.onnx is not checked: d.onnx is a Git LFS pointer. Check out with lfs.",
    ]);
  });

  it("names a cache that almost fits, which is most often one of an older model", () => {
    const model = float("a.onnx", "x", { computeInputs: ["x", "x.1", "new"] });
    const text = starterConfig(found({ models: [model], caches: [cache("a.cache")] }));
    expect(text).toContain(
      "# a.onnx is not checked yet: a.cache has no scale for 1 of the tensors that its compute nodes read; calibrate anew.",
    );
  });

  it("settles without any model", () => {
    expect(settleYaml(starterConfig(found({}))).models).toEqual([]);
  });

  it("writes hostile file names as data", () => {
    const names = ["a b: c.onnx", "#x.onnx", "- y.onnx", '"q".onnx', "n\nl.onnx", "é.onnx"];
    const text = starterConfig(found({ models: names.map((name) => float(name)), caches: [cache("cc: d\n.cache")] }));
    expect(problemsOf(text)).toEqual([]);
    expect(settleYaml(text).models.map((model) => [model.path, model.quantization?.cache])).toEqual(
      names.map((name) => [name, "cc: d\n.cache"]),
    );
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
