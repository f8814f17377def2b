import { describe, expect, it } from "vitest";
import { cutMiddle, distinctLabels, plainLine, plainLines, uniqueLabels } from "../../../src/report/text.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";

const active = /[\u0000-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]|^\s*::|##\[/;

describe("plain text", () => {
  it.each(hostileNames)("shows %j on one inert line of at most 200 characters", (name) => {
    const shown = plainLine(name);
    expect(shown).not.toMatch(active);
    expect(shown.isWellFormed()).toBe(true);
    expect(Array.from(shown.replaceAll("\u200b", "")).length).toBeLessThanOrEqual(200);
    expect(shown).not.toBe("");
  });

  it("cuts in the middle, keeps both ends and never splits a surrogate pair", () => {
    expect(cutMiddle("abcdefghij", 5)).toBe("ab…ij");
    const astral = cutMiddle("𝕬".repeat(1000), 201);
    expect(Array.from(astral)).toHaveLength(201);
    expect(astral.isWellFormed()).toBe(true);
    expect(cutMiddle("𝕬".repeat(100_000), 200).isWellFormed()).toBe(true);
  });

  it("gives names that look alike after cleaning an index, and the same name the same form", () => {
    const show = uniqueLabels(["a\u202eb", "ab", "ab", "a\u0007b", "c"]);
    expect(["a\u202eb", "ab", "a\u0007b", "c"].map(show)).toEqual(["ab", "ab (2)", "ab (3)", "c"]);
  });

  it("tells names apart that differ only in the part that is cut away", () => {
    const [one, two] = [`${"x".repeat(300)}A${"y".repeat(300)}`, `${"x".repeat(300)}B${"y".repeat(300)}`];
    const show = uniqueLabels([one, two]);
    expect(show(one)).not.toBe(show(two));
  });

  it("keeps the last lines of tool output and disarms each", () => {
    expect(plainLines(["first", "a\n::error::x", "last"], 3)).toEqual(["a", ":\u200b:error::x", "last"]);
  });
});

it("cuts a sentence between two words, and a path within, so that both of its ends can be read", () => {
  const words = Array.from({ length: 60 }, (_, i) => `word${i}`).join(" ");
  const cut = plainLine(words, 100);
  expect(cut).toMatch(/^(word\d+ )+…( word\d+)+$/);
  const path = `/models/${"deep/".repeat(60)}model.onnx`;
  expect(plainLine(`${path} is there`, 100)).toMatch(/^\/models\/deep.*….*model\.onnx is there$/);
});

describe("short labels of long names", () => {
  it.each([
    [["functional_1_1/block_1/attention/MatMul", "functional_1_1/block_2/attention/MatMul", "functional_1_1/block_12/attention/MatMul"]],
    [
      [
        "a/very/long/path/of/blocks/that/differs/1/only/in/the/middle/of/it/MatMul",
        "a/very/long/path/of/blocks/that/differs/2/only/in/the/middle/of/it/MatMul",
      ],
    ],
    [[`${"x".repeat(300)}1${"y".repeat(300)}`, `${"x".repeat(300)}2${"y".repeat(300)}`]],
    [["conv", "relu"]],
  ])("stay as different as the names: %s", (names) => {
    const shown = distinctLabels(names, 20);
    const labels = names.map(shown);
    expect(new Set(labels).size).toBe(names.length);
    for (const label of labels) expect(Array.from(label).length).toBeLessThanOrEqual(20);
  });

  it("are the whole names where these have room", () => {
    expect(["conv", "relu"].map(distinctLabels(["conv", "relu"], 20))).toEqual(["conv", "relu"]);
  });
});
