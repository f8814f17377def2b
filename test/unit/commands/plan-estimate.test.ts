import { copyFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import { estimateSeconds, measuredSeconds, scaled } from "../../../src/commands/plan-estimate.ts";
import { entryOf } from "../../fakes/settings.ts";
import { folder, ocrModel } from "./saved-commands.ts";

const entry = entryOf("shapes: {x: [1, 3, 48, 320]}\nquantization: {cache: c.cache}\nvalidation: {data: v.npz}");
async function estimateOf(file: string, searchMinutes = 20) {
  const effects = await folder();
  await copyFile(file, `${effects.folder}/m.onnx`);
  return await estimateSeconds(entry, searchMinutes, effects);
}
const small = ocrModel("ch_ppocr_mobile_v2.0_cls_infer.onnx");

describe("the estimate from a model", () => {
  it("gives forty times the arithmetic more time, and a file that cannot be read hardly any", async () => {
    const large = await estimateOf(ocrModel("ch_PP-OCRv4_rec_infer.onnx"));
    expect(large.check).toBeGreaterThan(5 * (await estimateOf(small)).check);
    expect(await estimateOf(ocrModel("ppocr_keys_v1.txt"))).toEqual({ check: 2, search: 0 });
  });

  it("has what layers and search add, the search within its budget and none where none is wanted", async () => {
    const [usual, short, none] = [await estimateOf(small), await estimateOf(small, 0.1), await estimateOf(small, 0)];
    expect(usual.search).toBeGreaterThan(usual.check);
    expect(short.search - none.search).toBeCloseTo(6);
    expect(none.search).toBeGreaterThan(0);
    expect([short.check, none.check]).toEqual([usual.check, usual.check]);
  });

  // Timings of reports of this machine: 48 samples of 48 x 192 in one thread, plain and with a limit that the model misses.
  it("is within a factor of four of what a check took with its search", async () => {
    const effects = await folder();
    await copyFile(small, `${effects.folder}/m.onnx`);
    const measured = entryOf("shapes: {x: [1, 3, 48, 192]}\nquantization: {data: c.npz}\nvalidation: {data: v.npz, max-samples: 48}");
    const { check, search } = await estimateSeconds(measured, 20, effects);
    const took = { check: 4.9 + 2.4 + 0.5, search: 10.5 + 12.3 };
    for (const ratio of [check / took.check, search / took.search]) expect(Math.abs(Math.log2(ratio))).toBeLessThan(2);
  });
});

describe("an earlier report", () => {
  it("tells apart what a passing model takes and what its search took", () => {
    expect(measuredSeconds({ prepare: 3, compare: 1, localise: 4, search: 10, fix: 1 })).toEqual({ check: 4, search: 15 });
    expect(measuredSeconds({ prepare: 3, compare: 1 })).toEqual({ check: 4 });
    expect(measuredSeconds({})).toBeUndefined();
  });

  it("counts where there is one, and brings the rest to its scale", () => {
    const estimates = new Map([
      ["a", { check: 10, search: 40 }],
      ["b", { check: 20, search: 40 }],
      ["new", { check: 5, search: 50 }],
    ]);
    const measured = new Map([
      ["a", { check: 30, search: 7 }],
      ["b", { check: 60 }],
    ]);
    expect(scaled(estimates, measured)).toEqual(
      new Map([
        ["a", { check: 30, search: 7 }],
        ["b", { check: 60, search: 120 }],
        ["new", { check: 15, search: 150 }],
      ]),
    );
  });
});
