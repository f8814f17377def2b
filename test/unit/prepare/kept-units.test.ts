import { expect, it } from "vitest";
import { withKept } from "../../../src/prepare/kept-units.ts";
import { fakeLane, fakeUnit } from "../../fakes/lane.ts";

it("counts kept units where their kind is counted: compute nodes and others apart", () => {
  const add = { ...fakeUnit(3), id: "Add:a", opType: "Add" };
  const pool = { ...fakeUnit(4), id: "MaxPool:p", opType: "MaxPool" };
  const lane = fakeLane({
    output: () => ({ reference: [1], candidate: [1] }),
    units: [fakeUnit(1), fakeUnit(2), add, pool],
    coverage: { quantizedUnits: 2, totalUnits: 3, quantizedOthers: { Add: 2, MaxPool: 1 }, missingScales: [], variant: "qdq" },
  });
  const { units, coverage } = withKept(lane, { ids: new Set(["Conv:t1", "Add:a", "MaxPool:p"]) });
  expect(units.map(({ id }) => id)).toEqual(["Conv:t2"]);
  expect(coverage).toMatchObject({ quantizedUnits: 1, totalUnits: 3 });
  expect(coverage.quantizedOthers).toEqual({ Add: 1 });
});
