import { describe, expect, it } from "vitest";
import { withCaveats } from "../../../src/gate/caveats.ts";
import { annotations } from "../../../src/report/annotations.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { renderHtml } from "../../../src/report/html/page.ts";
import { renderLogLine } from "../../../src/report/log-line.ts";
import type { Report } from "../../../src/report/schema.ts";
import { renderTerminal } from "../../../src/report/terminal.ts";
import { passReport } from "../../fakes/report.ts";

const message = "The weights of 'conv' are stored as integers. Give the float model.";
const withCaveat = (report: Report): Report => ({
  ...report,
  models: report.models.map((model) => ({
    ...model,
    message: `${model.message} Caveat (weight-error-unseen): ${message}`,
    caveats: [{ reason: "weight-error-unseen", message }],
  })),
});
const renderings: readonly [string, (report: Report) => string][] = [
  ["comment", (report) => renderComment(report, { jobKey: "a/b", fixScripts: [] } as never)],
  ["page", renderHtml],
  ["log line", renderLogLine],
  ["terminal", (report) => renderTerminal(report, { ansi: false }).replaceAll(/\n */g, " ")],
];

describe("a pass with a caveat", () => {
  it.each(renderings)("is never called safe to merge in the %s, and a pass without one is", (_, render) => {
    const report = passReport();
    expect(render(report)).toContain("Safe to merge");
    expect(render(withCaveat(report))).not.toContain("Safe to merge");
    expect(render(withCaveat(report))).toContain("not proven safe");
  });

  it.each(renderings)("leads in the %s with a model that TensorRT refuses, whatever else is unknown", (_, render) => {
    const report = passReport();
    const models = report.models.map((model) => ({
      ...model,
      caveats: ["weight-error-unseen", "not-for-tensorrt"].map((reason) => ({ reason, message })),
    }));
    expect(render({ ...report, models })).toMatch(/Within limits, but TensorRT refuses /);
  });

  it("is called uncertain where the limit inside its interval is all there is to say", () => {
    const unsure = (report: Report, more: string[] = []): Report => ({
      ...report,
      models: report.models.map((model) => ({ ...model, caveats: ["not-certain", ...more].map((reason) => ({ reason, message })) })),
    });
    for (const [, render] of renderings) {
      expect(render(unsure(passReport()))).toContain("Passes, but not certain");
      expect(render(unsure(passReport()))).not.toContain("Safe to merge");
      expect(render(unsure(passReport(), ["weak-evidence"]))).toContain("not proven safe");
    }
  });

  it("names its model in the terminal", () => {
    const [{ name } = { name: "" }] = passReport().models;
    expect(renderTerminal(withCaveat(passReport()), { ansi: false })).toContain(`${name} (weight-error-unseen): The weights`);
  });

  it("takes the place of 'nothing to do'", () => {
    const pass = { kind: "pass", reason: "within-limits", message: "20.6 dB, within its limit. Nothing to do." } as never;
    expect(withCaveats(pass, []).message).toBe("20.6 dB, within its limit. Nothing to do.");
    expect(withCaveats(pass, [{ reason: "weak-evidence", message: "Give more." }]).message).toBe(
      "20.6 dB, within its limit. Caveat (weak-evidence): Give more.",
    );
  });

  it("stands with its sentence in the comment, on the page, in the terminal and among the annotations", () => {
    const report = withCaveat(passReport());
    for (const [, render] of renderings.filter(([name]) => name !== "log line"))
      expect(render(report).replaceAll(/[^\w ]/g, "")).toContain("are stored as integers Give the float model");
    expect(annotations(report)).toContainEqual(expect.objectContaining({ level: "warning", message: `weight-error-unseen: ${message}` }));
  });
});
