import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { camelKeys, toCamel, toKebab } from "../../../src/config/case.ts";
import { inputSpecs } from "../../../src/config/inputs.ts";
import { nearest } from "../../../src/config/nearest.ts";
import { limitNames } from "../../../src/config/tolerance.ts";

describe("case", () => {
  it("goes to the code's words and back for every input and metric", () => {
    for (const name of [...inputSpecs.map((input) => input.name), ...limitNames]) expect(toKebab(toCamel(name))).toBe(name);
    expect(toCamel("top1-agreement")).toBe("top1Agreement");
  });

  it("changes one level of keys and no value", () => {
    expect(camelKeys({ "max-drop": { "keep-me": 1 }, metric: "a-b" })).toEqual({ maxDrop: { "keep-me": 1 }, metric: "a-b" });
  });
});

describe("the nearest word", () => {
  const words = ["tolerance", "tensorrt", "watch", "waivers", "sqnr-db"];

  it.each([
    ["tolerence", "tolerance"],
    ["Tolerance", "tolerance"],
    ["wacth", "watch"],
    ["sqnr_db", "sqnr-db"],
    ["sqnrdb", "sqnr-db"],
    ["tensorr", "tensorrt"],
    ["sqnr", "sqnr-db"],
  ])("to %s is %s", (typed, expected) => {
    expect(nearest(typed, words)).toBe(expected);
  });

  it("is none where nothing is close", () => {
    expect(nearest("models", words)).toBeUndefined();
    expect(nearest("", words)).toBeUndefined();
    expect(nearest("max", ["max-abs", "max-drop"])).toBeUndefined();
    expect(nearest("x".repeat(100_000), words)).toBeUndefined();
    expect(nearest("watch", [])).toBeUndefined();
  });

  it("is found after any one letter is dropped, doubled or replaced", () => {
    const typo = fc
      .constantFrom(...words)
      .chain((word) => fc.tuple(fc.constant(word), fc.nat(word.length - 1), fc.constantFrom("drop", "double", "replace")));
    fc.assert(
      fc.property(typo, ([word, at, kind]) => {
        const letter = kind === "drop" ? "" : kind === "double" ? `${word[at]}${word[at]}` : "z";
        expect(nearest(word.slice(0, at) + letter + word.slice(at + 1), words)).toBe(word);
      }),
    );
  });
});
