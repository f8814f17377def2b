/** Where a part lies in its output, in numpy's own notation: each expression picks exactly what is labelled. */
import { expect, it } from "vitest";
import { boxOf } from "../../../src/onnx/labels.ts";

const where = (shape: readonly number[], labels: readonly number[]) =>
  [1, 2].map((label) => boxOf({ shape, data: Uint8Array.from(labels) }, label));

it("names a block by its slices", () => {
  expect(where([1, 5], [1, 1, 2, 2, 2])).toEqual(["[:, 0:2]", "[:, 2:5]"]);
  expect(where([2, 3], [1, 1, 2, 1, 1, 2])).toEqual(["[:, 0:2]", "[:, 2:3]"]);
});

it("names what is interleaved with its step, not by the box around both", () => {
  expect(where([1, 6], [1, 2, 1, 2, 1, 2])).toEqual(["[:, 0:5:2]", "[:, 1:6:2]"]);
  expect(where([7], [2, 0, 0, 2, 1, 0, 2])).toEqual(["[4:5]", "[0:7:3]"]);
});

it("says how much of a box a part is where no slice picks it alone", () => {
  expect(where([1, 8], [1, 2, 1, 1, 2, 1, 1, 2])).toEqual(["5 of the 7 values in [:, 0:7]", "[:, 1:8:3]"]);
  expect(where([2, 2], [1, 2, 2, 1])).toEqual(["2 of the 4 values in [:, :]", "2 of the 4 values in [:, :]"]);
});
