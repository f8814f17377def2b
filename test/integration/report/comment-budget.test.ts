/** The comment's size, with the largest reports and the worst names. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { commentBudget, renderComment } from "../../../src/report/comment.ts";
import { commentMarker } from "../../../src/report/marker.ts";
import { hostileReport, hostileScripts } from "../../fakes/hostile-report.ts";
import { expectWhole } from "../../support/whole-markdown.ts";

const lines = (text: string) => text.split("\n");
const bytes = (text: string) => new TextEncoder().encode(text).length;

describe("a comment", () => {
  it("stays within any budget with any number of layers and models, whole, with marker, verdict and table head", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 300 }),
        fc.integer({ min: 1, max: 12 }),
        fc.integer({ min: 2500, max: commentBudget }),
        (layerCount, modelCount, budget) => {
          const report = hostileReport(layerCount, modelCount);
          const body = renderComment(report, { jobKey: "k", fixScripts: hostileScripts(report), budget });
          expect(Math.max(body.length, bytes(body))).toBeLessThanOrEqual(budget);
          expect(lines(body)[0]).toBe(commentMarker("k"));
          expect(body).toMatch(/^### ❌ Do not merge/m);
          expect(body).toMatch(/\| Output \| Metric \|.*\n\| ?:?-/);
          expectWhole(body);
        },
      ),
      { numRuns: 40 },
    );
  });

  it("holds its limits with 5,000 failing layers of 200-character hostile names", () => {
    const report = hostileReport(5000);
    const body = renderComment(report, { jobKey: "k", fixScripts: hostileScripts(report) });
    expect(Math.max(body.length, bytes(body))).toBeLessThanOrEqual(commentBudget);
    expect(outsideFences(body)).not.toMatch(/<script|<img|@org|javascript:alert\(1\)\)|<!-- trt-gate v1 -->/);
    expectWhole(body);
  });
});

/** What GitHub reads as Markdown: the text without fenced blocks. */
function outsideFences(text: string): string {
  let fence = "";
  return lines(text)
    .filter((line) => {
      const run = /^(`{3,})/.exec(line)?.[1];
      if (fence === "" && run) fence = run;
      else if (fence !== "" && line === fence) fence = "";
      else return fence === "";
      return false;
    })
    .join("\n");
}
