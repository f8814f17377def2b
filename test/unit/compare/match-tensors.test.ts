import { expect, test } from "vitest";
import { chooseSides } from "../../../src/compare/choose-runner.ts";
import { pairSides } from "../../../src/compare/match-tensors.ts";
import type { Iteration, SavedFile } from "../../../src/formats/saved-file.ts";
import type { StoredArray } from "../../../src/formats/stored-array.ts";
import type { DType } from "../../../src/model/tensor.ts";

const array = (shape: number[] = [2], dtype: DType = "float32"): StoredArray => ({
  kind: "array",
  file: "a.json",
  place: { kind: "raw", start: 0, length: 0 },
  header: { dtype, littleEndian: true, fortranOrder: false, shape, dataOffset: 0, dataBytes: 0 },
});
const iteration = (...names: string[]): Iteration => new Map(names.map((name) => [name, array()]));
const many = (prefix: string, count = 20) => Array.from({ length: count }, (_, i) => `${prefix}${i}`);

test("pairs by exact name only, never by position or part of a name", () => {
  const { tensors, coverage } = pairSides([iteration("y", "conv1", "z")], [iteration("z", "conv10", "w")], new Map());
  expect(tensors.map(({ tensor }) => tensor)).toEqual(["z"]);
  expect(coverage).toEqual({
    referenceTensors: 3,
    candidateTensors: 3,
    compared: 1,
    onlyReference: ["y", "conv1"],
    onlyCandidate: ["conv10", "w"],
  });
});

test("pairs different names where a mapping says so, and then not by their own name", () => {
  const sides = pairSides([iteration("y", "y_fp16")], [iteration("y", "y_fp16")], new Map([["y", "y_fp16"]]));
  expect(sides.tensors.map(({ tensor }) => tensor)).toEqual(["y"]);
  expect(sides.coverage.onlyReference).toEqual(["y_fp16"]);
});

test("refuses a mapping that names nothing or one tensor twice, all at once", () => {
  const map = new Map([
    ["a", "x"],
    ["y", "x"],
  ]);
  expect(() => pairSides([iteration("y")], [iteration("x")], map)).toThrow(
    /"a", which the reference does not hold[\s\S]*one candidate tensor twice/,
  );
});

test("keeps the reference's order of execution", () => {
  const { tensors } = pairSides([iteration("b", "a", "c")], [iteration("c", "b", "a")], new Map());
  expect(tensors.map(({ tensor }) => tensor)).toEqual(["b", "a", "c"]);
});

test("pools iterations", () => {
  const { tensors } = pairSides([iteration("y"), iteration("y")], [iteration("y"), iteration("y")], new Map());
  expect(tensors[0]?.pairs.map(({ sample }) => sample)).toEqual([0, 1]);
});

test("faults every tensor when the numbers of iterations differ", () => {
  const { tensors } = pairSides([iteration("y"), iteration("y")], [iteration("y")], new Map());
  expect(tensors[0]).toMatchObject({
    pairs: [],
    fault: { kind: "unequal-samples", note: expect.stringContaining("2 of 2 iterations of the reference and 1 of 1") },
  });
});

test("faults a tensor that one iteration lacks", () => {
  const { tensors } = pairSides([iteration("y", "z"), iteration("y")], [iteration("y", "z"), iteration("y", "z")], new Map());
  expect(tensors.map(({ tensor, fault }) => [tensor, fault?.kind])).toEqual([
    ["y", undefined],
    ["z", "unequal-samples"],
  ]);
});

test("faults different shapes and never broadcasts", () => {
  const { tensors } = pairSides([new Map([["y", array([2, 1])]])], [new Map([["y", array([2])]])], new Map());
  expect(tensors[0]?.fault).toEqual({ kind: "shape-mismatch", note: "reference is [2, 1], candidate [2] in iteration 0" });
});

test("faults quantised numbers beside values", () => {
  const { tensors } = pairSides([new Map([["y", array()]])], [new Map([["y", array([2], "uint8")]])], new Map());
  expect(tensors[0]).toMatchObject({ pairs: [], fault: { kind: "type-mismatch", note: "reference is float32, candidate uint8" } });
});

test("notes different types and compares them", () => {
  const { tensors } = pairSides([new Map([["y", array()]])], [new Map([["y", array([2], "float16")]])], new Map());
  expect(tensors[0]).toMatchObject({ pairs: [{ sample: 0 }], note: expect.stringContaining("float32, candidate float16") });
});

test("takes the last tensor of each side for a final output, and every tensor of a small file", () => {
  const marked = pairSides([iteration(...many("a"), "out")], [iteration(...many("b"), "out")], new Map());
  expect(marked.finals).toEqual(["out"]);
  const lost = pairSides([iteration(...many("a"), "out")], [iteration(...many("a"))], new Map());
  expect(lost.finals).toContain("out");
  expect(pairSides([iteration("boxes", "scores")], [iteration("scores")], new Map()).finals).toEqual(["boxes", "scores"]);
});

const saved = (path: string, ...names: string[]): SavedFile => ({
  path,
  format: "",
  holds: "outputs",
  notes: [],
  runners: names.map((name) => ({ name, iterations: [] })),
});
const sidesOf = (reference: SavedFile, candidate?: SavedFile, names = {}) => {
  const sides = chooseSides(reference, candidate, names);
  return [sides.reference.name, sides.candidate.name];
};

test("compares one file of two runners with itself, the first as reference", () => {
  expect(sidesOf(saved("a", "fp16", "int8"))).toEqual(["fp16", "int8"]);
});

test("finds a runner by whole name, clear beginning or number", () => {
  const file = saved("a", "trt-N0-1", "trt-N1-1", "ort");
  expect(sidesOf(file, undefined, { reference: "ort", candidate: "trt-N1" })).toEqual(["ort", "trt-N1-1"]);
  expect(sidesOf(file, saved("b", "x"), { reference: "3" })).toEqual(["ort", "x"]);
});

test.each([
  [saved("a", "x"), undefined, {}, "give a second file"],
  [saved("a", "x", "y", "z"), undefined, {}, "--reference-runner"],
  [saved("a", "x", "y"), saved("b", "x"), {}, "Choose one with --reference-runner"],
  [saved("a", "t1", "t2"), saved("b", "x"), { reference: "t" }, "names 2 of 2 runners"],
  [saved("a", "t1"), saved("b", "x"), { candidate: "int8" }, "names 0 of 1 runner"],
  [saved("a"), saved("b", "x"), {}, "no runner"],
])("refuses an unclear choice of runners (%#)", (reference, candidate, names, why) => {
  expect(() => chooseSides(reference, candidate, names)).toThrow(why);
});
