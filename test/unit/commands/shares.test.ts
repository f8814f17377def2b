import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { splitShares } from "../../../src/commands/shares.ts";

const passing = (check: number) => ({ check, search: 0 });
const model = (name: string) => ({ name, path: `models/${name}.onnx` });

describe("splitShares", () => {
  it("gives every model to exactly one share, and no share is empty", () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { maxLength: 60 }),
        fc.integer({ min: 1, max: 12 }),
        (names, runners) => {
          const shares = splitShares(names.map(model), new Map(), runners);
          expect(shares).toHaveLength(Math.min(runners, names.length));
          expect(shares.flatMap((share) => share.names.split("\n")).toSorted()).toEqual(names.toSorted());
          expect(shares.every(({ count }) => count > 0)).toBe(true);
        },
      ),
    );
  });

  it("balances by earlier cost, so that one slow model stands alone", () => {
    const seconds = new Map([
      ["slow", passing(90)],
      ["a", passing(30)],
      ["b", passing(30)],
      ["c", passing(30)],
    ]);
    const shares = splitShares([...seconds.keys()].map(model), seconds, 2);
    expect(shares.map(({ names, seconds: total }) => [names.split("\n").toSorted(), total])).toEqual([
      [["slow"], 90],
      [["a", "b", "c"], 90],
    ]);
  });

  it("counts a model without an earlier figure as the median of the others", () => {
    const [share] = splitShares(
      ["a", "b", "c", "new"].map(model),
      new Map([
        ["a", passing(10)],
        ["b", passing(20)],
        ["c", passing(60)],
      ]),
      1,
    );
    expect(share?.seconds).toBe(110);
  });

  it("says what a share takes at most, and is balanced for what passes", () => {
    const shares = splitShares(
      ["a", "b"].map(model),
      new Map([
        ["a", { check: 10, search: 600 }],
        ["b", { check: 10, search: 0 }],
      ]),
      2,
    );
    expect(shares.map(({ seconds, mostSeconds }) => [seconds, mostSeconds])).toEqual([
      [10, 610],
      [10, 10],
    ]);
  });

  it("keeps two entries of one file together", () => {
    const entries = [
      { name: "x", path: "m.onnx" },
      { name: "y", path: "m.onnx" },
    ];
    expect(splitShares(entries, new Map(), 2)).toMatchObject([{ models: "m.onnx", count: 2 }]);
  });
});
