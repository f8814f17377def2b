/** Links of the project's pages, and paths that its sources name: each leads to a file that is there, and a heading that the file has; those that lead outside are whole. */
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const pages = globSync(["*.md", "docs/**/*.md", "examples/**/*.md", "gpu/**/*.md"], { cwd: root });

/** Targets of `[text](target)` and of images, outside code. */
const allTargetsOf = (page: string): string[] => {
  const text = readFileSync(join(root, page), "utf8")
    .replace(/```[\s\S]*?```/g, "")
    .replace(/`[^`\n]*`/g, "");
  return [...text.matchAll(/\]\(([^)]+)\)/g)].map(([, target = ""]) => target);
};
const isOutside = (target: string): boolean => /^[a-z]+:/.test(target);
const targetsOf = (page: string): string[] => allTargetsOf(page).filter((target) => !isOutside(target));

/** Pages that messages, comments and workflows name, with the heading where they name one. */
const mentions = globSync(
  ["src/**/*.ts", "scripts/*", "python/**/*.py", "action.yml", ".github/**/*.yml", "docs/workflows/*.yml", "examples/**/*.yml"],
  {
    cwd: root,
    dot: true,
    ignore: ["src/onnx/gen/**"],
  },
).flatMap((file) =>
  [
    ...readFileSync(join(root, file), "utf8").matchAll(/\b(?:docs|examples|gpu|test|src|scripts)\/[\w./-]+\.(?:md|yml|ts|sh)(?:#[\w-]+)?/g),
  ].map(([target]) => ({ file, target })),
);

/** As GitHub makes them: lower case, without punctuation, a hyphen for each space. */
const anchorsOf = (path: string): string[] =>
  [...readFileSync(path, "utf8").matchAll(/^#+ +(.+)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, "")
      .trim()
      .replaceAll(" ", "-"),
  );

function isDead(target: string, page: string): boolean {
  const [file = "", anchor] = target.split("#");
  const path = file === "" ? join(root, page) : join(root, dirname(page), file);
  return !existsSync(path) || (anchor !== undefined && !anchorsOf(path).includes(anchor));
}

describe("links between pages", () => {
  it("are found at all", () => {
    expect(pages).toContain("README.md");
    expect(pages.flatMap(targetsOf).length).toBeGreaterThan(15);
  });

  it("that lead outside are whole addresses by https", () => {
    const outside = pages.flatMap(allTargetsOf).filter(isOutside);
    expect(outside.length).toBeGreaterThan(1);
    expect(outside.filter((target) => !URL.canParse(target) || !/^https:\/\/[\w-]+(\.[\w-]+)+\/[^\s<>"]*$/.test(target))).toEqual([]);
  });

  it.each(pages.map((page) => [page]))("of %s lead somewhere", (page) => {
    expect(targetsOf(page).filter((target) => isDead(target, page))).toEqual([]);
  });

  it("that sources name as paths are there", () => {
    expect(mentions.length).toBeGreaterThan(20);
    expect(mentions.filter(({ target }) => isDead(target, ""))).toEqual([]);
  });
});
