import { describe, expect, it } from "vitest";
import { fromNum, reportSchema, toNum } from "../../../src/report/schema.ts";
import { passReport, sampleReport, undecidedReport } from "../../fakes/report.ts";

describe("report schema", () => {
  it.each([
    ["regression", sampleReport()],
    ["pass", passReport()],
    ["undecided", undecidedReport()],
  ])("accepts the sample %s report after a trip through JSON", (_, report) => {
    expect(reportSchema.parse(JSON.parse(JSON.stringify(report)))).toEqual(report);
  });

  it("refuses a report of another schema version", () => {
    expect(reportSchema.safeParse({ ...sampleReport(), schemaVersion: 2 }).success).toBe(false);
  });

  it("writes numbers that JSON cannot hold as words and reads them back", () => {
    expect([Infinity, -Infinity, NaN, 18.4, -0].map(toNum)).toEqual(["Infinity", "-Infinity", "NaN", 18.4, -0]);
    expect((["Infinity", "-Infinity", "NaN"] as const).map(fromNum)).toEqual([Infinity, -Infinity, NaN]);
  });
});
