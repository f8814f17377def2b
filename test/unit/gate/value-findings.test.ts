import { describe, expect, test } from "vitest";
import { findingCaveats } from "../../../src/gate/caveats.ts";
import { judge } from "../../../src/gate/judge.ts";
import { input, measured } from "./judging.ts";

const judged = (agreement: number, value: { both: number; either: number; of: number }) =>
  judge(
    input([
      measured(
        "ids",
        { agreement },
        {
          kind: "index",
          worstValue: { value: 1, agreement: value.both / value.either, both: value.both, either: value.either, of: value.of },
        },
      ),
    ]),
  );

describe("a value that hardly agrees", () => {
  test("is a caveat on a pass that names it: one-hot rows of 400 classes, of which 13 % are wrong", () => {
    const { verdict, findings } = judged(0.9993, { both: 835, either: 1085, of: 2 });
    expect(verdict.kind).toBe("pass");
    const message = expect.stringContaining('Of 1085 entries of "ids" that are 1 on either side, 835 are on both (76.96 %)');
    expect(findingCaveats(findings)).toEqual([{ reason: "value-lost", message }]);
  });

  test("says nothing where it agrees well enough; a class of many may differ along its edges", () => {
    expect(findingCaveats(judged(0.995, { both: 95, either: 100, of: 2 }).findings)).toEqual([]);
    expect(findingCaveats(judged(0.995, { both: 85, either: 100, of: 9 }).findings)).toEqual([]);
    expect(findingCaveats(judged(0.995, { both: 85, either: 100, of: 2 }).findings)).toHaveLength(1);
  });

  test("adds nothing to a regression of the whole", () => {
    const { verdict, findings } = judged(0.5, { both: 1, either: 100, of: 2 });
    expect(verdict).toMatchObject({ kind: "regression", reason: "limit-exceeded" });
    expect(findings.filter(({ of }) => of === "entry")).toEqual([]);
  });
});
