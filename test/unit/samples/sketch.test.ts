/** Near-copies of samples: one that a gain in the seventh digit makes is no new sample. */
import { expect, it } from "vitest";
import { readCrops } from "../../../bench/pictures.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { sketchOf } from "../../../src/samples/sketch.ts";

const crops = await readCrops();
const shareKept = (change: (value: number) => number): number =>
  crops.filter((crop) => sketchOf(crop.map(change)) === sketchOf(crop)).length / crops.length;

it("tells recorded pictures apart", () => {
  expect(crops.length).toBeGreaterThan(50);
  expect(new Set(crops.map(sketchOf)).size).toBe(crops.length);
  expect(new Set(crops.map((crop) => sketchOf(crop.toReversed()))).size).toBe(crops.length);
});

it("gives near-copies of them the same sketch", () => {
  expect(shareKept((value) => value)).toBe(1);
  expect(shareKept((value) => value * 1.0000002)).toBeGreaterThanOrEqual(0.95);
  expect(shareKept((value) => value + 1e-7)).toBeGreaterThanOrEqual(0.95);
});

it("gives another picture's worth of change another", () => {
  const random = seededRandom(5);
  expect(shareKept((value) => value * 1.02)).toBe(0);
  expect(shareKept((value) => -value)).toBe(0);
  expect(shareKept((value) => value + 0.2 * (random() - 0.5))).toBe(0);
});

it("looks at each of a few numbers: rows of a table differ in one small column", () => {
  const row = Float32Array.of(81_000, 3, 0.25, 0, -7);
  expect(sketchOf(row)).toBe(sketchOf(row.map((value) => value * 1.0000002)));
  for (const [column, value] of [
    [2, 0.251],
    [3, 1e-6],
    [4, 7],
  ] as const)
    expect(sketchOf(row.with(column, value))).not.toBe(sketchOf(row));
});

it.each([
  ["air pressure in pascals", 101_325, 50],
  ["a room's temperature in kelvins", 295, 0.1],
])("tells samples of %s apart, which differ little beside their offset, and knows their near-copies", (_, offset, size) => {
  const random = seededRandom(6);
  const made = Array.from({ length: 24 }, () => Float32Array.from({ length: 4096 }, () => offset + size * (random() - 0.5)));
  expect(new Set(made.map(sketchOf)).size).toBe(made.length);
  const kept = made.filter((one) => sketchOf(one.map((value) => value * 1.0000002)) === sketchOf(one));
  expect(kept.length).toBeGreaterThanOrEqual(0.9 * made.length);
});

it("is of silence the same whatever its length is worth, and never NaN", () => {
  expect(sketchOf(new Float32Array(100))).not.toContain("NaN");
  expect(sketchOf(Float32Array.of(1e-30))).not.toContain("NaN");
  expect(sketchOf(new Float32Array(0))).toBe("");
});
