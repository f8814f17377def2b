import { describe, expect, it } from "vitest";
import { fixAtPoint } from "../../../src/fix/curve-point.ts";
import { fixFromReport } from "../../../src/fix/from-report.ts";
import type { ModelReport } from "../../../src/report/schema.ts";
import { sampleModel, sampleSearch, sampleUnit } from "../../fakes/report.ts";

const order = [3, 1, 2, 0];
const point = (kept: number, by: "measured" | "predicted", sqnrDb: number) => ({
  kept,
  by,
  sqnrDb,
  low: sqnrDb - 1,
  high: sqnrDb + 1,
  margin: sqnrDb - 20,
  nearest: 'cosine 0.9941 of "y", limit 0.997',
});
const model = (kept: readonly number[]): ModelReport =>
  sampleModel({
    search: {
      ...sampleSearch(),
      outcome: "diffuse",
      keep: [],
      units: 4,
      unitTable: [0, 1, 2, 3].map(sampleUnit),
      curve: {
        order: order.map((i) => sampleUnit(i).unit),
        points: kept.map((count) => point(count, count === 2 ? "predicted" : "measured", 15 + count)),
      },
    },
  });
const keptOf = (chosen: ModelReport | string) => (typeof chosen === "string" ? chosen : chosen.search?.keep.map(({ unit }) => unit));

describe("a point of the curve", () => {
  it("keeps the first units of the ranking, with their nodes, and says what is known of it", () => {
    const chosen = fixAtPoint(model([0, 1, 2, 3, 4]), 2);
    expect(keptOf(chosen)).toEqual([3, 1].map((i) => sampleUnit(i).unit));
    expect(chosen).toMatchObject({
      search: {
        message: expect.stringContaining(
          'SQNR about 17.0 dB (16.0 dB to 18.0 dB), predicted; nearest to its limit cosine 0.9941 of "y", limit 0.997: about 3.0 dB of error too much',
        ),
      },
    });
    const fix = typeof chosen === "string" ? undefined : fixFromReport(chosen, { name: "trt-gate", version: "1", commit: "c" });
    expect(fix?.kept.map(({ nodes }) => nodes[0])).toEqual([3, 1].map((i) => sampleUnit(i).nodes[0]));
    expect(fix?.verified).toBe("not verified");
  });

  it("keeps whole blocks, so a few units more", () => {
    expect(keptOf(fixAtPoint(model([0, 2, 4]), 3))).toHaveLength(4);
  });

  it.each([0, -1, 5, 1.5, Number.NaN])("refuses %s of 4", (keep) => {
    expect(fixAtPoint(model([0, 1, 2, 3, 4]), keep)).toContain("write a whole number from 1 to 4");
  });

  it("needs a report with a curve", () => {
    const { curve: _, ...search } = sampleSearch();
    expect(fixAtPoint(sampleModel({ search }), 2)).toContain("holds no curve");
  });
});
