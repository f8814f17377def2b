/** Runs of several models, and passes with something left to say: no model and no advice is passed over in any rendering. */
import { describe, expect, it } from "vitest";
import { width } from "../../../src/effects/wrapped.ts";
import { renderAllClear, renderComment } from "../../../src/report/comment.ts";
import { fittingMessage } from "../../../src/report/fitting-message.ts";
import type { ModelReport, Report } from "../../../src/report/schema.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import {
  passingModel,
  passReport,
  sampleFix,
  sampleModel,
  sampleReport,
  sampleTensor,
  sampleUnit,
  undecidedModel,
} from "../../fakes/report.ts";

const options = { jobKey: "k", fixScripts: [] };
const terminalOf = (report: Report) => renderTerminal(report, { ansi: false, folder: "out" });
const flat = (text: string) => text.replaceAll(/\s+/g, " ");

describe("a regression beside a model that could not be judged", () => {
  const report = sampleReport({
    models: [
      sampleModel(),
      undecidedModel({
        name: "cls",
        message: "cls.onnx is no valid ONNX file: 1689 bytes are announced and 1495 are left. Export it again.",
      }),
    ],
  });

  it("is said of both in the comment: in the headline, and one line a model", () => {
    const comment = renderComment(report, options);
    expect(comment).toContain("### ❌ Do not merge: INT8 lost accuracy in `text-direction`; `cls` could not be judged");
    expect(comment).toContain("- ⚠️ **`cls`** · not judged: cls.onnx is no valid ONNX file: 1689 bytes are announced and 1495 are left\n");
  });

  it("is said of both in the terminal", () => {
    const text = terminalOf(report);
    expect(flat(text)).toContain("Do not merge: INT8 lost accuracy in text-direction; cls could not be judged");
    expect(flat(text)).toContain("cls: cls.onnx is no valid ONNX file");
  });

  it("says of one with figures why it is not decided", () => {
    const open = passingModel({
      name: "cls",
      verdict: "undecided",
      reason: "limit-in-interval",
      message: "SQNR 20.1 dB: met on these 8 samples. Give more.",
    });
    expect(renderComment(sampleReport({ models: [sampleModel(), open] }), options)).toMatch(
      /^- ⚠️ \*\*`cls`\*\* · .* · not decided: SQNR 20\.1 dB: met on these 8 samples$/m,
    );
  });

  it("counts several", () => {
    const models = [sampleModel(), undecidedModel({ name: "a" }), undecidedModel({ name: "b" })];
    expect(renderComment(sampleReport({ models }), options)).toContain("; 2 more could not be judged");
  });

  it("says the reason of an only model once", () => {
    const comment = renderComment(sampleReport({ verdict: "undecided", models: [undecidedModel()] }), options);
    expect(comment).not.toContain("not judged:");
  });
});

describe("two regressions", () => {
  const withPatch = (name: string): ModelReport => {
    const fix = sampleFix();
    const command = `git apply out/fix/${name}/keep.patch`;
    return sampleModel({ name, fix: { ...fix, files: [{ format: "patch", path: `fix/${name}/keep.patch`, command, leftOut: [] }] } });
  };

  it("each have the command that adopts their fix", () => {
    const text = terminalOf(sampleReport({ models: [withPatch("a"), withPatch("b")] }));
    expect(text).toContain("\nNext: git apply out/fix/a/keep.patch\nAnd: git apply out/fix/b/keep.patch\n");
  });

  it("each have a file of their own where the fix is to be written by hand", () => {
    const unlisted = (name: string) => ({ ...withPatch(name), fix: { ...sampleFix(), files: [] } });
    const text = terminalOf(sampleReport({ models: [unlisted("team/a"), unlisted("b")] }));
    expect(text).toMatch(
      /\nNext: .* --model team\/a --format keep -o team-a\.keep\.json\nAnd: .* --model b --format keep -o b\.keep\.json\n/,
    );
  });
});

describe("the terminal", () => {
  const check = {
    of: "tensor" as const,
    metric: "sqnrDb",
    value: 18.4,
    limit: 20,
    margin: -1.6,
    marginDb: -1.6,
    level: "fail" as const,
    interval: { low: 17.9, high: 18.9, holdsLimit: false },
  };
  const harm = [
    { output: "softmax_0", kind: "classification" as const, samples: 8, message: "5 of 96 decisions change their best class." },
  ];

  it("says the interval of the figure that decides, its limit and the harm, of several models too, in 80 columns", () => {
    const model = (name: string) => sampleModel({ name, outputs: [sampleTensor({ checks: [check] })], harm });
    for (const models of [[model("a")], [model("a"), model("b")]]) {
      const text = terminalOf(sampleReport({ models }));
      expect(flat(text)).toContain(
        "a: softmax_0.tmp_0 18.4 dB (17.9 to 18.9 at 90 %, limit ≥ 20 dB). 5 of 96 decisions change their best class.",
      );
      expect(text.split("\n").filter((line) => width(line) > 80 && !/^(Next|And|Report| {2}Script):/.test(line))).toEqual([]);
    }
  });

  it("says no interval that reads as the figure itself", () => {
    const sure = {
      ...check,
      metric: "cosine",
      value: 0.99999,
      limit: 0.997,
      margin: 0.003,
      interval: { low: 0.99998, high: 0.999995, holdsLimit: false },
    };
    const text = terminalOf(passReport({ models: [passingModel({ outputs: [sampleTensor({ checks: [{ ...sure, level: "pass" }] })] })] }));
    expect(flat(text)).toContain("cosine 1.0000 (limit ≥ 0.997).");
  });
});

describe("a pass with advice", () => {
  const advice = [{ rule: "few-samples", text: "The scales come from 48 samples; 500 are asked for.", evidence: { samples: 48 } }];
  const model = passingModel({ advice });

  it("says no longer that there is nothing to do, and prints the first advice", () => {
    expect(fittingMessage({ ...model, message: "Within its limit. Nothing to do." })).toBe("Within its limit.");
    expect(fittingMessage({ ...model, advice: [], message: "Within its limit. Nothing to do." })).toBe("Within its limit. Nothing to do.");
    expect(terminalOf(passReport({ models: [model] }))).toContain(
      "\nNext: text-direction: The scales come from 48 samples; 500 are asked for.\n",
    );
  });
});

it("says in the green comment of a mended model what the kept units give, with interval and against the base", () => {
  const interval = { low: 31.2, high: 34.4, holdsLimit: false };
  const passing = {
    of: "tensor" as const,
    metric: "sqnrDb",
    value: 33.4,
    limit: 25,
    margin: 8.4,
    marginDb: 8.4,
    level: "pass" as const,
    interval,
  };
  const before = sampleTensor({ metrics: { sqnrDb: 5.5 } });
  const model = passingModel({
    outputs: [sampleTensor({ level: "pass", checks: [passing] })],
    kept: { file: "cls.keep.json", precision: "float16", units: [sampleUnit(7)], atBase: "same" },
    baseline: { commit: "2b4c6d8e0f1a", name: "main", source: "measured", verdict: "regression", outputs: [before], message: "" },
  });
  const clear = renderAllClear(passReport({ models: [model] }), options);
  expect(clear).toMatch(
    /^- ✅ \*\*`text-direction`\*\* · `softmax_0\.tmp_0` 33\.4 dB \(31\.2 to 34\.4 at 90 %, limit ≥ 25 dB\) · 27\.9 dB above main's 5\.5 dB · .*kept: 1 unit in float16, reviewed in `cls\.keep\.json`/m,
  );
});

it("says once what a pass by kept units leaves to do, and the harm that the model's line holds", () => {
  const text = "The scale of h is still 0.125 times the base's.";
  const advice = [{ rule: "moved-scales", text, evidence: { command: "git checkout a -- b" } }];
  const harm = [{ output: "y", kind: "classification" as const, samples: 8, message: "The best class is the same in all 8 decisions." }];
  const kept = { file: "cls.keep.json", precision: "float16" as const, units: [sampleUnit(7)] };
  const model = passingModel({ advice, harm, kept });
  const told = { ...model, message: fittingMessage({ ...model, message: "Within its limit. Nothing to do." }) };
  const report = passReport({ models: [told] });
  // Facts are folded.
  const [comment = ""] = renderComment(report, options).split("<details>");
  for (const rendered of [comment, terminalOf(report)]) {
    expect(flat(rendered).split("is still 0.125 times")).toHaveLength(2);
    expect(flat(rendered).split("the same in all 8 decisions")).toHaveLength(2);
  }
  const two = { ...told, harm: [...harm, { ...harm[0], output: "z", message: "Two of 8 differ." }] } as ModelReport;
  expect(renderComment(passReport({ models: [two] }), options)).toContain("**In the task's own terms**");
});

it("marks a pass with a caveat as the headline does, in its line and its fold", () => {
  const careful = passingModel({ name: "a", caveats: [{ reason: "no-baseline", message: "There is no base." }] });
  const comment = renderComment(passReport({ models: [careful, passingModel({ name: "b" })] }), options);
  expect(comment).toMatch(/^### ⚠️ /m);
  expect(comment).toMatch(/^- ⚠️ \*\*`a`\*\*.*\n- ✅ \*\*`b`\*\*/m);
  expect(comment).toContain("⚠️ <b>a</b>: pass");
});
