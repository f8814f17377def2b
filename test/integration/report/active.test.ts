/** What GitHub would make of a hostile report, by a real Markdown parser with GitHub's extensions: no tag, link or image that is not ours. */
import { describe, expect, it } from "vitest";
import { renderComment } from "../../../src/report/comment.ts";
import { renderSummary } from "../../../src/report/summary.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import { foreign } from "../../fakes/markdown-oracle.ts";

const runUrl = "https://example.invalid/run/1";

describe("a hostile report under a Markdown parser", () => {
  it("would be caught: the check sees tags, links and mentions", () => {
    const hostile = '<img src="x">\n\n[x](https://evil.invalid) @org/team see #1';
    expect(foreign(hostile, runUrl)).toEqual(expect.arrayContaining(["img", "x", "https://evil.invalid", "@org", "#1"]));
  });

  it.each([
    [1, 3],
    [40, 2],
    [300, 4],
  ])("holds nothing active with %i layers in %i models", (layers, models) => {
    const report = hostileReport(layers, models);
    const options = { runUrl, artifactUrl: `${runUrl}/artifacts/2`, fixScripts: [] };
    expect(foreign(renderComment(report, { ...options, jobKey: "k" }), runUrl)).toEqual([]);
    expect(foreign(renderSummary(report, options), runUrl)).toEqual([]);
  });
});
