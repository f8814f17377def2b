import { describe, expect, it } from "vitest";
import { resolveSettings } from "../../../src/config/resolve-settings.ts";
import { workspaceOf } from "../../fakes/workspace.ts";
import { files, oneModel, path, problemsOf, settleYaml } from "./settle-samples.ts";

const whole = `version: 1
models:
  - name: text-direction
    path: models/cls.onnx
    watch: [calibration/cls/**]
    shapes: {x: {min: [1, 3, 48, 192], opt: [4, 3, 48, 192], max: [8, 3, 48, 192]}}
    quantization: {cache: calibration/cls.cache, data: calibration/cls.npz, algorithm: minmax, min-samples: 100}
    validation: {data: validation/cls.npz, max-samples: 8, labels: validation/labels.npy}
    tolerance:
      sqnr-db: {fail: 20, warn: 25}
      max-abs: {fail: 0.1}
      score: {sqnr-db: {fail: 10}}
      tensors: {"logits*": {cosine: {fail: 0.997}}}
      baseline: {sqnr-db: {drop: 3}}
      top-k: 3
    task: {command: [python, eval.py, "{outputs}"], metric: accuracy, max-drop: 0.005}
    latency: {max-slowdown-vs-reference: 1.0}
    waivers:
      - {tensor: "aux_head*", reason: "not used in production", until: 2026-12-31}
    tensorrt: {workspace-mib: 2048, optimization-level: 3, plugins: [/opt/lib/a.so], dla-core: 0, version-compatible: true, tf32: true, mark-all: true, mark-batch: 4, tactic-sources: none, rebuilds: 1}
search: {method: bisect, direction: reverse, budget-minutes: 5, max-builds: 7, precision: fp32, group: block}
`;

describe("a configuration with every key", () => {
  const settings = settleYaml(whole);

  it("becomes one entry with the words of the code", () => {
    expect(settings.models).toEqual([
      {
        name: "text-direction",
        describedIn: "configuration",
        given: expect.objectContaining({ name: "text-direction", path: "models/cls.onnx" }),
        path: "models/cls.onnx",
        place: { file: path, line: 3 },
        lines: expect.any(Map),
        watch: ["calibration/cls/**"],
        reference: "fp16",
        engine: { reference: undefined, candidate: undefined },
        shapes: new Map([["x", { min: [1, 3, 48, 192], opt: [4, 3, 48, 192], max: [8, 3, 48, 192] }]]),
        quantization: {
          cache: "calibration/cls.cache",
          data: "calibration/cls.npz",
          loader: undefined,
          qdq: undefined,
          algorithm: "minmax",
          percentile: 99.999,
          minSamples: 100,
        },
        validation: { data: "validation/cls.npz", loader: undefined, inputs: undefined, random: undefined, maxSamples: 8 },
        labels: "validation/labels.npy",
        isOverlapAllowed: false,
        tolerance: {
          limits: { sqnrDb: { fail: 20, warn: 25 }, maxAbs: { fail: 0.1 } },
          indices: { agreement: { fail: 0.99 } },
          samplesWithin: { fail: 0.5, warn: 0.9 },
          parts: "judge",
          score: { sqnrDb: { fail: 10 } },
          tensors: [{ pattern: "logits*", limits: { cosine: { fail: 0.997 } } }],
          baseline: { sqnrDb: { drop: 3 } },
          minCoverage: 1,
          topK: 3,
          atol: 1e-5,
          rtol: 1e-5,
          guardDb: 0,
        },
        task: { command: ["python", "eval.py", "{outputs}"], metric: "accuracy", maxDrop: 0.005 },
        latency: { maxSlowdownVsReference: 1 },
        waivers: [{ tensor: "aux_head*", reason: "not used in production", until: "2026-12-31", place: `${path}:19` }],
        baseline: true,
        explainsByBaseline: true,
        tensorrt: {
          workspaceMiB: 2048,
          optimizationLevel: 3,
          plugins: ["/opt/lib/a.so"],
          dlaCore: 0,
          versionCompatible: true,
          tf32: true,
          markAll: true,
          markBatch: 4,
          noTacticSources: true,
          typing: "auto",
          rebuilds: 1,
          builderCheck: "auto",
          ship: "engine",
          minInt8Share: 0.1,
        },
      },
    ]);
  });

  it("keeps the search block, the path and the commit", () => {
    expect(settings.search).toEqual({
      method: "bisect",
      direction: "reverse",
      budgetMinutes: 5,
      maxBuilds: 7,
      precision: "float32",
      group: "block",
    });
    expect(settings).toMatchObject({ configPath: path, configCommit: "abc123", notices: [] });
  });
});

describe("a configuration with one path", () => {
  it("takes every default from the schema", () => {
    const [model] = settleYaml(oneModel()).models;
    expect(model).toMatchObject({
      name: "cls",
      quantization: undefined,
      validation: undefined,
      baseline: false,
      task: undefined,
      waivers: [],
    });
    expect(model?.tolerance.limits).toEqual({ sqnrDb: { fail: 20 }, cosine: { fail: 0.997 } });
    expect(model?.tensorrt).toMatchObject({ tf32: false, markAll: false, rebuilds: 1, ship: "engine", minInt8Share: 0.1 });
  });

  it("reads the same with CRLF and a byte order mark", () => {
    expect(settleYaml(`\uFEFF${whole.replaceAll("\n", "\r\n")}`)).toEqual(settleYaml(whole));
  });

  it("reads a limit against the base commit as the wish to have its result", () => {
    expect(settleYaml(oneModel("tolerance: {baseline: {cosine: {drop: 0.1}}}")).models[0]?.baseline).toBe(true);
  });

  it("replaces both default limits by any metric, and neither by a pattern or a setting", () => {
    const limits = (tolerance: string) => settleYaml(oneModel(`tolerance: ${tolerance}`)).models[0]?.tolerance.limits;
    expect(limits("{max-abs: {fail: 0.5}}")).toEqual({ maxAbs: { fail: 0.5 } });
    expect(limits("{min-coverage: 0.5, tensors: {a: {max-abs: {fail: 1}}}}")).toEqual({ sqnrDb: { fail: 20 }, cosine: { fail: 0.997 } });
  });
});

describe("without a configuration", () => {
  const texts = { today: "2026-11-24", workspace: workspaceOf(files), yaml: undefined };

  it("settles to no model and says how to get one", () => {
    const settings = resolveSettings({ ...texts, inputs: {} });
    expect(settings.models).toEqual([]);
    expect(settings.notices).toEqual([
      `There is no configuration at ${path} and no input "models", so nothing is checked; run "trt-gate init" to write one.`,
    ]);
  });

  it("refuses a configuration that was asked for by name", () => {
    expect(() => resolveSettings({ ...texts, inputs: { config: "gate.yaml" } })).toThrow(
      'Input "config" is "gate.yaml", and there is no such file',
    );
  });

  it("gives the models of the input their defaults, with a line of their own in annotations", () => {
    const settings = resolveSettings({ ...texts, inputs: { models: "models/cls.onnx" } });
    expect(settings.models.map(({ name, place }) => ({ name, place }))).toEqual([{ name: "cls", place: { file: path, line: 1 } }]);
    expect(settings.notices).toEqual([]);
  });
});

describe("problems", () => {
  it("are all listed at once, inputs first, each with file, line, key, value and what is allowed", () => {
    const text = `version: 2
model: []
models:
  - path: models/cls.onnx
    tolerence: 3
    tolerance: {sqnr-db: {fail: 20dB}, cosin: 3}
    shapes: {x: 3}
  - path: none/*.onnx
    waivers: [{tensor: a, reason: r, until: 2026-11-23}]
  - path: models/det.onnx
    quantization: {algorithm: entropi}
`;
    const problems = problemsOf(text, { inputs: { lane: "simulat", "time-out": "3" } });
    expect(problems).toEqual([
      expect.stringMatching(/^"time-out" is no input\. Allowed: config, models/),
      'Input "lane" is "simulat"; allowed: auto, implicit, explicit, simulate; did you mean "simulate"?',
      `${path}:1: version is 2; allowed: 1.`,
      `${path}:7: models[0].shapes.x is 3; write a list of whole numbers, e.g. [1, 3, 224, 224], or {min: […], opt: […], max: […]}.`,
      `${path}:6: models[0].tolerance.sqnr-db.fail is "20dB"; write a number, e.g. 20.`,
      expect.stringMatching(/:6: models\[0\]\.tolerance\.cosin is no key; did you mean "cosine"\? Allowed here: sqnr-db, cosine,/),
      expect.stringMatching(/:5: models\[0\]\.tolerence is no key; did you mean "tolerance"\? Allowed here: name, path,/),
      `${path}:11: models[2].quantization.algorithm is "entropi"; allowed: entropy, minmax, percentile (did you mean "entropy"?).`,
      `${path}:2: model is no key; did you mean "models"? Allowed here: version, models, search.`,
      `${path}:9: models[1].waivers[0].until is 2026-11-23, which is over (today is 2026-11-24); fix the cause, or renew the waiver with its reason.`,
      `${path}:8: models[1].path is "none/*.onnx", which matches no file; correct it or set allow-empty: true.`,
    ]);
  });

  it("never show the token", () => {
    expect(problemsOf("version: 3", { inputs: { "github-token": "ghs_secret", lane: "x" } }).join("\n")).not.toContain("ghs_secret");
  });

  it.each([
    ["a missing path", "version: 1\nmodels:\n  - name: x\n", "3: models[0].path is missing; write text"],
    ["NaN in a limit", oneModel("tolerance: {max-abs: {fail: .nan}}"), "4: models[0].tolerance.max-abs.fail is NaN; write a number"],
    [
      "infinity in a limit",
      oneModel("tolerance: {max-abs: {fail: .inf}}"),
      "4: models[0].tolerance.max-abs.fail is Infinity; write a number",
    ],
    ["a list for a block", oneModel("tolerance: [3]"), "4: models[0].tolerance is [3]; write a block of keys"],
    [
      "a limit without fail",
      oneModel("tolerance: {sqnr-db: {warn: 25}}"),
      "4: models[0].tolerance.sqnr-db.fail is missing; write a number",
    ],
    ["a tolerance without a metric", oneModel("tolerance: {}"), "4: models[0].tolerance names no metric"],
    [
      "a tensor pattern without a metric",
      oneModel("tolerance: {tensors: {a: {}}}"),
      "4: models[0].tolerance.tensors.a is {}; name at least one metric",
    ],
    ["score limits without a metric", oneModel("tolerance: {score: {}}"), "4: models[0].tolerance.score is {}; name at least one metric"],
    [
      "warn on the far side of fail, higher is better",
      oneModel("tolerance: {sqnr-db: {fail: 20, warn: 15}}"),
      "4: models[0].tolerance.sqnr-db.warn is 15 and would be reached only after fail (20)",
    ],
    [
      "warn on the far side of fail, lower is better",
      oneModel("tolerance: {max-abs: {fail: 0.1, warn: 0.2}}"),
      "4: models[0].tolerance.max-abs.warn is 0.2 and would be reached only after fail (0.1)",
    ],
    [
      "a late warn below a pattern",
      oneModel('tolerance: {tensors: {"l*": {cosine: {fail: 0.9, warn: 0.9}}}}'),
      '4: models[0].tolerance.tensors."l*".cosine.warn is 0.9',
    ],
    [
      "a share above 1",
      oneModel("tolerance: {top1-agreement: {fail: 95}}"),
      "4: models[0].tolerance.top1-agreement.fail is 95; it must be at most 1",
    ],
    [
      "two quantization sources",
      oneModel("quantization: {cache: a, qdq: b}"),
      "4: models[0].quantization has cache and qdq; give exactly one",
    ],
    [
      "a cache with a loader",
      oneModel("quantization: {cache: a, loader: b.py}"),
      "4: models[0].quantization has cache and loader; give exactly one",
    ],
    [
      "a quantization without a source",
      oneModel("quantization: {algorithm: minmax}"),
      "4: models[0].quantization has no source; give exactly one",
    ],
    [
      "two validation sources",
      oneModel("validation: {data: a, random: {}}"),
      "4: models[0].validation has data and random; give exactly one",
    ],
    ["a validation without a source", oneModel("validation: {max-samples: 3}"), "4: models[0].validation has no source; give exactly one"],
    ["no samples", oneModel("validation: {data: a, max-samples: 0}"), "4: models[0].validation.max-samples is 0; it must be at least 1"],
    [
      "a random range of nothing",
      oneModel("validation: {random: {low: 1, high: 1}}"),
      "4: models[0].validation.random goes from 1 to 1; write low < high",
    ],
    [
      "a waiver without a reason",
      oneModel("waivers: [{tensor: a, until: 2026-12-31}]"),
      "4: models[0].waivers[0].reason is missing; write text",
    ],
    [
      "a waiver with an empty reason",
      oneModel("waivers: [{tensor: a, reason: '', until: 2026-12-31}]"),
      '4: models[0].waivers[0].reason is ""; it must not be empty',
    ],
    [
      "a waiver until a day that is none",
      oneModel("waivers: [{tensor: a, reason: r, until: 2026-02-30}]"),
      '4: models[0].waivers[0].until is "2026-02-30"; write a day as in 2026-12-31',
    ],
    [
      "a waiver until a word",
      oneModel("waivers: [{tensor: a, reason: r, until: soon}]"),
      '4: models[0].waivers[0].until is "soon"; write a day as in 2026-12-31',
    ],
    [
      "a task that never gets the outputs",
      oneModel("task: {command: [python, eval.py], metric: accuracy, max-drop: 0}"),
      '4: models[0].task.command never mentions "{outputs}"',
    ],
    [
      "profile shapes of different rank",
      oneModel("shapes: {x: {min: [1], opt: [1, 2], max: [1, 2]}}"),
      "4: models[0].shapes.x min, opt and max have 1, 2 and 2 dimensions",
    ],
    [
      "profile shapes out of order",
      oneModel("shapes: {x: {min: [4], opt: [2], max: [8]}}"),
      "4: models[0].shapes.x min, opt and max are not in this order",
    ],
    ["a dimension of zero", oneModel("shapes: {x: [1, 0]}"), "4: models[0].shapes.x[1] is 0; it must be at least 1"],
    [
      "a path outside the workspace",
      oneModel("quantization: {cache: ../secret.cache}"),
      '4: models[0].quantization.cache is "../secret.cache", which leaves the workspace',
    ],
    [
      "an absolute path",
      oneModel("validation: {data: /etc/passwd}"),
      '4: models[0].validation.data is "/etc/passwd", which is an absolute path',
    ],
    [
      "a watch glob outside the workspace",
      oneModel("watch: [a/**, b/../../c]"),
      '4: models[0].watch[1] is "b/../../c", which leaves the workspace',
    ],
    [
      "a plugin library outside the workspace by a relative path",
      oneModel("tensorrt: {plugins: [/opt/libA.so, ../libB.so]}"),
      '4: models[0].tensorrt.plugins[1] is "../libB.so", which leaves the workspace',
    ],
  ])("names %s with its line", (_, text, expected) => {
    expect(problemsOf(text)).toEqual([expect.stringContaining(`${path}:${expected}`)]);
  });

  it("names a symbolic link, given directly or found by a glob", () => {
    const workspace = workspaceOf(files, ["models/cls.onnx", "cls.cache"]);
    expect(problemsOf("version: 1\nmodels:\n  - path: models/*.onnx\n    quantization: {cache: ./cls.cache}\n", { workspace })).toEqual([
      `${path}:3: models[0].path is "models/*.onnx", which matches "models/cls.onnx", which is a symbolic link; only plain files are read.`,
      `${path}:4: models[0].quantization.cache is "./cls.cache", which is a symbolic link; only plain files are read.`,
    ]);
  });

  it.each([
    ["a plan of the reference", "engine: {reference: plans/ref.plan}", "plans/ref.plan", "engine.reference"],
    ["a plan of the candidate", "engine: {candidate: plans/int8.plan}", "plans/int8.plan", "engine.candidate"],
    ["saved outputs", "reference: {outputs: saved/fp32.npz}", "saved/fp32.npz", "reference.outputs"],
    ["a name that reads as a glob too", 'engine: {candidate: "int8[1].plan"}', "int8[1].plan", "engine.candidate"],
  ])("refuses a symbolic link for %s", (_, line, link, key) => {
    expect(problemsOf(oneModel(line), { workspace: workspaceOf(files, [link]) })).toEqual([
      `${path}:4: models[0].${key} is "${link}", which is a symbolic link; only plain files are read.`,
    ]);
  });

  it.each([
    ["engine: {candidate: ../int8.plan}", "engine.candidate"],
    ["engine: {reference: a/../../ref.plan}", "engine.reference"],
    ["reference: {outputs: ../fp32.npz}", "reference.outputs"],
  ])("refuses %s, outside the workspace", (line, key) => {
    expect(problemsOf(oneModel(line))).toEqual([expect.stringMatching(new RegExp(`models\\[0\\]\\.${key} is .* leaves the workspace`))]);
  });

  it("keeps a waiver through its last day", () => {
    const text = oneModel("waivers: [{tensor: a, reason: r, until: 2026-11-24}]");
    expect(problemsOf(text)).toEqual([]);
    expect(problemsOf(text, { today: "2026-11-25" })).toHaveLength(1);
  });
});
