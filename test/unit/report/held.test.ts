import { expect, it } from "vitest";
import { reachOf } from "../../../src/model/held-range.ts";
import { heldOf, heldWords } from "../../../src/report/held.ts";

it("measures how far values go beyond a range in halves of its width, on the side where they go farthest", () => {
  expect(reachOf({ low: -2, high: 2 }, -6, 1)).toEqual({ ratio: 3, seen: 6, end: 2 });
  expect(reachOf({ low: -2, high: 2 }, -1, 1)).toMatchObject({ ratio: 0.5 });
  expect(reachOf({ low: -1, high: 3 }, -3, 3)).toEqual({ ratio: 2, seen: -3, end: -1 });
  expect(reachOf({ low: 0, high: 4 }, -1, 5)).toEqual({ ratio: 1.5, seen: 5, end: 4 });
  expect(reachOf({ low: Number.NEGATIVE_INFINITY, high: 4 }, -100, 8)).toEqual({ ratio: 2, seen: 8, end: 4 });
  expect(reachOf({ low: -128, high: 127 }, -254, 0)).toMatchObject({ seen: 254, end: 128 });
  expect(reachOf({ low: -2, high: 2 }, Number.NaN, Number.NaN).ratio).toBeNaN();
});

it("is worded by its ends", () => {
  const words = (clip: number, clipLow?: number | "-Infinity") => {
    const held = heldOf({ low: -9, high: 9, reference: [1], candidate: [1], clip, ...(clipLow === undefined ? {} : { clipLow }) });
    return held && heldWords(held, (value) => value);
  };
  expect([words(2), words(2, -0.5), words(2, "-Infinity"), words(2, 0)]).toEqual(["±2", "-0.5 to 2", "up to 2", "0 to 2"]);
  expect(heldOf({ low: -9, high: 9, reference: [1], candidate: [1] })).toBeUndefined();
});
