/** What GitHub would make of a hostile report, by a real Markdown parser with GitHub's extensions: no tag, link or image that is not ours. */
import { micromark } from "micromark";
import { gfm, gfmHtml } from "micromark-extension-gfm";
import { describe, expect, it } from "vitest";
import { renderComment } from "../../../src/report/comment.ts";
import { renderSummary } from "../../../src/report/summary.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";

const runUrl = "https://example.invalid/run/1";
const toHtml = (markdown: string) => micromark(markdown, { extensions: [gfm()], htmlExtensions: [gfmHtml()], allowDangerousHtml: true });
const ours = new Set("p h3 h4 strong em code pre table thead tbody tr th td ul ol li details summary sub br a b blockquote".split(" "));

function foreign(markdown: string): string[] {
  const html = toHtml(markdown).replaceAll(/<!-- trt-gate[^>]* -->/g, "");
  const tags = [...html.matchAll(/<\/?([a-zA-Z!][^\s>/]*)/g)].map(([, name = ""]) => name.toLowerCase());
  const links = [...html.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, target = ""]) => target);
  return [...tags.filter((tag) => !ours.has(tag)), ...links.filter((target) => !target.startsWith(runUrl)), ...mentions(html)];
}

/** GitHub reads mentions and issue numbers after parsing, outside code. */
function mentions(html: string): string[] {
  const text = html.replaceAll(/<(code|pre)[^>]*>[\s\S]*?<\/\1>/g, "").replaceAll(/<[^>]+>/g, " ");
  return [...text.matchAll(/(?:^|[^\w`&])(@[A-Za-z0-9][\w-]*|#\d+|GH-\d+)/g)].map(([, found = ""]) => found);
}

describe("a hostile report under a Markdown parser", () => {
  it("would be caught: the check sees tags, links and mentions", () => {
    const hostile = '<img src="x">\n\n[x](https://evil.invalid) @org/team see #1';
    expect(foreign(hostile)).toEqual(expect.arrayContaining(["img", "x", "https://evil.invalid", "@org", "#1"]));
  });

  it.each([
    [1, 3],
    [40, 2],
    [300, 4],
  ])("holds nothing active with %i layers in %i models", (layers, models) => {
    const report = hostileReport(layers, models);
    const options = { runUrl, artifactUrl: `${runUrl}/artifacts/2`, fixScripts: [] };
    expect(foreign(renderComment(report, { ...options, jobKey: "k" }))).toEqual([]);
    expect(foreign(renderSummary(report, options))).toEqual([]);
  });
});
