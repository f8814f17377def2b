import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { matchesPattern } from "../../../src/gate/pattern.ts";

describe("tensor name patterns", () => {
  const cases: readonly [string, string, boolean][] = [
    ["logits*", "logits_1", true],
    ["logits*", "my_logits", false],
    ["*", "", true],
    ["", "", true],
    ["", "a", false],
    ["a?c", "abc", true],
    ["a?c", "ac", false],
    ["a*b*c", "aXbYbZc", true],
    ["a*b*c", "aXcYb", false],
    ["(a|b)+", "a", false],
    ["(a|b)+", "(a|b)+", true],
    ["a.c", "abc", false],
    ["[Shuffle]_*", "[Shuffle]_output", true],
    ["y", "Y", false],
    ["?", "😀", true],
  ];
  test.each(cases)("%j on %j is %s", (pattern, name, matches) => expect(matchesPattern(pattern, name)).toBe(matches));

  test("without * and ? a pattern names itself and nothing else", () => {
    const plain = fc.string({ unit: "binary" }).filter((text) => !/[*?]/.test(text));
    fc.assert(
      fc.property(plain, plain, (pattern, name) => {
        expect(matchesPattern(pattern, name)).toBe(pattern === name);
        expect(matchesPattern(pattern, pattern)).toBe(true);
      }),
    );
  });

  test("a pattern made of a name's pieces with stars between matches it", () => {
    const piece = fc.string().map((text) => text.replaceAll(/[*?]/g, "x"));
    fc.assert(
      fc.property(fc.array(fc.tuple(piece, piece), { minLength: 1 }), piece, (pieces, end) => {
        const pattern = pieces.map(([kept]) => `${kept}*`).join("") + end;
        const name = pieces.map(([kept, between]) => kept + between).join("") + end;
        expect(matchesPattern(pattern, name)).toBe(true);
      }),
    );
  });

  test("stars in plenty on a long name do not run away", () => {
    expect(matchesPattern(`${"*a".repeat(2_000)}b`, "a".repeat(2_000))).toBe(false);
  });
});
