import { describe, expect, it } from "vitest";
import { width } from "../../../src/effects/wrapped.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { renderLogLine } from "../../../src/report/log-line.ts";
import type { Report } from "../../../src/report/schema.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import { passingModel, passReport, sampleModel, sampleReport, sampleSearch, sampleTensor, undecidedReport } from "../../fakes/report.ts";

describe("terminal table", () => {
  it("tells figures, worst layers, what to keep and what that gives, and the next command, in 80 columns", () => {
    const text = renderTerminal(sampleReport(), { ansi: false, folder: "trt-gate-report" });
    const lines = text.split("\n");
    expect(lines.slice(0, 6)).toEqual([
      "Do not merge: INT8 lost accuracy in text-direction",
      "Judged on: INT8 simulated by ONNX Runtime 1.30.0 on the CPU; no engine was",
      "built.",
      "Scales: calibration/cls.cache; samples: validation/cls.npz.",
      "",
      "Cause in text-direction: p2o.Conv.7 and p2o.Conv.2 likely lose the accuracy in",
    ]);
    const table = lines.findIndex((line) => line.startsWith("Output"));
    expect(lines.slice(table, table + 3)).toEqual([
      "Output           Metric    Value    Limit    Margin  Result",
      "softmax_0.tmp_0  SQNR    18.4 dB  ≥ 20 dB  −1.58 dB  fail",
      "softmax_0.tmp_0  cosine   0.9964  ≥ 0.997   −0.0006  fail",
    ]);
    for (const words of [
      "Adds most error itself",
      "Kept in float32: SQNR 22.31 dB",
      "Script: trt-gate-report/fix/",
      "Report: trt-gate-report/report.html",
    ])
      expect(text).toContain(words);
    expect(text.split("\n").filter((line) => width(line) > 80 && !/^(Next|Report| {2}Script):|^ {4}trt-gate fix /.test(line))).toEqual([]);
  });

  it("names the model in each sentence and fits 80 columns where there are several, whatever their names", () => {
    const long = "a-very-long-model-name/with/a/path/of-its-own-that-never-ends";
    const models = [sampleModel({ name: long }), sampleModel({ name: "b" })];
    const text = renderTerminal(sampleReport({ models }), { ansi: false, folder: "out" });
    expect(text.split("\n").filter((line) => width(line) > 80 && !/^(Next|Report| {2}Script):|^ {4}trt-gate fix /.test(line))).toEqual([]);
    expect(text).toMatch(/^b: /m);
    expect(text.match(/^Cause in /gm)).toHaveLength(2);
  });

  it("asks for the same command with a search where there was none, since it alone has the flags", () => {
    const report = sampleReport({ models: [sampleModel({ search: null, fix: null })] });
    expect(renderTerminal(report, { ansi: false, folder: "out" })).toContain("\nNext: the same command with --search on-regression\n");
  });

  it.each([
    ["no unit is quantised", { coverage: { ...sampleModel().coverage, quantizedUnits: 0 } }],
    ["the engine is slow, not wrong", { reason: "latency" }],
    ["saved outputs were compared", { lane: "saved" as const }],
  ])("asks for no search where there is nothing to find: %s", (_, more) => {
    const report = sampleReport({ models: [sampleModel({ search: null, fix: null, ...more })] });
    const text = renderTerminal(report, { ansi: false, folder: "out" });
    expect(text).not.toContain("--search");
    expect(text).not.toContain("Cause");
    expect(text).toContain("Report: out/report.html");
  });

  it("says nothing of a latency that nobody measured, and colours a warning as one", () => {
    const outputs = sampleModel().outputs.map((output) => ({
      ...output,
      checks: (output.checks ?? []).map((check) => ({ ...check, level: "warn" as const })),
    }));
    const text = renderTerminal(sampleReport({ models: [sampleModel({ outputs })] }), { ansi: true });
    expect(text).not.toContain("(empty)");
    expect(text).toMatch(/\u001b\[33msoftmax_0\.tmp_0 {2}SQNR .* warn\u001b/);
  });

  it("says that kept units were not measured where nothing tells what they give", () => {
    const search = sampleSearch({ heldOut: null, proof: undefined });
    const text = renderTerminal(sampleReport({ models: [sampleModel({ search, fix: null })] }), { ansi: false });
    expect(text).toContain("\n  What keeping that gives was not measured.");
    expect(renderTerminal(sampleReport(), { ansi: false })).toContain("\n  Kept in float32: SQNR 22.31 dB");
  });

  it("says what to do next of a model that is undecided, and of a pass with a caveat; nothing of a plain pass", () => {
    const next = (report: Report) =>
      renderTerminal(report, { ansi: false, folder: "out" })
        .replace(/\n +/g, " ")
        .match(/^Next: .*$/m)?.[0];
    // Whoever failed knows better what to do than the table of reasons does, and what it points at is there.
    expect(next(undecidedReport())).toBe("Next: text-detection: Read the last lines below, or run the command under “Reproduce”.");
    expect(renderTerminal(undecidedReport(), { ansi: false, folder: "out" })).toMatch(/\nThe tool's last lines\n {2}\S/);
    const measured = { ...sampleModel(), search: null, fix: null, advice: [], verdict: "undecided" as const, reason: "no-limits" };
    expect(next(sampleReport({ verdict: "undecided", models: [measured] }))).toBe("Next: text-direction: Set a limit in tolerance.");
    const caveats = [{ reason: "weak-evidence", message: "8 samples are fewer than 16." }];
    expect(next(passReport({ models: [passingModel({ caveats })] }))).toMatch(
      /^Next: text-direction: Give at least 16 distinct validation samples/,
    );
    const step = "Set `max-samples: 137` (it is 96), and give 137 validation samples or more.";
    const unsure = {
      ...measured,
      reason: "limit-in-interval",
      message: `Met on these 96 samples. ${step} Or set a limit that these can tell.`,
    };
    const shown = `Next: text-direction: ${step.replaceAll("`", "")}`;
    expect(next(sampleReport({ verdict: "undecided", models: [unsure] }))).toBe(shown);
    const doubted = [{ reason: "not-certain", message: `Met on these 96 samples. ${step}` }];
    expect(next(passReport({ models: [passingModel({ caveats: doubted })] }))).toBe(shown);
    expect(next(passReport())).toBeUndefined();
  });

  it("shows no table of what was not measured, and names a model once", () => {
    const failed = (name: string) =>
      sampleModel({
        name,
        verdict: "undecided",
        reason: "configuration",
        outputs: [],
        layers: [],
        worst: [],
        search: null,
        fix: null,
        message: `"${name}" has no samples. Add --validation FILE.`,
      });
    const told = (...names: string[]) =>
      renderTerminal(sampleReport({ verdict: "undecided", models: names.map(failed) }), { ansi: false, folder: "out" });
    expect(told("m")).not.toMatch(/Metric|–/);
    expect(told("m")).toContain('\n"m" has no samples. Add --validation FILE.\n\nNext: m: Add --validation FILE.\n');
    expect(told("a", "b")).not.toMatch(/Metric|–/);
    const other = renderTerminal(sampleReport({ models: [failed("m"), sampleModel()] }), { ansi: false });
    expect(other).toMatch(/\nm +– +– +– +– +undecided/);
  });

  it("gives a comment of a model that was not measured no table, and no details that are not there", () => {
    const failed = {
      verdict: "undecided" as const,
      reason: "configuration",
      outputs: [],
      layers: [],
      worst: [],
      search: null,
      fix: null,
      message: "Broken. Mend it.",
    };
    const comment = (...names: string[]) =>
      renderComment(sampleReport({ verdict: "undecided", models: names.map((name) => sampleModel({ ...failed, name })) }), {
        jobKey: "k",
        fixScripts: [],
      });
    expect(comment("m")).not.toMatch(/nothing compared|how it was measured/);
    expect(comment("m")).toContain("Broken. Mend it.");
    expect(comment("a", "b").match(/nothing compared/g)).toHaveLength(2);
    expect(renderComment(sampleReport(), { jobKey: "k", fixScripts: [] })).toContain("how it was measured");
  });

  it("cuts names no more than 80 columns ask for", () => {
    const outputs = [
      sampleTensor({
        tensor: "a_long_name_of_an_output",
        checks: [{ metric: "sqnrDb", of: "tensor", value: 18, limit: 20, margin: -2, level: "fail" }],
      }),
    ];
    const several = renderTerminal(sampleReport({ models: ["first", "second"].map((name) => sampleModel({ name, outputs })) }), {
      ansi: false,
    });
    expect(several).toMatch(/^first +a_long_name_of_an_output +SQNR /m);
    const wide = renderTerminal(sampleReport({ models: ["a", "b"].map((name) => sampleModel({ name: name.repeat(60), outputs })) }), {
      ansi: false,
    });
    expect(wide.split("\n").filter((line) => width(line) > 80)).toEqual([]);
  });

  it("differs on a terminal by colour only", () => {
    const plain = renderTerminal(sampleReport(), { ansi: false });
    const coloured = renderTerminal(sampleReport(), { ansi: true });
    expect(coloured).toContain("\u001b[31m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("shows no layers of a model that passes, and why one could not be judged", () => {
    expect(renderTerminal(passReport(), { ansi: false })).not.toContain("Adds most error");
    expect(renderTerminal(undecidedReport(), { ansi: false }).replace(/\n */g, " ")).toContain(
      "the builder ended with exit code 1 after 42 s",
    );
  });

  it("counts rows beyond its room", () => {
    expect(
      renderTerminal(sampleReport({ models: Array.from({ length: 30 }, () => sampleModel()) }), {
        ansi: false,
        layerRows: 0,
        outputRows: 10,
      }),
    ).toContain("…and 50 more rows in the report");
  });

  it("lets no name act on terminal or runner", () => {
    for (const line of renderTerminal(hostileReport(50), { ansi: false }).split("\n"))
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]|##\[|^\s*::/);
  });
});

describe("log line", () => {
  it("says verdict, figure, limit and cause in one line", () => {
    expect(renderLogLine(sampleReport())).toBe(
      "regression: Do not merge: INT8 lost accuracy in text-direction; softmax_0.tmp_0 SQNR 18.4 dB (limit ≥ 20 dB, margin −1.58 dB); cause: p2o.Conv.7 and p2o.Conv.2 likely lose the accuracy in INT8 (2 of 54 units).",
    );
  });
  it("ends with what to correct, by name, where the configuration is wrong", () => {
    const message = 'nhwc.npz: input "x" is missing; it holds "image". Save the array under the input\'s name.';
    const models = [sampleModel({ verdict: "undecided", reason: "configuration", message, search: null, fix: null, advice: [] })];
    const terminal = renderTerminal(sampleReport({ verdict: "undecided", models }), { ansi: false, folder: "out" });
    expect(terminal).toMatch(/\nNext: text-direction: Save the array under the input's name\.\n/);
  });

  it("says that no model changed", () => {
    expect(renderLogLine(passReport({ models: [] }))).toBe("pass: No model changed: nothing to compare");
  });
  it("stays one inert line for hostile names", () => {
    expect(renderLogLine(hostileReport(5))).not.toMatch(/[\u0000-\u001f]|##\[|^\s*::/);
  });
});
