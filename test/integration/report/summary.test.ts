import { describe, expect, it } from "vitest";
import { renderSummary, summaryBudgetBytes } from "../../../src/report/summary.ts";
import { hostileReport, hostileScripts } from "../../fakes/hostile-report.ts";
import { sampleReport } from "../../fakes/report.ts";

describe("job summary", () => {
  it("is the comment's text without its marker", () => {
    const text = renderSummary(sampleReport(), { fixScripts: [] });
    expect(text.startsWith("### ❌ Do not merge")).toBe(true);
    expect(text).not.toContain("<!--");
  });

  it.each([
    [5000, 1],
    [200, 60],
    [20, 400],
  ])("stays under 900 KiB in bytes with %i layers in each of %i models", (layers, models) => {
    const report = hostileReport(layers, models);
    const text = renderSummary(report, { fixScripts: hostileScripts(report) });
    expect(new TextEncoder().encode(text).length).toBeLessThanOrEqual(summaryBudgetBytes + 1);
    expect(text).toMatch(/^### ❌ Do not merge/);
    expect(text).toMatch(/Output \| Metric/);
  });

  it("has more room than the comment", () => {
    expect(renderSummary(hostileReport(100), { fixScripts: [] }).length).toBeGreaterThan(60_000);
  });
});
