import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { specs } from "../../../src/commands/specs.ts";
import type { Fix } from "../../../src/fix/artifact.ts";
import { keepFileText, keepPath, makeKeep, parseKeepFile } from "../../../src/fix/keep-file.ts";

const fixOf = (units: readonly string[], more: Partial<Fix> = {}): Fix => ({
  gateVersion: "0.1.0 (local)",
  model: { name: "cls", path: "models/cls.onnx", sha256: "ab" },
  kept: units.map((unit) => ({ unit, nodes: [`node of ${unit}`], layers: [] })),
  totalUnits: 9,
  precision: "float16",
  why: "Found.",
  verified: "Passes.",
  ...more,
});

describe("a keep file", () => {
  it("reads back to the same units, whatever their names hold", () => {
    fc.assert(
      fc.property(
        fc.array(
          fc.string({ minLength: 1, unit: "binary" }).map((name) => name.toWellFormed()),
          { maxLength: 5 },
        ),
        (names) => {
          const parsed = parseKeepFile(keepFileText(fixOf(names)));
          expect(parsed).toMatchObject({
            keep: { precision: "float16", units: names.map((unit) => ({ unit, nodes: [`node of ${unit}`] })) },
          });
        },
      ),
    );
  });

  it("has a line a unit, so that a review shows which came and went", () => {
    const lines = keepFileText(fixOf(["a", "b"])).split("\n");
    expect(lines.filter((line) => line.includes('"unit"'))).toEqual([
      '  {"unit":"a","nodes":["node of a"]},',
      '  {"unit":"b","nodes":["node of b"]}',
    ]);
  });

  it.each([
    ["no JSON", "{", "is no JSON"],
    ["another format", '{"format": "x"}', "is no keep file: format"],
    ["no list of units", keepFileText(fixOf(["a"])).replace(/\[\n[\s\S]*\n \]/, "null"), "is no keep file: units"],
    ["a version to come", keepFileText(fixOf(["a"])).replace('"version": 1', '"version": 2'), "is no keep file: version"],
  ])("with %s is told from one", (_, text, fault) => {
    expect(parseKeepFile(text)).toEqual({ fault: expect.stringContaining(fault) });
  });
});

it("lies where the entry has it, else beside the cache, else beside the model", () => {
  const at = (entry?: Record<string, unknown>) => keepPath({ model: fixOf(["a"]).model, ...(entry ? { entry } : {}) });
  expect(at({ keep: "k.json", quantization: { cache: "c.cache" } })).toBe("k.json");
  expect(at({ quantization: { cache: "calibration/cls.cache" } })).toBe("calibration/cls.keep.json");
  expect(at({ keep: ["c2"], quantization: { data: "d.npz" } })).toBe("models/cls.keep.json");
  expect(at()).toBe("models/cls.keep.json");
});

it("the command that it prints is one that the gate has, whatever the model's name", () => {
  const [artifact] = makeKeep(fixOf(["u"], { model: { name: "a b;c", path: "m.onnx", sha256: "0" } }));
  expect(artifact?.command).toBe("trt-gate fix report.json --model 'a b;c' --format keep -o m.keep.json");
  const [inFolder] = makeKeep(fixOf(["u"], { report: "my reports/report.json" }));
  expect(inFolder?.command).toMatch(/^trt-gate fix 'my reports\/report\.json' --model /);
  const flags = Object.keys(specs.find(({ name }) => name === "fix")?.flags ?? {});
  expect(flags).toEqual(expect.arrayContaining(["model", "format", "output"]));
});
