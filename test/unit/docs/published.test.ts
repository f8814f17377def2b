/** The package is in no registry: no page and no message may tell people to fetch it from one. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const files = globSync(
  ["*.md", "docs/**/*.{md,yml}", "examples/**/*.{md,yml}", "src/**/*.ts", "scripts/**/*", "python/**/*.py", "action.yml"],
  {
    cwd: root,
    ignore: ["src/onnx/gen/**"],
  },
);

/** npm's ways to fetch and run or install, with our names behind them; a tarball or a folder is fine, and `npx --no` fetches nothing. */
const fetched =
  /\b(?:npx(?! --no )|npm (?:exec|x|install|i|add)|pnpm (?:dlx|add)|yarn (?:dlx|add)|bunx)\b[^\n`"]*[\s=](?:trt-gate|trt-accuracy-gate)(?:@[\w.-]+)?(?=[\s`"'$]|$)/m;

it.each([
  "npx trt-gate init",
  "npx --yes trt-gate@0.1.0 check",
  "npm install -g trt-accuracy-gate",
  "npm exec --package=trt-accuracy-gate -- trt-gate",
])("the pattern finds: %s", (line) => expect(fetched.test(line)).toBe(true));

it("no page and no message sends people to a registry", () => {
  expect(files).toEqual(expect.arrayContaining(["README.md", "docs/guide.md", "scripts/demo.ts", "src/config/init-template.ts"]));
  const found = files.flatMap((file) => fetched.exec(readFileSync(join(root, file), "utf8"))?.[0] ?? []);
  expect(found).toEqual([]);
});
