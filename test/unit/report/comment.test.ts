import { describe, expect, it } from "vitest";
import { renderAllClear, renderComment } from "../../../src/report/comment.ts";
import { commentMarker, parseState } from "../../../src/report/marker.ts";
import type { ModelReport } from "../../../src/report/schema.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import {
  passingModel,
  passReport,
  sampleLayer,
  sampleModel,
  sampleReport,
  sampleSearch,
  sampleTensor,
  sampleUnit,
  undecidedModel,
  undecidedReport,
} from "../../fakes/report.ts";
import { expectWhole } from "../../support/whole-markdown.ts";

const script = {
  model: "text-direction",
  fileName: "fix_precision.py",
  text: "DATA = 'eyJ4Ijoxfq=='\ndef postprocess(network):\n    pass\n",
  command: "polygraphy run model.onnx --trt --int8",
};
const options = { jobKey: "accuracy/check", fixScripts: [script], runUrl: "https://github.com/acme/vision/actions/runs/4242" };
const precise = (precision: string): ModelReport => {
  const model = passingModel();
  return { ...model, quantization: { ...model.quantization, precision } };
};
const lines = (text: string) => text.split("\n");

describe("pull-request comment", () => {
  it("starts with the marker of its job key and the state of its run", () => {
    const body = renderComment(sampleReport(), options);
    expect(lines(body)[0]).toBe(commentMarker("accuracy/check"));
    const state = { headSha: "8d3f1c0b5a6e7f8091a2b3c4d5e6f708192a3b4c", runId: "4242", runAttempt: 1 };
    expect(parseState(body)).toEqual({ ...state, told: "problem" });
    expect(parseState(renderAllClear(passReport(), options))).toEqual({ ...state, told: "clear" });
  });

  it("says why these models in brackets behind their number, and of a missed proof what was missed", () => {
    const missed = { state: "missed" as const, samples: 4, sqnrDb: 21.6, message: "Not proved." };
    const told = renderComment(sampleReport({ models: [sampleModel({ search: sampleSearch({ proof: missed }) })] }), options);
    expect(told).toContain("Checked 1 model (changed since 2b4c6d8).");
    expect(told).toContain("21.6 dB, limit missed on 4 samples");
  });

  it("leaves out what has nothing to say, and writes sentences as sentences", () => {
    const harm = [{ kind: "classification" as const, output: "y", message: "The best class flipped in sample 7." }];
    const told = renderComment(sampleReport({ models: [sampleModel({ search: null, fix: null, harm })] }), options);
    expect(told).not.toContain("(empty)");
    expect(told).toContain(" · The best class flipped in sample 7.");
    const early = renderComment(undecidedReport({ models: [undecidedModel({ laneWhy: "" })] }), options);
    expect(early).not.toContain("Compared:");
    expect(early).not.toContain("()");
  });

  it.each([
    ["regression", sampleReport(), "### ❌ Do not merge: INT8 lost accuracy in `text-direction`"],
    ["pass", passReport(), "### ✅ Safe to merge: INT8 accuracy of `text-direction` is within limits"],
    ["pass in FP8", passReport({ models: [precise("FP8")] }), "### ✅ Safe to merge: FP8 accuracy of `text-direction` is within limits"],
    [
      "pass in two precisions",
      passReport({ models: [precise("INT8"), precise("FP8")] }),
      "### ✅ Safe to merge: INT8 and FP8 accuracy of all 2 models is within limits",
    ],
    ["undecided", undecidedReport(), "### ⚠️ Not decided: `text-detection` could not be judged"],
    ["no changed model", passReport({ models: [] }), "### ✅ No model changed: nothing to compare"],
    [
      "removed models alone",
      passReport({ models: [sampleModel({ status: "removed" })] }),
      "### ✅ No model left to check: nothing to compare",
    ],
    ["cancelled behind the last model", undecidedReport({ models: [sampleModel()] }), "### ⚠️ Not decided: the run ended early"],
    ["nothing compared", undecidedReport({ models: [] }), "### ⚠️ Not decided: nothing was compared"],
  ])("answers in its first visible line whether to merge: %s", (_, report, headline) => {
    expect(lines(renderComment(report, options)).find((line) => line !== "" && !line.startsWith("<!--"))).toBe(headline);
  });

  it("shows each judged figure with limit and margin", () => {
    const body = renderComment(sampleReport(), options);
    expect(body).toContain("| `softmax_0.tmp_0` | SQNR | 18.4 dB | ≥ 20 dB | −1.58 dB | ❌ fail |");
    expect(body).toContain("| `softmax_0.tmp_0` | cosine | 0.9964 | ≥ 0.997 | −0.0006 | ❌ fail |");
  });

  it("shows the score where the score decided", () => {
    const output = sampleTensor({ decidedBy: { metric: "sqnrDb", of: "score", value: 8.91, limit: 10, margin: -1.09 } });
    expect(renderComment(sampleReport({ models: [sampleModel({ outputs: [output] })] }), options)).toContain(
      "| `softmax_0.tmp_0` | SQNR of the score | 8.9 dB | ≥ 10 dB | −1.09 dB | ❌ fail |",
    );
  });

  it("names the worst layers by injected error with accumulated error and distance to the limit", () => {
    const body = renderComment(sampleReport(), options);
    expect(body).toContain("| `p2o.Conv.7` `Conv` | `batch_norm_5.tmp_3` | 21.2 dB | 23.0 dB | +3.02 dB |");
    expect(body.indexOf("p2o.Conv.7` `Conv")).toBeLessThan(body.indexOf("p2o.Conv.2` `Conv"));
  });

  it("offers the script in one fence of its own with the exact command", () => {
    const body = renderComment(sampleReport(), options);
    expect(body).toContain(`\`\`\`python\n${script.text.trimEnd()}\n\`\`\``);
    expect(body).toContain(`\`\`\`sh\n${script.command}\n\`\`\``);
  });

  it("says what the fix keeps, what it reaches and how it was proven", () => {
    const body = renderComment(sampleReport(), options);
    expect(body).toContain("Keeping 2 of 54 units in float32");
    expect(body).toContain("| `softmax_0.tmp_0` | SQNR | 18.4 dB | 22.3 dB | ≥ 20 dB |");
    // The fix is no better than the figure that is nearest to its limit, whichever metric that is.
    expect(body).toContain("| `softmax_0.tmp_0` | cosine | 0.9964 | 0.9971 | ≥ 0.997 |");
    expect(body).toContain("Simulated; not verified on an engine.");
  });

  it("gives advice instead of a list where the error is diffuse", () => {
    const body = renderComment(
      sampleReport({
        models: [sampleModel({ search: sampleSearch({ outcome: "diffuse", keep: [], message: "No prefix passes." }), fix: null })],
      }),
      { ...options, fixScripts: [] },
    );
    expect(body).toContain("The error is diffuse");
    expect(body).toContain("percentile 99.999: simulated SQNR rises from 18.4 to 23.4 dB");
    expect(body).not.toContain("precision script");
  });

  it("compares with the base commit where it was measured", () => {
    const model = sampleModel({
      baseline: {
        commit: "2b4c6d8e",
        verdict: "pass",
        outputs: [sampleTensor({ metrics: { sqnrDb: 31.9, cosine: 0.9997 } })],
        message: "",
      },
    });
    const body = renderComment(sampleReport({ models: [model] }), options);
    expect(body).toContain("| Output | Metric | Value | Limit | Margin | Base | Result |");
    expect(body).toContain("| `softmax_0.tmp_0` | SQNR | 18.4 dB | ≥ 20 dB | −1.58 dB | 31.9 dB | ❌ fail |");
  });

  it("puts the most urgent model first and folds each of several", () => {
    const body = renderComment(sampleReport({ models: [passingModel({ name: "green" }), undecidedModel(), sampleModel()] }), options);
    const places = ["❌ <b>text-direction</b>", "⚠️ <b>text-detection</b>", "✅ <b>green</b>"].map((text) => body.indexOf(text));
    expect(places.every((place) => place > 0)).toBe(true);
    expect(places.toSorted((a, b) => a - b)).toEqual(places);
    expectWhole(body);
  });

  it("names the lane and why it was taken", () => {
    expect(renderComment(sampleReport(), options)).toContain(
      "Compared: INT8 simulated on the CPU against FP32 (auto: this machine has no NVIDIA GPU)",
    );
  });

  it("shows one script and names the other forms of the fix", () => {
    const other = { ...script, fileName: "trtexec.txt", text: "OTHER FORM" };
    const body = renderComment(sampleReport(), { ...options, fixScripts: [other, script] });
    expect(body).toContain("def postprocess(network):");
    expect(body).not.toContain("OTHER FORM");
    expect(body).toContain("In the artifact the same fix as `trtexec.txt`.");
  });

  it("says that a run which ended early is not complete", () => {
    expect(renderComment(sampleReport({ complete: false }), options)).toContain("this report is not complete");
  });

  it("names version and commit of the gate", () => {
    expect(renderComment(sampleReport(), options)).toContain("trt-gate 0.1.0 (1f0c2d9)");
  });

  it("uses its room: a comment of one model keeps the script and the details", () => {
    const layers = Array.from({ length: 5000 }, (_, i) => sampleLayer(i));
    const body = renderComment(sampleReport({ models: [sampleModel({ layers })] }), options);
    expect(body).toContain("Copy the precision script");
    expect(body).toContain("how it was measured");
  });

  it("turns into a short all-clear after a fix", () => {
    const body = renderAllClear(passReport(), options);
    expect(lines(body)[0]).toBe(commentMarker("accuracy/check"));
    expect(body).toContain("### ✅ Safe to merge");
    expect(body.length).toBeLessThan(1500);
  });
});

describe("the search's own figures", () => {
  it("let people choose: each telling point of the curve with its interval, and the command that makes its fix", () => {
    const comment = renderComment(sampleReport(), { jobKey: "k", fixScripts: [] });
    expect(comment).toContain("`trt-gate fix report.json --model text-direction --keep N`");
    expect(comment).toMatch(/\| +0 \| +−1\.58 dB \| −2\.90 dB \| SQNR 18\.42 dB of "softmax\\_0\.tmp\\_0", limit 20 dB \|/);
    expect(comment).toMatch(/\| +54 \| +identical \|/);
    // A prediction is told from a measurement.
    expect(comment).not.toMatch(/\| +about \+2\.87 dB/);
  });

  it("say the proof once, and on how many samples each side of the fix's table stands", () => {
    const model = sampleModel();
    const told = "Proved on 24 samples that nothing was searched on: SQNR 22.9 dB.";
    const search = sampleSearch({
      message: `Keeping 2 of 54 units meets the limits. ${told}`,
      proof: { state: "proved", samples: 24, message: told },
      samples: { all: 72, rank: 24, choose: 24, prove: 24, apart: true },
    });
    const fix = model.fix && { ...model.fix, verified: model.fix.verified && { ...model.fix.verified, message: `${told} (Simulated.)` } };
    const comment = renderComment(sampleReport({ models: [{ ...model, search, fix }] }), { jobKey: "k", fixScripts: [] });
    expect(comment.split("that nothing was searched on").length - 1).toBe(1);
    expect(comment).toContain("(Simulated.)");
    // Nothing was built, so nothing is said of latency.
    const simulated: ModelReport = { ...model, search, fix };
    delete simulated.latency;
    expect(renderComment(sampleReport({ models: [simulated] }), { jobKey: "k", fixScripts: [] })).not.toContain("(empty)");
    expect(comment).toContain("All INT8 (72 samples) | Keeping 2 of 54 units in float32 (24 samples) |");
  });

  it("say why the fix keeps other units than the worst layers", () => {
    const model = sampleModel();
    const worst = model.worst.map((layer, i) => ({
      ...layer,
      unit: i === 0 ? sampleUnit(51).unit : layer.unit,
      node: i === 0 ? "p2o.Conv.51" : layer.node,
    }));
    const comment = renderComment(sampleReport({ models: [{ ...model, worst }] }), { jobKey: "k", fixScripts: [] });
    expect(comment).toContain("quantised alone, p2o.Conv.7 leaves 21.4 dB (50 %) at the output, p2o.Conv.51 45.0 dB (under 1 %)");
  });

  it("say nothing of the kind where the worst layer is kept", () => {
    const model = sampleModel();
    const worst = model.worst.map((layer, i) => ({ ...layer, unit: i === 0 ? sampleUnit(7).unit : layer.unit }));
    const comment = renderComment(sampleReport({ models: [{ ...model, worst }] }), { jobKey: "k", fixScripts: [] });
    expect(comment).not.toContain("quantised alone");
  });

  it("stand beside injected and accumulated error of each worst layer that was tried", () => {
    const model = sampleModel();
    const worst = model.worst.map((layer) => ({ ...layer, outputSqnrDb: 30.1, outputShare: 0.123 }));
    const comment = renderComment(sampleReport({ models: [{ ...model, worst }] }), { jobKey: "k", fixScripts: [] });
    expect(comment).toContain("Alone, at the output");
    expect(comment).toContain("30.1 dB (12 %)");
  });
});

describe("the line of a model", () => {
  it("says figure, what to keep and what that gives, harm and latency, before anything else of it", () => {
    const body = renderComment(sampleReport(), { jobKey: "k", fixScripts: [] });
    const [line = ""] = body.split("\n").filter((text) => text.startsWith("- ❌ **`text-direction`**"));
    expect(line).toContain("`softmax_0.tmp_0` 18.4 dB (limit ≥ 20 dB)");
    expect(line).toContain(
      'keep `p2o.Conv.7` and `p2o.Conv.2`: SQNR 22.31 dB of "softmax\\_0.tmp\\_0", limit 20 dB (2.3 dB of error to spare, nine times of ten at least −0.4 dB), likely on 16 samples, not proved',
    );
    expect(body.indexOf(line)).toBeLessThan(body.indexOf("| Output"));
  });

  it("gives no margin beside the SQNR where the report does not say whose it is: it may be the cosine's", () => {
    const { proof, ...search } = sampleSearch();
    const before = sampleSearch({ ...search, proof: proof && { ...proof, nearest: undefined } });
    const body = renderComment(sampleReport({ models: [sampleModel({ search: before })] }), { jobKey: "k", fixScripts: [] });
    expect(body).toContain("keep `p2o.Conv.7` and `p2o.Conv.2`: 22.3 dB, likely on 16 samples, not proved");
  });

  it("is one for each model, whatever their names hold", () => {
    const body = renderComment(hostileReport(4), { jobKey: "k", fixScripts: [] });
    expect(body.split("\n").filter((text) => text.startsWith("- ❌ **")).length).toBeGreaterThan(0);
    expect(body).not.toMatch(/^- ❌ \*\*.*<script/m);
  });
});

it("calls kept units reviewed only where their file stands on the base as well", () => {
  const told = (committed: boolean, atBase?: "same" | "changed" | "none") => {
    const kept = {
      file: "cls.keep.json",
      precision: "float16" as const,
      units: [sampleUnit(7)],
      committed,
      atBase,
    };
    return renderComment(passReport({ models: [passingModel({ kept })] }), options);
  };
  expect(told(true, "same")).toContain("kept: 1 unit in float16, reviewed in `cls.keep.json`");
  for (const atBase of ["changed", "none", undefined] as const)
    expect(told(true, atBase)).toContain("kept by `cls.keep.json`: 1 unit in float16");
  expect(told(false, "none")).toContain("kept: 1 unit in float16, not committed yet: `cls.keep.json`");
});

it("shows of a pass the figure that decides, and a score that only warns as a warning", () => {
  const check = { of: "tensor" as const, metric: "sqnrDb", value: 31.9, limit: 20, margin: 11.9, marginDb: 11.9, level: "pass" as const };
  const warned = {
    of: "score" as const,
    metric: "cosine",
    value: 0.9795,
    limit: 0.997,
    margin: -0.0175,
    marginDb: -8.3,
    level: "warn" as const,
  };
  const output = sampleTensor({ level: "warn", checks: [warned, check] });
  const body = renderComment(passReport({ models: [passingModel({ outputs: [output] })] }), options);
  expect(body).toContain(
    "- ✅ **`text-direction`** · `softmax_0.tmp_0` 31.9 dB (limit ≥ 20 dB) · warns: `softmax_0.tmp_0` cosine of the score 0.9795 (limit ≥ 0.997)",
  );
});
