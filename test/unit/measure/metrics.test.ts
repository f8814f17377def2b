import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { accumulate } from "../../../src/measure/accumulate.ts";
import { distanceDb, marginOf, meets, metricList, metrics, metricsOf } from "../../../src/measure/metrics.ts";
import { emptySums, poolSums, type Sums } from "../../../src/measure/sums.ts";

const closeness = { atol: 1e-3, rtol: 1e-2 };

function sumsOf(reference: Float64Array, candidate: Float64Array): Sums {
  const sums = emptySums();
  accumulate(sums, reference, candidate, reference.length, closeness);
  return sums;
}

/** The formulas once more, in the plainest form. */
function plainFigures(r: readonly number[], c: readonly number[]): Record<string, number> {
  const sum = (f: (r: number, c: number) => number): number => r.reduce((total, value, i) => total + f(value, c[i] ?? 0), 0);
  const abs = r.map((value, i) => Math.abs(value - (c[i] ?? 0)));
  const rel = r.map((value, i) => (abs[i] ?? 0) / Math.abs(value));
  const r2 = sum((a) => a * a);
  return {
    sqnrDb: 10 * Math.log10(r2 / sum((a, b) => (a - b) ** 2)),
    cosine: sum((a, b) => a * b) / Math.sqrt(r2 * sum((_, b) => b * b)),
    maxAbs: Math.max(...abs),
    meanAbs: abs.reduce((a, b) => a + b, 0) / r.length,
    maxRel: Math.max(...rel),
    meanRel: rel.reduce((a, b) => a + b, 0) / r.length,
    exactMatch: abs.filter((d) => d === 0).length / r.length,
    allclose: r.filter((value, i) => (abs[i] ?? 0) <= 1e-3 + 1e-2 * Math.abs(value)).length / r.length,
  };
}

const value = fc.double({ min: 0.01, max: 1e3, noNaN: true });
const signed = fc.tuple(value, fc.boolean()).map(([magnitude, negative]) => (negative ? -magnitude : magnitude));

describe("the metric registry", () => {
  test("every metric equals its formula to 1e-9", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(signed, signed), { minLength: 1, maxLength: 60 }), (pairs) => {
        const r = pairs.map(([a]) => a);
        const c = pairs.map(([a, b], i) => (i % 3 === 0 ? a : b));
        if (r.every((value, i) => value === c[i])) return;
        const metrics: Record<string, number> = { ...metricsOf(sumsOf(Float64Array.from(r), Float64Array.from(c))) };
        for (const [name, wanted] of Object.entries(plainFigures(r, c))) {
          expect(Math.abs((metrics[name] ?? Number.NaN) - wanted), name).toBeLessThanOrEqual(1e-9 * Math.max(1, Math.abs(wanted)));
        }
      }),
    );
  });

  test("is keyed by each metric's own name", () => {
    expect(Object.entries(metrics).map(([key, { name }]) => [key, name])).toEqual(metricList.map(({ name }) => [name, name]));
    expect(metricList).toHaveLength(13);
  });

  test("gives NaN for every metric of nothing", () => {
    for (const metric of metricList) expect(metric.value(emptySums()), metric.name).toBeNaN();
  });

  test("has no SQNR where the squares of the reference overflow, rather than an infinite one", () => {
    const figures = metricsOf(sumsOf(Float64Array.of(1e155, 1), Float64Array.of(1e155, 5e150)));
    expect(figures.maxAbs).toBe(5e150);
    expect(figures.sqnrDb).toBeNaN();
  });

  test("leaves agreement out where there were no rows or pixels", () => {
    expect(Object.keys(metricsOf(sumsOf(Float64Array.of(1), Float64Array.of(2)))).filter((name) => name.endsWith("Agreement"))).toEqual([]);
  });
});

describe("limits", () => {
  test("are measured in the metric's own direction", () => {
    expect([marginOf("sqnrDb", 18, 20), marginOf("maxAbs", 0.3, 0.1), marginOf("sqnrDb", Infinity, Infinity)]).toEqual([-2, 0.1 - 0.3, 0]);
  });

  test("are met at the limit and never by NaN", () => {
    expect([meets("sqnrDb", 20, 20), meets("maxAbs", 0.1, 0.1), meets("sqnrDb", NaN, 20), meets("maxAbs", NaN, 0.1)]).toEqual([
      true,
      true,
      false,
      false,
    ]);
  });

  test("of all metrics are compared in dB of error: half the error is 6.02 dB, for a cosine 3.01", () => {
    const halved = {
      sqnrDb: distanceDb("sqnrDb", 26.0206, 20),
      maxAbs: distanceDb("maxAbs", 0.05, 0.1),
      top1Agreement: distanceDb("top1Agreement", 0.95, 0.9),
      cosine: distanceDb("cosine", 0.9985, 0.997),
    };
    for (const [name, distance] of Object.entries(halved)) expect(distance, name).toBeCloseTo(name === "cosine" ? 3.0103 : 6.0206, 4);
  });
});

describe("sums", () => {
  const data = fc.array(fc.tuple(signed, signed), { minLength: 2, maxLength: 50 });

  test("of parts, pooled, equal the sums of the whole", () => {
    fc.assert(
      fc.property(data, fc.nat(), (pairs, at) => {
        const cut = at % pairs.length;
        const part = (from: number, to: number): Sums =>
          sumsOf(
            Float64Array.from(pairs.slice(from, to), ([r]) => r),
            Float64Array.from(pairs.slice(from, to), ([, c]) => c),
          );
        const whole = part(0, pairs.length);
        const pooled = poolSums([part(0, cut), part(cut, pairs.length)]);
        for (const { name, value: figure } of metricList) {
          if (!Number.isFinite(figure(whole))) continue;
          expect(figure(pooled), name).toBeCloseTo(figure(whole), 9);
        }
        expect(pooled.reference.mean).toBeCloseTo(whole.reference.mean, 8);
        expect(pooled.reference.m2).toBeCloseTo(whole.reference.m2, 4);
      }),
    );
  });

  test("survive JSON, as they travel between threads", () => {
    const sums = sumsOf(Float64Array.of(1, 2), Float64Array.of(1, 3));
    expect(JSON.parse(JSON.stringify(sums))).toEqual(sums);
  });

  test("of more than one block equal those of one value at a time", () => {
    const r = Float64Array.from({ length: 10_000 }, (_, i) => Math.sin(i) + 5);
    const c = r.map((x) => Math.fround(x));
    const single = poolSums(Array.from(r, (_, i) => sumsOf(r.slice(i, i + 1), c.slice(i, i + 1))));
    const whole = sumsOf(r, c);
    expect(whole.errorEnergy / single.errorEnergy).toBeCloseTo(1, 9);
    expect(whole.reference.m2 / single.reference.m2).toBeCloseTo(1, 9);
    expect(whole.elements).toBe(10_000);
  });
});
