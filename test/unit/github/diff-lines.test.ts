import { describe, expect, it } from "vitest";
import { newSideLines } from "../../../src/github/diff-lines.ts";

describe("the new side of a diff", () => {
  it("has what each hunk shows, added and around, by its number in the new file", () => {
    const patch = "@@ -1,3 +1,4 @@ models:\n a\n-b\n+B\n+c\n d\n@@ -10,0 +12 @@\n+late\n\\ No newline at end of file";
    expect([...newSideLines(patch)]).toEqual([
      [1, "a"],
      [2, "B"],
      [3, "c"],
      [4, "d"],
      [12, "late"],
    ]);
  });

  it("keeps lines that look like a diff's own marks", () => {
    expect([...newSideLines("@@ -0,0 +1,2 @@\n+++ x\n+@@ -1 +9 @@")]).toEqual([
      [1, "++ x"],
      [2, "@@ -1 +9 @@"],
    ]);
  });

  it("is empty for what is no diff", () => {
    expect(newSideLines("").size).toBe(0);
    expect(newSideLines("+a\n b").size).toBe(0);
  });
});
