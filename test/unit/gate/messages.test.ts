import { expect, it } from "vitest";
import { valueText } from "../../../src/gate/messages.ts";

it.each([
  ["sqnrDb", -0.09075, undefined, "−0.09 dB"],
  ["sqnrDb", 20.557, undefined, "20.56 dB"],
  ["sqnrDb", 123.456, undefined, "123.5 dB"],
  ["sqnrDb", Number.POSITIVE_INFINITY, undefined, "∞ dB"],
  ["cosine", 0.9585712, undefined, "0.9586"],
  ["samplesWithin", 2 / 3, undefined, "66.67 %"],
] as const)("writes digits that mean something: %s %d", (metric, value, beside, text) => {
  expect(valueText(metric, value, beside)).toBe(text);
});

it.each([
  ["sqnrDb", 19.9991, 20, "19.9991 dB"],
  ["cosine", 0.99699999, 0.997, "0.99699999"],
  ["sqnrDb", 20, 20, "20 dB"],
] as const)("does not write a figure beyond its limit as the limit itself: %s %d", (metric, value, limit, text) => {
  expect(valueText(metric, value, limit)).toBe(text);
});
