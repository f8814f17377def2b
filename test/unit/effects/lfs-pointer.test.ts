import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { globSync } from "tinyglobby";
import { expect, it } from "vitest";
import { pointerFault } from "../../../src/effects/lfs-pointer.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));

it("tells of a pointer what gets the file, on one's own machine and in a workflow", () => {
  expect(pointerFault("m.onnx")).toBe(
    "m.onnx is a Git LFS pointer, not the file itself. Run git lfs pull; in a workflow give the checkout step `lfs: true`.",
  );
});

it("is the one place that words it", () => {
  const files = globSync("src/**/*.ts", { cwd: root });
  expect(files.filter((file) => / is a Git LFS pointer/.test(readFileSync(join(root, file), "utf8")))).toEqual([
    "src/effects/lfs-pointer.ts",
  ]);
});
