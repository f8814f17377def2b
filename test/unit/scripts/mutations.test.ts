/** The mutations that `npm run test:mutations` tries still fit the code. They are not tried here. */
import { readFileSync } from "node:fs";
import { parseSync } from "@swc/core";
import { describe, expect, it } from "vitest";
import { applyEdits } from "../../../scripts/mutation-edits.ts";
import { mutations } from "../../mutations/all.ts";

const read = (file: string) => readFileSync(file, "utf8");

describe("a mutation", () => {
  it.each(mutations.map((one) => [one.fault, one] as const))("still applies, and its test is there: %s", (_, { edits, test, title }) => {
    for (const [file, text] of applyEdits(edits, read)) {
      expect(file).toMatch(/^(src\/.*\.ts|python\/.*\.py)$/);
      expect(() => parses(file, text)).not.toThrow();
    }
    expect(
      titlesOf(test).some((one) => one.test(title)),
      `${test}: ${title}`,
    ).toBe(true);
  });

  it.each([
    ["is not there", "c = 3"],
    ["stands twice", "1"],
  ])("is refused where its text %s", (_, before) => {
    expect(() => applyEdits([{ file: "a.ts", before, after: "x" }], () => "a = 1; b = 1;")).toThrow(
      /a\.ts holds the text to mutate [02] times/,
    );
  });

  it("may edit one file twice", () => {
    const edits = [
      { file: "a.ts", before: "one", after: "$&" },
      { file: "a.ts", before: "two", after: "2" },
    ];
    expect(applyEdits(edits, () => "one two").get("a.ts")).toBe("$& 2");
  });
});

/** Python is compiled where the mutation is tried. */
const parses = (file: string, text: string) => file.endsWith(".py") || parseSync(text, { syntax: "typescript", target: "es2024" });

/** Titles of a test file; what `it.each` puts in may be anything. */
const titlesOf = (file: string): RegExp[] =>
  [...read(file).matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(
    ([, title = ""]) => new RegExp(`^${title.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replace(/%[sdj]/g, ".*")}$`),
  );
