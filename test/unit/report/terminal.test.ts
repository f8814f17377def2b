import { describe, expect, it } from "vitest";
import { renderLogLine } from "../../../src/report/log-line.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import { passReport, sampleModel, sampleReport, undecidedReport } from "../../fakes/report.ts";

describe("terminal table", () => {
  it("shows model, output, metric, value, limit, margin and result in aligned columns", () => {
    expect(renderTerminal(sampleReport(), { ansi: false })).toBe(
      [
        "Do not merge: INT8 lost accuracy in text-direction",
        "",
        "Model           Output           Metric    Value    Limit    Margin  Result",
        "text-direction  softmax_0.tmp_0  SQNR    18.4 dB  ≥ 20 dB  −1.58 dB  fail",
        "text-direction  softmax_0.tmp_0  cosine   0.9964  ≥ 0.997   −0.0006  fail",
        "",
        "Worst layers of text-direction  Operator  Injected  Accumulated",
        "p2o.Conv.7                      Conv       21.2 dB      23.0 dB",
        "p2o.Conv.2                      Conv       24.8 dB      25.3 dB",
        "p2o.Conv.12                     Conv       29.4 dB      23.3 dB",
        "p2o.Conv.21                     Conv       30.6 dB      21.4 dB",
        "p2o.MatMul.0                    MatMul     33.8 dB      19.9 dB",
      ].join("\n"),
    );
  });

  it("differs on a terminal by colour only", () => {
    const plain = renderTerminal(sampleReport(), { ansi: false });
    const coloured = renderTerminal(sampleReport(), { ansi: true });
    expect(coloured).toContain("\u001b[31m");
    expect(coloured.replace(/\u001b\[\d+m/g, "")).toBe(plain);
  });

  it("shows no layers of a model that passes, and why one could not be judged", () => {
    expect(renderTerminal(passReport(), { ansi: false })).not.toContain("Worst layers");
    expect(renderTerminal(undecidedReport(), { ansi: false })).toContain("the builder ended with exit code 1 after 42 s");
  });

  it("counts rows beyond its room", () => {
    expect(
      renderTerminal(sampleReport({ models: Array.from({ length: 30 }, () => sampleModel()) }), {
        ansi: false,
        layerRows: 0,
        outputRows: 10,
      }),
    ).toContain("…and 50 more in the report");
  });

  it("lets no name act on terminal or runner", () => {
    for (const line of renderTerminal(hostileReport(50), { ansi: false }).split("\n"))
      expect(line).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202a-\u202e]|##\[|^\s*::/);
  });
});

describe("log line", () => {
  it("says verdict, figure, limit and worst layer in one line", () => {
    expect(renderLogLine(sampleReport())).toBe(
      "regression: Do not merge: INT8 lost accuracy in text-direction; softmax_0.tmp_0 SQNR 18.4 dB (limit ≥ 20 dB, margin −1.58 dB); worst layer p2o.Conv.7, injected 21.2 dB",
    );
  });
  it("says that no model changed", () => {
    expect(renderLogLine(passReport({ models: [] }))).toBe("pass: Safe to merge: no model changed");
  });
  it("stays one inert line for hostile names", () => {
    expect(renderLogLine(hostileReport(5))).not.toMatch(/[\u0000-\u001f]|##\[|^\s*::/);
  });
});
