import { describe, expect, it } from "vitest";
import { defaultTolerance } from "../../../src/config/tolerance.ts";
import { toleranceFromFile, toleranceFromFlag } from "../../../src/config/tolerance-text.ts";
import { ConfigError } from "../../../src/effects/failure.ts";

const problemsOf = (read: () => unknown): readonly string[] => {
  try {
    read();
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
};

describe("--tolerance", () => {
  it("replaces the default limits by the metrics it names", () => {
    expect(toleranceFromFlag("sqnr-db=20, max-abs=0.1,top1-agreement=1")).toEqual({
      ...defaultTolerance(),
      limits: { sqnrDb: { fail: 20 }, maxAbs: { fail: 0.1 }, top1Agreement: { fail: 1 } },
    });
  });

  it("keeps the default limits where it names only settings, or nothing", () => {
    expect(toleranceFromFlag("top-k=3,atol=0.01")).toEqual({ ...defaultTolerance(), topK: 3, atol: 0.01 });
    expect(toleranceFromFlag(undefined)).toEqual(defaultTolerance());
    expect(toleranceFromFlag(" ").limits).toEqual({ sqnrDb: { fail: 20 }, cosine: { fail: 0.997 } });
  });

  it("names every problem at once", () => {
    expect(problemsOf(() => toleranceFromFlag("snr-db=20,cosine=,max-abs=NaN,mean-abs=1,mean-abs=2,max-rel=1=2,exact-match"))).toEqual([
      expect.stringMatching(/^--tolerance names "snr-db", which is no metric; did you mean "sqnr-db"\? Allowed: sqnr-db, cosine,/),
      '--tolerance gives cosine the value ""; write a number, e.g. cosine=20.',
      '--tolerance gives max-abs the value "NaN"; write a number, e.g. max-abs=20.',
      '--tolerance gives "mean-abs" twice; keep one.',
      '--tolerance gives max-rel the value "1=2"; write a number, e.g. max-rel=20.',
      '--tolerance gives exact-match the value ""; write a number, e.g. exact-match=20.',
    ]);
  });

  it("refuses a value out of the metric's range", () => {
    expect(problemsOf(() => toleranceFromFlag("cosine=2,min-coverage=-1"))).toEqual([
      "--tolerance: cosine.fail is 2; it must be at most 1.",
      "--tolerance: min-coverage is -1; it must be at least 0.",
    ]);
  });
});

describe("a tolerance file", () => {
  it("holds what stands below tolerance: in the configuration", () => {
    const text = "cosine: {fail: 0.9, warn: 0.95}\ntensors:\n  logits: {max-abs: {fail: 1}}\n";
    expect(toleranceFromFile({ path: "t.yml", text })).toEqual({
      ...defaultTolerance(),
      limits: { cosine: { fail: 0.9, warn: 0.95 } },
      tensors: [{ pattern: "logits", limits: { maxAbs: { fail: 1 } } }],
    });
  });

  it("may hold the tolerance block itself, and problems have its lines", () => {
    expect(toleranceFromFile({ path: "t.yml", text: "tolerance:\n  cosine: {fail: 0.9}\n" }).limits).toEqual({ cosine: { fail: 0.9 } });
    expect(problemsOf(() => toleranceFromFile({ path: "t.yml", text: "tolerance:\n  cosin: 1\n  max-abs: {fail: 1, warn: 2}\n" }))).toEqual(
      [expect.stringMatching(/^t\.yml:2: cosin is no key; did you mean "cosine"\?/)],
    );
  });

  it.each([
    [
      "cosine: {fail: 0.9, warn: 0.8}\n",
      "t.yml:1: cosine.warn is 0.8 and would be reached only after fail (0.9); move it to the good side of fail.",
    ],
    ["max-abs: {fail: 1}\nmax_rel: {fail: 1}\n", 't.yml:2: max_rel is no key; did you mean "max-rel"?'],
    ["cosine: [\n", "t.yml:2: "],
  ])("with a fault is refused with its line: %j", (text, expected) => {
    expect(problemsOf(() => toleranceFromFile({ path: "t.yml", text }))[0]).toContain(expected);
  });
});
