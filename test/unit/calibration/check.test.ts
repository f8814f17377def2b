import { describe, expect, test } from "vitest";
import { parseCache, writeCache } from "../../../src/calibration/cache.ts";
import { type CacheCheckRequest, cacheFault, checkCache } from "../../../src/calibration/check.ts";
import { diffCaches } from "../../../src/calibration/diff.ts";
import { parseSidecar, writeSidecar } from "../../../src/calibration/sidecar.ts";
import { FileError } from "../../../src/effects/failure.ts";

const cacheOf = (scales: Record<string, number>) =>
  parseCache(writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales: new Map(Object.entries(scales)) }), "m.cache");
const sidecar = { modelSha256: "aa", algorithm: "entropy", samples: 48, createdAt: "2026-11-24T00:00:00Z" };

const request = (scales: Record<string, number>, parts: Partial<CacheCheckRequest> = {}): CacheCheckRequest => ({
  cache: cacheOf(scales),
  computeInputs: [
    { tensor: "x", node: "Conv.0" },
    { tensor: "h", node: "Conv.1" },
  ],
  tensors: new Set(["x", "h", "y"]),
  modelSha256: "aa",
  sidecar: undefined,
  ...parts,
});

describe("checking a cache against a model", () => {
  test("a scale for every compute input fits", () => {
    const result = checkCache(request({ x: 0.01, h: 0.02, y: 0.5 }));
    expect(result).toMatchObject({ missing: [], orphans: [], implausible: [], problems: [], headerMismatch: undefined, stale: undefined });
    expect(cacheFault(result)).toBeUndefined();
  });

  test("a compute input without a scale, or with scale zero, does not fit and is named with its node", () => {
    for (const scales of [{ x: 0.01 }, { x: 0.01, h: 0 }]) {
      const result = checkCache(request(scales));
      expect(result.missing).toEqual([{ tensor: "h", node: "Conv.1" }]);
      expect(cacheFault(result)).toMatch(/has no scale/);
    }
  });

  test("a scale of zero is said to be one", () => {
    const text = "TRT-8601-EntropyCalibration2\nx: 3c23d70a\nh: 0\n";
    expect(cacheFault(checkCache(request({}, { cache: parseCache(text, "c") })))).toBe(
      'the compute input "h" (its line says 0) has no scale',
    );
  });

  test("an algorithm that TensorRT does not have spoils the file like a missing header", () => {
    const text = "TRT-8503-EntropyCalibrator2\nx: 3c23d70a\nh: 3c23d70a\n";
    expect(cacheFault(checkCache(request({}, { cache: parseCache(text, "c") })))).toMatch(
      /TensorRT has no calibrator that writes "EntropyCalibrator2"/,
    );
  });

  test("a byte order mark before the first line is named, and the line is not said to be missing", () => {
    const text = "\uFEFFTRT-8601-EntropyCalibration2\nx: 3c23d70a\nh: 3c23d70a\n";
    expect(cacheFault(checkCache(request({}, { cache: parseCache(text, "c") })))).toMatch(
      /^a byte order mark stands before its TRT-<version>-<algorithm> line/,
    );
  });

  test("a tensor that no compute node reads needs no scale", () => {
    expect(cacheFault(checkCache(request({ x: 0.01, h: 0.02 })))).toBeUndefined();
  });

  test("orphans are listed, TensorRT's own unnamed layers only counted", () => {
    const result = checkCache(request({ x: 1, h: 1, other: 1, "(Unnamed Layer* 3) [Shuffle]_output": 1 }));
    expect(result).toMatchObject({ orphans: ["other"], unnamedLayers: 1 });
    expect(cacheFault(result)).toBeUndefined();
  });

  test("scales that FP16 could not carry are implausible", () => {
    const { implausible } = checkCache(request({ x: 600, h: 1e-8, y: 0.5 }));
    expect(implausible.map(({ tensor }) => tensor)).toEqual(["x", "h"]);
  });

  test("another version or algorithm than the reader's makes TensorRT ignore the cache", () => {
    const scales = { x: 1, h: 1 };
    expect(checkCache(request(scales, { wanted: { version: "100300" } })).headerMismatch).toContain("8601");
    expect(checkCache(request(scales, { wanted: { algorithm: "MinMaxCalibration" } })).headerMismatch).toContain("EntropyCalibration2");
    expect(checkCache(request(scales, { wanted: { version: "8601", algorithm: "EntropyCalibration2" } })).headerMismatch).toBeUndefined();
    expect(cacheFault(checkCache(request(scales, { cache: parseCache("x: 3f800000\nh: 3f800000\n", "c") })))).toMatch(
      /no TRT-<version>-<algorithm> line/,
    );
  });

  test("a note of another model makes the cache stale, one of this model does not", () => {
    const scales = { x: 1, h: 1 };
    expect(checkCache(request(scales, { sidecar, modelSha256: "bb" })).stale).toContain("aa");
    expect(checkCache(request(scales, { sidecar })).stale).toBeUndefined();
  });
});

describe("comparing two caches", () => {
  test("sorts what moved by its factor, either way", () => {
    const diff = diffCaches(cacheOf({ a: 1, b: 1, c: 1, d: 1, gone: 1 }), cacheOf({ a: 1, b: 1.5, c: 0.25, d: 2, came: 1 }));
    expect(diff.moved.map(({ tensor, ratio }) => [tensor, ratio])).toEqual([
      ["c", 0.25],
      ["d", 2],
      ["b", 1.5],
    ]);
    expect(diff).toMatchObject({ unchanged: 1, added: ["came"], removed: ["gone"], headers: { same: true } });
  });

  test("of a cache with itself finds nothing", () => {
    const cache = cacheOf({ a: 1, b: 2 });
    expect(diffCaches(cache, cache)).toMatchObject({ moved: [], unchanged: 2, added: [], removed: [] });
  });

  test("tells another header", () => {
    const other = parseCache("TRT-100300-MinMaxCalibration\na: 3f800000\n", "n");
    expect(diffCaches(cacheOf({ a: 1 }), other).headers).toEqual({
      old: "TRT-8601-EntropyCalibration2",
      new: "TRT-100300-MinMaxCalibration",
      same: false,
    });
  });
});

describe("the note beside a cache", () => {
  test("is read as it was written", () => {
    expect(parseSidecar(writeSidecar(sidecar), "m.cache.json")).toEqual(sidecar);
  });

  test("that is none is refused by name", () => {
    for (const text of ["", "{", "[]", '{"modelSha256": 1}']) expect(() => parseSidecar(text, "m.cache.json"), text).toThrow(FileError);
  });
});
