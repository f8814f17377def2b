import { describe, expect, it } from "vitest";
import { renderHtml } from "../../../src/report/html/page.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import { sampleModel, sampleReport } from "../../fakes/report.ts";

describe("the page", () => {
  it("stays under 3 MB with 5,000 layers of hostile names, and under 30 MB with 200 such models", () => {
    expect(renderHtml(hostileReport(5000)).length).toBeLessThan(3_000_000);
    const [model] = hostileReport(60).models;
    expect(renderHtml(hostileReport(0, 0)).length).toBeLessThan(100_000);
    expect(renderHtml(sampleReport({ models: Array.from({ length: 200 }, () => model ?? sampleModel()) })).length).toBeLessThan(30_000_000);
  });
});
