import { describe, expect, it } from "vitest";
import { readYaml } from "../../../src/config/yaml.ts";
import { oneModel, path, problemsOf, settleYaml } from "./settle-samples.ts";

describe("text that is no configuration", () => {
  it.each([
    ["a duplicate key", "version: 1\nmodels: []\nversion: 1\n", `${path}:3: the key version stands here a second time; keep one of them.`],
    ["a tab as indentation", "version: 1\nmodels:\n\t- path: a\n", `${path}:3: Tabs are not allowed as indentation; use spaces.`],
    ["several documents", "version: 1\n---\nversion: 1\n", `${path}:2: the file holds several documents; keep one.`],
    ["an unknown tag", "version: !!js/function 1\n", `${path}:1: Unresolved tag`],
    ["an alias without its anchor", "version: 1\nmodels: *all\n", `${path}:1: aliases cannot be expanded (Unresolved alias`],
    ["an empty file", "", `${path}:1: the file is empty; write at least version: 1 and models:.`],
    ["only a comment", "# nothing\n", `${path}:1: the file is empty`],
    ["a single word", "hello\n", `${path}:1: the file is "hello"; write a block of keys.`],
    [
      "a file of 5 MB",
      `version: 1\n#${"x".repeat(5_000_000)}`,
      `${path}:1: the file has 5000012 characters; a configuration has at most 1000000.`,
    ],
    ["a value that holds itself", "version: 1\nmodels: &a [*a]\n", `${path}:1: aliases cannot be expanded`],
  ])("refuses %s", (_, text, expected) => {
    expect(problemsOf(text)[0]).toContain(expected);
  });

  it("refuses an alias bomb before it expands", () => {
    const levels = Array.from({ length: 9 }, (_, n) => `a${n + 1}: &a${n + 1} [${Array(9).fill(`*a${n}`).join(", ")}]`);
    const problems = problemsOf(["version: 1", "a0: &a0 [x, x, x, x, x, x, x, x, x]", ...levels].join("\n"));
    expect(problems).toEqual([expect.stringContaining("aliases cannot be expanded")]);
  });
});

it("expands a few aliases", () => {
  const text = `version: 1\nmodels:\n  - {path: models/cls.onnx, shapes: &s {x: [1, 3]}}\n  - {path: models/det.onnx, shapes: *s}\n`;
  expect(settleYaml(text).models.map(({ shapes }) => shapes.get("x")?.opt)).toEqual([
    [1, 3],
    [1, 3],
  ]);
});

describe("lines", () => {
  const { lineOf } = readYaml("version: 1\nmodels:\n  - path: a\n    shapes: &s\n      x: [1,\n        2]\n  - path: b\n    shapes: *s\n");

  it("are those of keys and entries, also behind an alias", () => {
    expect(
      [
        [],
        ["version"],
        ["models"],
        ["models", 0],
        ["models", 0, "shapes", "x"],
        ["models", 0, "shapes", "x", 1],
        ["models", 1],
        ["models", 1, "shapes", "x"],
      ].map((key) => lineOf(key)),
    ).toEqual([1, 1, 2, 3, 5, 6, 7, 5]);
  });

  it("are those of the nearest parent where a key is missing", () => {
    expect(lineOf(["models", 1, "path", "x"])).toBe(7);
    expect(lineOf(["models", 9, "path"])).toBe(2);
  });
});

it("quotes what is no plain word in a key", () => {
  expect(problemsOf(oneModel('"a\\nb": 1'))[0]).toContain('models[0]."a\\nb" is no key');
});
