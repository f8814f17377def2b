import { describe, expect, it } from "vitest";
import type { SearchFacts } from "../../../src/search/advice/facts.ts";
import { type AdviceFacts, advise } from "../../../src/search/advice/index.ts";

const rules = (facts: AdviceFacts) => advise(facts).map(({ rule }) => rule);
const layers = (count: number, injectedDb: (i: number) => number, accumulatedDb = injectedDb) =>
  Array.from({ length: count }, (_, i) => ({ tensor: `t${i}`, injectedDb: injectedDb(i), accumulatedDb: accumulatedDb(i) }));
const calibration = { algorithm: "entropy", minSamples: 500 };
const search: SearchFacts = { outcome: "found", kept: 2, units: 54, probes: 130, precision: "float16" };

describe("advice", () => {
  it("says nothing without facts, and nothing of a healthy model", () => {
    expect(rules({})).toEqual([]);
    const healthy = { layers: layers(40, () => 45), calibration: { ...calibration, samples: 500, missingScales: [], ranges: [] }, search };
    expect(rules({ ...healthy, latency: { referenceMs: 2, candidateMs: 1 }, accurate: true })).toEqual([]);
  });

  it("always carries a figure", () => {
    const everything = advise({
      layers: layers(40, () => 5),
      calibration: {
        ...calibration,
        samples: 8,
        missingScales: ["x"],
        ranges: [{ tensor: "x", calibratedAmax: 1, seenAmax: 3, ratio: 3 }],
        stale: { modelNewerHours: 5 },
      },
      search: { ...search, outcome: "diffuse", kept: 20, precision: "float32" },
      latency: { referenceMs: 1, fixedMs: 1.5 },
    });
    expect(everything.length).toBeGreaterThanOrEqual(7);
    for (const { text, evidence } of everything) {
      expect(Object.values(evidence).some((value) => typeof value === "number")).toBe(true);
      expect(text).toMatch(/\d/);
    }
  });

  it("suspects the samples where much of the input lies far beyond its calibrated range, and not what an entropy calibration leaves out", () => {
    const input = { tensor: "x", calibratedAmax: 1, seenAmax: 255, ratio: 255, share: 0.99 };
    const found = (more: Partial<typeof input>, facts: AdviceFacts = {}) =>
      advise({ calibration: { ...calibration, inputs: [{ ...input, ...more }] }, ...facts });
    expect(found({}).map(({ text }) => text)).toEqual([
      expect.stringMatching(/99 % of the values of the input "x" .*up to 255, calibrated for 1\)/),
    ]);
    expect(found({ share: 0.05 })).toEqual([]);
    expect(found({ seenAmax: 1.5, ratio: 1.5 })).toEqual([]);
    expect(found({ calibratedAmax: Number.NaN, ratio: Number.NaN })).toEqual([]);
    const moved = { cache: "c", commit: "2b4c6d8", basePassed: true, inputs: ["x"], scales: [{ tensor: "x", ratio: 1 / 255 }] };
    expect(found({}, { moved }).map(({ rule }) => rule)).toEqual(["moved-scales"]);
  });

  it("asks for real samples where every sample is a random number, before samples are prepared anew", () => {
    const inputs = [{ tensor: "x", calibratedAmax: 0.1, seenAmax: 1, ratio: 10, share: 0.9 }];
    const [first, second] = advise({ validation: { samples: 16, madeUp: 16 }, calibration: { ...calibration, inputs } });
    expect(first).toMatchObject({ rule: "made-up-samples", evidence: { samples: 16 } });
    expect(first?.text).toMatch(/^Give real validation samples .*measured on 16 random inputs that the gate made up/);
    expect(second?.rule).toBe("input-range");
    for (const validation of [{ samples: 17, madeUp: 16 }, { samples: 16, madeUp: 0 }, { samples: 0, madeUp: 0 }, undefined])
      expect(rules({ validation })).toEqual([]);
  });

  it("suspects the calibration when nearly all layers are bad by themselves", () => {
    expect(rules({ layers: layers(10, (i) => (i < 8 ? 10 : 40)) })).toContain("all-layers-bad");
    expect(rules({ layers: layers(10, (i) => (i < 7 ? 10 : 40)) })).not.toContain("all-layers-bad");
    expect(rules({ layers: layers(10, () => Number.NaN) })).toEqual([]);
  });

  it("points to the head when only the last layers are bad", () => {
    const only = advise({
      layers: layers(
        20,
        () => 40,
        (i) => (i >= 18 ? 12 : 40),
      ),
    });
    expect(only.map(({ rule, evidence }) => [rule, evidence.firstBad])).toEqual([["last-layers-only", "t18"]]);
    expect(
      rules({
        layers: layers(
          20,
          () => 40,
          (i) => (i === 3 || i >= 18 ? 12 : 40),
        ),
      }),
    ).toEqual([]);
  });

  it.each(["diffuse", "budget", "none", "not-confirmed"] as const)("offers looser limits or QAT when the search ended as %s", (outcome) => {
    expect(rules({ search: { ...search, outcome } })).toEqual(["not-converging"]);
  });

  it("says in words how the search ended, by the limit that is missed, and the one step that settles it", () => {
    const textOf = (more: Partial<SearchFacts>) =>
      advise({ search: { ...search, outcome: "not-confirmed", probes: 1, plainDb: 17.2, ...more }, limitDb: 20 }).find(
        ({ rule }) => rule === "not-converging",
      )?.text;
    expect(textOf({ missed: 'agreement 98.96 % of "label", limit ≥ 99 %', settles: "Set another limit." })).toBe(
      '1 probe over 54 units found no set that is enough on fresh samples too (nothing kept: agreement 98.96 % of "label", limit ≥ 99 %). Set another limit.',
    );
    expect(textOf({})).toContain("found no set that is enough on fresh samples too. Loosen");
  });

  it("says that no calibration could be tried where a diffuse error has only a cache", () => {
    const diffuse = { ...search, outcome: "diffuse", plainDb: 9.1 } as const;
    const [advice, ...others] = advise({ search: diffuse, calibration: { ...calibration, onlyCache: true } });
    expect(advice).toMatchObject({ rule: "no-data", evidence: { units: 54, plainDb: 9.1 } });
    expect(advice?.text).toContain("quantization.data");
    expect(others.map(({ rule }) => rule)).toEqual(["not-converging"]);
    expect(rules({ search: diffuse, calibration })).toEqual(["not-converging"]);
    expect(rules({ search, calibration: { ...calibration, onlyCache: true } })).toEqual([]);
  });

  it("prefers FP16 or blocks over many FP32 units", () => {
    expect(rules({ search: { ...search, kept: 9, precision: "float32" } })).toEqual(["many-float32"]);
    expect(rules({ search: { ...search, kept: 9 } })).toEqual([]);
  });

  it("counts calibration samples only where they are known", () => {
    expect(rules({ calibration: { ...calibration, samples: 499 } })).toEqual(["few-samples"]);
    expect(rules({ calibration })).toEqual([]);
  });

  it("names the tensor that validation drives furthest out of range", () => {
    const ranges = [
      { tensor: "a", calibratedAmax: 2, seenAmax: 2.4, ratio: 1.2 },
      { tensor: "b", calibratedAmax: 2, seenAmax: 3, ratio: 1.5 },
      { tensor: "c", calibratedAmax: 2, seenAmax: 8, ratio: 4 },
      { tensor: "d", calibratedAmax: 2, seenAmax: Number.NaN, ratio: Number.NaN },
    ];
    const [advice] = advise({ calibration: { ...calibration, ranges } });
    expect(advice?.evidence).toMatchObject({ beyond: 2, tensor: "c", ratio: 4 });
  });

  it("calls a cache stale for an older model, another model's note or missing scales", () => {
    expect(rules({ calibration: { ...calibration, stale: { modelNewerHours: 0.5 } } })).toEqual(["stale-cache"]);
    const renewal = { why: "m.cache was made for another version", command: "trt-gate calibrate m.onnx -o m.cache" };
    expect(rules({ calibration: { ...calibration, renewal } })).toEqual(["stale-cache"]);
    expect(rules({ calibration: { ...calibration, missingScales: ["x"] } })).toEqual(["stale-cache"]);
    expect(rules({ calibration: { ...calibration, stale: { modelNewerHours: -3 } } })).toEqual([]);
  });

  it("speaks of time when an accurate engine, or a fix, is no faster than the reference", () => {
    expect(rules({ accurate: true, latency: { referenceMs: 0.61, candidateMs: 0.98 } })).toEqual(["slow"]);
    expect(rules({ accurate: false, latency: { referenceMs: 0.61, candidateMs: 0.98 } })).toEqual([]);
    expect(rules({ accurate: false, latency: { referenceMs: 0.61, candidateMs: 0.4, fixedMs: 0.7 } })).toEqual(["slow"]);
    expect(rules({ accurate: true, latency: { referenceMs: 0, candidateMs: 1 } })).toEqual([]);
  });

  it("takes the slowdown that the user allows for its limit", () => {
    const timed = (candidateMs: number, maxSlowdown: number) =>
      rules({ accurate: true, latency: { referenceMs: 1, candidateMs, maxSlowdown } });
    expect([timed(1.1, 1.2), timed(1.3, 1.2), timed(0.9, 0.8), timed(Number.NaN, 1)]).toEqual([[], ["slow"], ["slow"], []]);
  });
});
