/** Values that have no ordinary figure, through the whole `compare`: verdict, exit code, what is said, and that the JSON can be read by anyone. */
import { afterEach, beforeEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { judge } from "../../src/gate/judge.ts";
import { metrics } from "../../src/measure/metrics.ts";
import { input, measured, tolerance } from "../unit/gate/judging.ts";
import { type Workplace, workplace } from "./workplace.ts";

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

const plain = [1, 2, 3, 4];
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const saved = (values: readonly number[], shape: readonly number[] = [1, values.length]) =>
  writeNpz([{ name: "y", dtype: "float32", shape, data: Float32Array.from(values) }]);

async function compared(reference: Uint8Array, candidate: Uint8Array, ...words: readonly string[]) {
  await place.put("a.npz", reference);
  await place.put("b.npz", candidate);
  const { exitCode, out } = await place.trtGate("compare", "a.npz", "b.npz", "--json", ...words);
  return { exitCode, out, result: JSON.parse(out) };
}

it.each([
  ["identical tensors", plain, plain, "pass", 0, { sqnrDb: "Infinity", maxAbs: 0 }],
  ["both sides all zero", [0, 0], [0, 0], "pass", 0, { sqnrDb: "Infinity", cosine: 1 }],
  ["all-zero reference", [0, 0], [0, 1], "regression", 1, { sqnrDb: "-Infinity", cosine: 0, maxAbs: 1 }],
  ["NaN in the candidate only", plain, [1, nan, 3, 4], "regression", 1, { sqnrDb: "NaN", maxAbs: "Infinity" }],
  ["infinity in the candidate only", plain, [1, inf, 3, 4], "regression", 1, { sqnrDb: "NaN", maxAbs: "Infinity" }],
  ["NaN in the reference only", [1, nan, 3, 4], plain, "undecided", 4, { sqnrDb: "NaN", maxAbs: "NaN" }],
  ["NaN on both sides", [1, nan, 3, 4], [1, nan, 3, 4], "undecided", 4, { sqnrDb: "NaN", cosine: "NaN" }],
  ["the same infinity on both sides", [1, inf, 3, 4], [1, inf, 3, 4], "undecided", 4, { sqnrDb: "NaN" }],
  ["empty tensor", [], [], "undecided", 4, {}],
])("%s", async (_, reference, candidate, verdict, exit, figures) => {
  const { exitCode, out, result } = await compared(saved(reference), saved(candidate));
  expect({ exitCode, verdict: result.verdict }, out).toEqual({ exitCode: exit, verdict });
  expect(result.tensors[0].metrics, out).toMatchObject(figures);
  expect(out).toContain('"y"');
});

it("different shapes", async () => {
  const { exitCode, result, out } = await compared(saved(plain, [1, 4]), saved(plain, [1, 2, 2]));
  expect({ exitCode, verdict: result.verdict }, out).toEqual({ exitCode: 4, verdict: "undecided" });
  expect(out).toMatch(/shape-mismatch/);
  expect(out).toMatch(/\[1,\s*4\][\s\S]*\[1,\s*2,\s*2\]/);
});

it("nothing compared", async () => {
  const other = writeNpz([{ name: "z", dtype: "float32", shape: [1, 4], data: Float32Array.from(plain) }]);
  const { exitCode, result, out } = await compared(saved(plain), other);
  expect(exitCode, out).toBe(4);
  expect(result).toMatchObject({ verdict: "undecided", coverage: { compared: 0, onlyReference: ["y"], onlyCandidate: ["z"] } });
});

it("limit that NaN would meet if it were compared the other way round", async () => {
  for (const limit of ["max-abs=1e30", "sqnr-db=-1000", "mean-rel=1e30", "cosine=-1"]) {
    const { exitCode, out } = await compared(saved(plain), saved([1, nan, 3, 4]), "--tolerance", limit);
    expect(exitCode, `${limit}: ${out}`).toBe(1);
  }
});

it("different numbers of samples", async () => {
  for (const name of ["r/0.npz", "r/1.npz", "c/0.npz"]) await place.put(name, saved(plain));
  const { exitCode, out } = await place.trtGate("compare", "r", "c", "--json");
  expect(JSON.parse(out), out).toMatchObject({ verdict: "undecided", reason: "unequal-samples" });
  expect(JSON.parse(out).message).toContain("2 of 2 iterations of the reference and 1 of 1 of the candidate hold it");
  expect(exitCode, out).toBe(4);
});

it("a judged figure that is no number", () => {
  for (const name of Object.keys(metrics)) {
    const limits = { [name]: { fail: 0.5 } };
    const { verdict } = judge(input([measured("y", { [name]: Number.NaN })], { tolerance: tolerance({ limits }) }));
    expect(verdict, name).toMatchObject({ kind: "undecided", reason: "not-a-number", message: expect.stringContaining('"y"') });
  }
});
