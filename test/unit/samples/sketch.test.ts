/** Near-copies of samples: one that a gain in the seventh digit makes is no new sample. */
import { expect, it } from "vitest";
import { readCrops } from "../../../bench/pictures.ts";
import { seededRandom } from "../../../src/measure/random.ts";
import { areNear, sketchOf } from "../../../src/samples/sketch.ts";

const crops = await readCrops();
const isNear = (a: Float32Array, b: Float32Array): boolean => areNear(sketchOf(a), sketchOf(b));
const shareKept = (change: (value: number) => number): number =>
  crops.filter((crop) => isNear(crop.map(change), crop)).length / crops.length;
function distinct(all: readonly Float32Array[]): number {
  const sketches = all.map(sketchOf);
  return sketches.filter((one, i) => !sketches.slice(0, i).some((other) => areNear(one, other))).length;
}
/** As IEEE half precision rounds: 11 significant bits. */
const toHalf = (value: number): number => {
  const step = 2 ** (Math.floor(Math.log2(Math.abs(value) || 1)) - 10);
  return Math.round(value / step) * step;
};

it("tells recorded pictures apart", () => {
  expect(crops.length).toBeGreaterThan(50);
  expect(distinct(crops)).toBe(crops.length);
  expect(distinct(crops.map((crop) => crop.toReversed()))).toBe(crops.length);
});

it("knows near-copies of them: a gain, rounding to half precision or to 8 bits", () => {
  expect(shareKept((value) => value)).toBe(1);
  expect(shareKept((value) => value * 1.00001)).toBe(1);
  expect(shareKept((value) => value + 1e-6)).toBe(1);
  expect(shareKept(toHalf)).toBe(1);
  expect(shareKept((value) => Math.round(value * 127.5) / 127.5)).toBeGreaterThan(0.9);
});

it("gives another picture's worth of change another", () => {
  const random = seededRandom(5);
  expect(shareKept((value) => value * 1.02)).toBe(0);
  expect(shareKept((value) => -value)).toBe(0);
  expect(shareKept((value) => value + 0.2 * (random() - 0.5))).toBe(0);
});

it("looks at each of a few numbers: rows of a table differ in one small column", () => {
  const row = Float32Array.of(81_000, 3, 0.25, 0, -7);
  expect(
    isNear(
      row,
      row.map((value) => value * 1.0000002),
    ),
  ).toBe(true);
  for (const [column, value] of [
    [2, 0.251],
    [3, 1e-6],
    [4, 7],
  ] as const)
    expect(isNear(row.with(column, value), row)).toBe(false);
});

it.each([
  ["air pressure in pascals", 101_325, 50],
  ["a room's temperature in kelvins", 295, 0.1],
])("tells samples of %s apart, which differ little beside their offset, and knows their near-copies", (_, offset, size) => {
  const random = seededRandom(6);
  const made = Array.from({ length: 24 }, () => Float32Array.from({ length: 4096 }, () => offset + size * (random() - 0.5)));
  expect(distinct(made)).toBe(made.length);
  expect(
    made.every((one) =>
      isNear(
        one.map((value) => value * 1.0000002),
        one,
      ),
    ),
  ).toBe(true);
});

/** Box and Muller. */
const normals = (random: () => number, length: number) =>
  Float32Array.from({ length }, () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random()));

it.each([16, 64, 512])("finds every near-copy of rows of %i values, so that samples of many rows are found too", (length) => {
  const random = seededRandom(length);
  const rows = Array.from({ length: 400 }, () => normals(random, length));
  const copies: Readonly<Record<string, (row: Float32Array) => Float32Array>> = {
    gain: (row) => row.map((value) => value * 1.00001),
    half: (row) => row.map(toHalf),
    noise: (row) => row.map((value) => value + 1e-6 * (random() - 0.5)),
    "more noise": (row) => row.map((value) => value + 1e-3 * (random() - 0.5)),
  };
  for (const [name, copy] of Object.entries(copies)) expect(rows.filter((row) => !isNear(copy(row), row)).length, name).toBe(0);
  expect(distinct(rows.slice(0, 200))).toBe(200);
});

it("is of silence like silence, and of nothing like nothing", () => {
  expect(isNear(new Float32Array(100), new Float32Array(100))).toBe(true);
  expect(isNear(new Float32Array(100), new Float32Array(100).fill(1e-30))).toBe(false);
  expect(isNear(new Float32Array(0), new Float32Array(0))).toBe(true);
  expect(isNear(new Float32Array(2), new Float32Array(3))).toBe(false);
});
