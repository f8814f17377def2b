/** Links between the project's own pages: each names a file that is there, and a heading that the file has. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const pages = globSync(["*.md", "docs/**/*.md", "examples/**/*.md", "gpu/**/*.md"], { cwd: root });

/** Relative targets of `[text](target)` and of images, outside code. */
const targetsOf = (page: string): string[] => {
  const text = readFileSync(join(root, page), "utf8")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = ""]) => target).filter((target) => !/^[a-z]+:/.test(target));
};

/** As GitHub makes them: lower case, without punctuation, a hyphen for each space. */
const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );

describe("links between pages", () => {
  it("are found at all", () => {
    expect(pages).toContain("README.md");
    expect(pages.flatMap(targetsOf).length).toBeGreaterThan(15);
  });

  it.each(pages.map((page) => [page]))("of %s lead somewhere", (page) => {
    const dead = targetsOf(page).filter((target) => {
      const [file = "", anchor] = target.split("#");
      const path = file === "" ? join(root, page) : join(root, dirname(page), file);
      return !existsSync(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
    });
    expect(dead).toEqual([]);
  });
});
