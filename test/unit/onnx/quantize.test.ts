import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { floatToHalf, halfToFloat, roundHalfEven } from "../../../src/model/half.ts";
import { channelLayout, fakeQuantizeWeights, quantizeWeights, weightScales } from "../../../src/onnx/quantize.ts";

describe("weight quantisation", () => {
  it("takes one scale per output channel on the axis of each operator", () => {
    const values = Float32Array.of(1, -2, 3, -4, 5, -6);
    expect([...weightScales(values, channelLayout([2, 3], 0))]).toEqual([Math.fround(3 / 127), Math.fround(6 / 127)]);
    expect([...weightScales(values, channelLayout([2, 3], 1))]).toEqual([4, 5, 6].map((amax) => Math.fround(amax / 127)));
    expect([...weightScales(values, channelLayout([2, 3], undefined))]).toEqual([Math.fround(6 / 127)]);
  });

  it("gives a channel of zeros the scale 1", () => {
    expect([...weightScales(new Float32Array(4), channelLayout([2, 2], 0))]).toEqual([1, 1]);
  });

  it("rounds halves to the even step and never reaches -128", () => {
    const values = Float32Array.of(0.5, 1.5, 2.5, -0.5, -1.5, -200);
    expect([...quantizeWeights(values, Float32Array.of(1), channelLayout([6], undefined))]).toEqual([0, 2, 2, 0, -2, -127]);
  });

  it("shows a weight that is not finite as NaN instead of hiding it", () => {
    expect(fakeQuantizeWeights(Float32Array.of(Number.NaN, 1), Float32Array.of(1), channelLayout([2], undefined))[0]).toBeNaN();
  });

  it("moves no weight by more than half a step", () => {
    fc.assert(
      fc.property(fc.float32Array({ minLength: 12, maxLength: 12, noNaN: true, min: -100, max: 100 }), (values) => {
        const layout = channelLayout([3, 4], 0);
        const scales = weightScales(values, layout);
        const moved = fakeQuantizeWeights(values, scales, layout);
        return values.every((value, i) => Math.abs(value - (moved[i] ?? Number.NaN)) <= ((scales[Math.floor(i / 4)] ?? 0) / 2) * 1.001);
      }),
    );
  });
});

describe("half precision", () => {
  it("survives the way there and back for every finite half", () => {
    for (let half = 0; half < 0x7c00; half++)
      for (const sign of [0, 0x8000]) {
        const value = halfToFloat(half | sign);
        expect(floatToHalf(value)).toBe(Object.is(value, -0) ? 0 | sign : half | sign);
      }
  });

  it("rounds to nearest even, overflows to infinity, keeps NaN", () => {
    expect(floatToHalf(2049)).toBe(floatToHalf(2048));
    expect(floatToHalf(2051)).toBe(floatToHalf(2052));
    expect(halfToFloat(floatToHalf(70000))).toBe(Number.POSITIVE_INFINITY);
    expect(halfToFloat(floatToHalf(Number.NaN))).toBeNaN();
    expect([0.5, 1.5, 2.5, -0.5].map(roundHalfEven)).toEqual([0, 2, 2, 0]);
  });
});
