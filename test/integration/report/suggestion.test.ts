import fc from "fast-check";
import { micromark } from "micromark";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { withKeepLine } from "../../../src/config/keep-line.ts";
import { renderComment } from "../../../src/report/comment.ts";
import { suggestedModel, suggestionMarker } from "../../../src/report/marker.ts";
import { renderClosedSuggestion, renderSuggestion, suggestionsOf } from "../../../src/report/suggestion.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";
import { passingModel, sampleFix, sampleModel, sampleReport } from "../../fakes/report.ts";

const options = { jobKey: "ci/gate", state: { headSha: "a".repeat(40), runId: "20", runAttempt: 1 } };
const config = (path: string) => `models:\n  - name: m\n    path: ${path}\n`;

/** As the gate makes it for kept units of these names, in a report that proved the fix. */
function suggested(nodes: readonly string[], { name = "m", passes = true }: { name?: string; passes?: boolean } = {}) {
  const text = config("models/m.onnx");
  const edit = withKeepLine(text, { name: "m", path: "models/m.onnx" }, nodes);
  if (edit === undefined) throw new Error("no line of the configuration was found");
  const suggestion = {
    file: ".github/trt-gate.yml",
    line: edit.line,
    lines: [...edit.replacement],
    replaces: text.split("\n")[edit.line - 1] ?? "",
  };
  const { verified } = sampleFix();
  const fix = sampleFix({ suggestion, verified: verified && { ...verified, passes } });
  return suggestionsOf(sampleReport({ models: [sampleModel({ name, fix })] }));
}

/** Contents of the code blocks that a Markdown parser sees, by their language. */
function blocksOf(body: string): { language: string; text: string }[] {
  const decode = (html: string) =>
    html.replace(/&(lt|gt|quot|amp);/g, (_, name: string) => ({ lt: "<", gt: ">", quot: '"', amp: "&" })[name] ?? "");
  return [...micromark(body).matchAll(/<pre><code(?: class="language-(\w+)")?>([\s\S]*?)\n<\/code><\/pre>/g)].map(
    ([, language = "", text = ""]) => ({
      language,
      text: decode(text),
    }),
  );
}

describe("the fix as a suggestion", () => {
  it("is the configuration's line and the one that keeps the units, to commit as they are", () => {
    const [suggestion] = suggested(["c2"]);
    if (suggestion === undefined) throw new Error("nothing was suggested");
    const body = renderSuggestion(suggestion, options);
    expect(body).toContain("```suggestion\n    path: models/m.onnx\n    keep: [c2]\n```");
    expect(suggestedModel(body, "ci/gate")).toBe("m");
    expect(suggestedModel(body, "ci/other")).toBeUndefined();
  });

  it("cannot be broken out of by any name: one block, which YAML reads as those very names", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.oneof(
            fc.string({ unit: "binary" }),
            fc.constantFrom(...hostileNames, "```", "~~~\n```suggestion", "x]\nloader: evil.py", "````"),
          ),
        ),
        fc.string(),
        (nodes, name) => {
          for (const suggestion of suggested(nodes, { name })) {
            const blocks = blocksOf(renderSuggestion(suggestion, options));
            expect(blocks).toEqual([{ language: "suggestion", text: suggestion.lines.join("\n") }]);
            expect(parse(`models:\n  - name: m\n${suggestion.lines.join("\n")}\n`)).toEqual({
              models: [{ name: "m", path: "models/m.onnx", keep: nodes }],
            });
          }
        },
      ),
    );
  });

  it.each([
    ["a name that turns the order of letters", "\u202egnp.exe"],
    ["a zero-width space", "Conv\u200b7"],
    ["a line separator", "a\u2028b"],
    ["more than fits a line", "n".repeat(1001)],
  ])("is not offered for %s: it could not be read as what it is", (_, name) => {
    expect(suggested([name])).toEqual([]);
  });

  it("is offered for a proved fix of a regression only", () => {
    expect(suggested(["c2"], { passes: false })).toEqual([]);
    const { suggestion } = { suggestion: suggested(["c2"])[0] };
    const fix = sampleFix({ suggestion: { file: "f", line: 3, lines: [...(suggestion?.lines ?? [])], replaces: suggestion?.replaces } });
    expect(suggestionsOf(sampleReport({ models: [passingModel({ fix })] }))).toEqual([]);
    expect(suggestionsOf(sampleReport({ models: [sampleModel({ fix })] }))).toHaveLength(1);
  });

  it.each([
    [["    path: models/m.onnx", "    loader: evil.py"], "    path: models/m.onnx"],
    [["    path: models/other.onnx", "    keep: [c2]"], "    path: models/m.onnx"],
    [["    keep: [c2]"], "    path: models/m.onnx"],
    [["    path: models/m.onnx", "    keep: [c2]", "    keep: [c3]"], "    path: models/m.onnx"],
    [["    path: models/m.onnx", "    keep: [c2]\n    loader: evil.py]"], "    path: models/m.onnx"],
    [["    path: models/m.onnx", "    keep: [c2]"], undefined],
  ])("is nothing but a keep line: not %j in place of %j", (lines, replaces) => {
    const fix = sampleFix({ suggestion: { file: "f", line: 3, lines, ...(replaces === undefined ? {} : { replaces }) } });
    expect(suggestionsOf(sampleReport({ models: [sampleModel({ fix })] }))).toEqual([]);
  });

  it("loses its button once there is nothing to commit", () => {
    const kept = { file: ".github/trt-gate.yml", precision: "float16" as const, units: [] };
    const body = renderClosedSuggestion(passingModel({ kept }), "m", options);
    expect(body).toContain("passes at aaaaaaa with the units kept that .github/trt-gate.yml names");
    expect(blocksOf(body)).toEqual([]);
    expect(renderClosedSuggestion(undefined, "m", options)).toContain("has no such suggestion any more");
    expect(suggestedModel(body, "ci/gate")).toBe("m");
  });

  it("has a marker that is one HTML comment and gives back the model's name", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary" }), fc.string({ unit: "binary" }), (key, name) => {
        const marker = suggestionMarker(key, name);
        expect(marker).toMatch(/^<!-- trt-gate-suggestion v1 key=(?!.*--.* -->)[\w./%-]* model=[\w./%-]* -->$/);
        expect(suggestedModel(`${marker}\nrest`, key)).toBe(name.toWellFormed());
      }),
    );
    expect(suggestedModel("<!-- trt-gate-suggestion v1 key=a model=%FF -->", "a")).toBeUndefined();
  });
});

describe("the comment beside a suggestion", () => {
  const files = [{ format: "patch", path: "fix/keep.patch", command: "git apply --index r/fix/keep.patch", leftOut: [] }];
  const report = sampleReport({ models: [sampleModel({ fix: sampleFix({ files }) })] });
  const comment = (place: { url: string } | { why: string }) =>
    renderComment(report, { jobKey: "k", fixScripts: [], suggestions: new Map([["text-direction", place]]) });

  it("leads to it", () => {
    expect(comment({ url: "https://github.com/o/r/pull/7#discussion_r1" })).toContain(
      "Or commit the [suggestion on the configuration’s line](https://github.com/o/r/pull/7#discussion_r1) by one click.",
    );
  });

  it("says why there is none, and that the patch does the same", () => {
    expect(comment({ why: "line 3 of a_b.yml is not part of this change" })).toContain(
      "There is no suggestion to commit by one click: line 3 of a\\_b.yml is not part of this change. The patch does the same.",
    );
  });
});
