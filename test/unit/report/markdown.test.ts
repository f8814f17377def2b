import { describe, expect, it } from "vitest";
import { code, copyBlock, details, escapeMarkdown, htmlWords, link, quoteBlock, table } from "../../../src/report/markdown.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";

/** What GitHub would act on: HTML of foreign making, mentions, references, entities that become mentions, links. */
const activeHtml = /<(?!\/?code>)[!/?a-z]/i;
const references = /@[\w]|#\d|GH-\d|&(?!#\d+;|amp;|lt;|gt;)[#\w]+;|https?:\/\//;

describe("foreign text in Markdown", () => {
  it.each(hostileNames)("writes %j as code that nothing acts on", (name) => {
    const shown = code(name);
    const inner = /^<code>(.*)<\/code>$/s.exec(shown)?.[1] ?? shown.slice(1, -1);
    expect(shown).toMatch(/^(`[^`\n|\\]+`|<code>[^`\n|\\<>*[\]]+<\/code>)$/);
    expect(inner).not.toMatch(/<[!/?a-z]/i);
    expect(inner.replace(/&#\d+;/g, "")).not.toMatch(references);
  });

  it.each(hostileNames)("writes %j as prose that nothing acts on", (name) => {
    const shown = escapeMarkdown(name);
    expect(shown).not.toMatch(activeHtml);
    expect(shown).not.toMatch(references);
    expect(shown).not.toMatch(/(?<!\\)(?:\\\\)*[`*_[\]|~$]/);
    expect(shown).not.toMatch(/^([-+=#>]|\d+[.)]\s)/);
    expect(shown).not.toContain("\n");
  });

  it.each(hostileNames)("keeps a table of its width with %j in each cell", (name) => {
    const text = table(["a", "b"], [[code(name), escapeMarkdown(name)]]);
    const row = text.split("\n")[2] ?? "";
    expect(text.split("\n")).toHaveLength(3);
    expect(row.replace(/\\\\|\\\|/g, "").match(/\|/g)).toHaveLength(3);
  });

  it.each(hostileNames)("leaves no markup of %j in a summary line", (name) => {
    expect(htmlWords(name)).not.toMatch(/[<>"'`|]/);
  });

  it("makes a fence longer than any run of backticks inside", () => {
    expect(copyBlock("a\n```\nb\n`````", "python")).toBe("``````python\na\n```\nb\n`````\n``````");
    expect(quoteBlock(["````js"]).startsWith("`````text\n")).toBe(true);
  });

  it("keeps a script to copy byte for byte, but drops characters that hide what it does", () => {
    expect(copyBlock("@decorator\n\tx = '#1' # \u202e ##[y]\n", "python")).toBe("```python\n@decorator\n\tx = '#1' #  ##[y]\n```");
  });

  it("cuts a name of 10,000 characters in the middle to 200", () => {
    expect(code(`a${"n".repeat(10_000)}z`)).toBe(`\`a${"n".repeat(99)}…${"n".repeat(98)}z\``);
  });

  it("links plain http addresses only", () => {
    expect(link("run", "https://github.com/o/r/actions/runs/1")).toBe("[run](https://github.com/o/r/actions/runs/1)");
    for (const url of ["javascript:alert(1)", "https://x/)[y](z", "https://x/ y", undefined]) expect(link("run", url)).toBe("run");
  });

  it("writes no fold around nothing", () => {
    expect(details("x", "  ")).toBe("");
  });
});
