import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { writeRunResults } from "../../../src/formats/polygraphy-writer.ts";
import { writeNpz } from "../../../src/formats/write-npz.ts";
import type { Tensor } from "../../../src/model/tensor.ts";
import type { RunEffects } from "../../fakes/run-effects.ts";
import { fixture, folder, recorded, run } from "./saved-commands.ts";

const compare = async (words: readonly string[], effects?: RunEffects) =>
  run("compare", () => import("../../../src/commands/compare.ts"), words, effects ?? (await folder()));
const json = async (words: readonly string[], effects?: RunEffects) => {
  const ran = await compare([...words, "--json"], effects);
  return { ...ran, value: JSON.parse(ran.out) };
};

type Values = Readonly<Record<string, readonly number[]>>;
const tensorsOf = (values: Values): Tensor[] =>
  Object.entries(values).map(([name, data]) => ({ name, dtype: "float32", shape: [data.length], data: Float32Array.from(data) }));

async function save(effects: RunEffects, name: string, ...iterations: Values[]): Promise<string> {
  const path = `${effects.folder}/${name}.json`;
  const tensors = async function* () {
    for (const values of iterations) yield tensorsOf(values);
  };
  await writeRunResults(path, name, tensors(), effects.files);
  return path;
}

test("passes two plain engines' outputs within the default limits: exit 0", async () => {
  const { code, out } = await compare([recorded("fp16_final_output.json"), recorded("int8_final_output.json")]);
  expect(code).toBe(0);
  expect(out).toContain("softmax_0.tmp_0  29.6 dB  0.9995");
  expect(out).toContain("1 of 1 tensor compared");
  expect(out).toContain("PASS (within-limits)");
});

test("finds the regression of the recorded layers, first failing in order of execution: exit 1", async () => {
  const { code, value } = await json([recorded("fp16_layers_subset.json"), recorded("int8_layers_subset.json")]);
  expect(code).toBe(1);
  expect(value).toMatchObject({
    verdict: "regression",
    exitCode: 1,
    firstFailing: "p2o.MatMul.1",
    coverage: { compared: 40, onlyReference: [] },
    stoppedEarly: false,
  });
  expect(value.tensors.find(({ tensor }: { tensor: string }) => tensor === "p2o.MatMul.1")).toMatchObject({
    level: "fail",
    decidedBy: { metric: "sqnrDb", limit: 20 },
  });
});

test("stops at the first failing tensor with --fail-fast", async () => {
  const { code, value } = await json([recorded("fp16_layers_subset.json"), recorded("int8_layers_subset.json"), "--fail-fast"]);
  expect(code).toBe(1);
  expect(value.stoppedEarly).toBe(true);
  expect(value.tensors.at(-1).tensor).toBe("p2o.MatMul.1");
});

test("takes limits from --tolerance instead of the defaults", async () => {
  const files = [recorded("fp16_final_output.json"), recorded("int8_final_output.json")];
  expect((await compare([...files, "--tolerance", "sqnr-db=30"])).code).toBe(1);
  expect((await compare([...files, "--tolerance", "max-abs=0.02"])).code).toBe(0);
  const wrong = await compare([...files, "--tolerance", "sqnr=30"]);
  expect(wrong.code).toBe(2);
  expect(wrong.log.join("\n")).toContain("sqnr-db");
});

test("takes limits by tensor from --tolerance-file", async () => {
  const effects = await folder();
  const files = [recorded("fp16_layers_subset.json"), recorded("int8_layers_subset.json")];
  await effects.files.writeText(
    `${effects.folder}/t.yml`,
    'tolerance:\n  sqnr-db: {fail: 22}\n  tensors: {"p2o.*": {sqnr-db: {fail: 5}}}\n',
  );
  const { code, value } = await json([...files, "--tolerance-file", "t.yml"], effects);
  expect(value.firstFailing).not.toBe("p2o.MatMul.1");
  expect(code).toBe(value.exitCode);
  await effects.files.writeText(`${effects.folder}/t.yml`, "sqnr-dB: 22\n");
  const wrong = await compare([...files, "--tolerance-file", "t.yml"], effects);
  expect([wrong.code, wrong.log.join("\n")]).toEqual([2, expect.stringContaining("sqnr-dB")]);
  expect((await compare([...files, "--tolerance-file", "none.yml"], effects)).code).toBe(2);
});

test("judges by Polygraphy's rule of atol and rtol", async () => {
  const effects = await folder();
  const [r, c] = [await save(effects, "r", { y: [1, 2, 4, 8] }), await save(effects, "c", { y: [1, 2, 4, 8.5] })];
  const { value } = await json([r, c, "--tolerance", "atol=0,rtol=0.05,cosine=0.9"], effects);
  expect(value.tensors[0].metrics.allclose).toBe(0.75);
  const loose = await json([r, c, "--tolerance", "atol=0.1,rtol=0.05,cosine=0.9"], effects);
  expect(loose.value.tensors[0].metrics.allclose).toBe(1);
});

test("compares the two runners of one file", async () => {
  const { code, value } = await json([fixture("polygraphy-0.53/two-runners.json")]);
  expect(code).toBe(0);
  expect([value.reference.runner, value.candidate.runner, value.reference.iterations]).toEqual(["fp16", "int8", 2]);
  const turned = await json([fixture("polygraphy-0.53/two-runners.json"), "--reference-runner", "int8", "--candidate-runner", "fp16"]);
  expect(turned.value.reference.runner).toBe("int8");
  expect((await compare([recorded("fp16_final_output.json")])).code).toBe(2);
});

test("is undecided on different numbers of iterations: exit 4", async () => {
  const effects = await folder();
  const { code, value } = await json(
    [await save(effects, "r", { y: [1, 2] }, { y: [1, 2] }), await save(effects, "c", { y: [1, 2] })],
    effects,
  );
  expect([code, value.verdict, value.reason]).toEqual([4, "undecided", "unequal-samples"]);
});

test("is undecided on different shapes: exit 4", async () => {
  const effects = await folder();
  const { code, value, out } = await json([await save(effects, "r", { y: [1, 2] }), await save(effects, "c", { y: [1, 2, 3] })], effects);
  expect([code, value.reason]).toEqual([4, "shape-mismatch"]);
  expect(out).toContain("reference is [2], candidate [3]");
});

test.each([
  ["[]", "0 iterations"],
  ["{}", "1 iteration"],
])("names the file that holds nothing, and asks for no more samples: %s", async (text, count) => {
  const effects = await folder();
  await effects.files.writeText(`${effects.cwd}/empty.json`, text);
  const { code, out, log } = await compare(["empty.json", await save(effects, "y", { y: [1, 2] })], effects);
  expect(code).toBe(4);
  expect(log.join("\n")).toContain(`empty.json holds no tensor (${count}). Save it again with --save-outputs (polygraphy)`);
  expect(out).toContain("UNDECIDED (nothing-compared)");
  expect(out).not.toContain("weak-evidence");
  expect(log.filter((line) => line.includes("holds no tensor"))).toHaveLength(1);
});

test("is undecided when nothing is common, or a final output is on one side only: exit 4", async () => {
  const effects = await folder();
  const [y, z, both] = [
    await save(effects, "y", { y: [1, 2] }),
    await save(effects, "z", { z: [1, 2] }),
    await save(effects, "both", { y: [1, 2], z: [1, 2] }),
  ];
  const nothing = await json([y, z], effects);
  expect([nothing.code, nothing.value.reason]).toEqual([4, "nothing-compared"]);
  for (const files of [
    [both, y],
    [y, both],
  ]) {
    const missing = await json(files, effects);
    expect([missing.code, missing.value.verdict]).toEqual([4, "undecided"]);
    expect(missing.log.join("\n")).toContain("warning: Only in the");
  }
});

test("only warns of layers on one side, when the final output is on both", async () => {
  const effects = await folder();
  const layers = (prefix: string) => Object.fromEntries(Array.from({ length: 12 }, (_, i) => [`${prefix}${i}`, [1, 2, 3]]));
  const files = [await save(effects, "r", { ...layers("a"), out: [1, 2] }), await save(effects, "c", { ...layers("b"), out: [1, 2] })];
  const { code, value, log } = await json(files, effects);
  expect([code, value.coverage.compared]).toEqual([0, 1]);
  expect(log.filter((line) => line.startsWith("warning: Only in the"))).toHaveLength(2);
});

test("pairs names by --map", async () => {
  const effects = await folder();
  const files = [await save(effects, "r", { y: [1, 2] }), await save(effects, "c", { y_fp16: [1, 2] })];
  expect((await compare([...files, "--map", "y=y_fp16"], effects)).code).toBe(0);
  expect((await compare([...files, "--map", "y=nothing"], effects)).code).toBe(2);
  expect((await compare([...files, "--map", "y"], effects)).code).toBe(2);
});

test.each([
  [[Number.NaN, 2], [1, 2], 4, "nonfinite-reference"],
  [[1, 2], [Number.NaN, 2], 1, "nonfinite-candidate"],
  [[1, 2], [Number.POSITIVE_INFINITY, 2], 1, "nonfinite-candidate"],
  [[Number.NaN, 2], [Number.NaN, 2], 4, "nonfinite-both"],
  [[], [], 4, "empty-tensor"],
  [[0, 0], [0, 0], 0, "within-limits"],
  [[0, 0], [1, 0], 1, "limit-exceeded"],
])("judges %j against %j with exit %i, %s", async (reference, candidate, code, reason) => {
  const effects = await folder();
  const ran = await json([await save(effects, "r", { y: reference }), await save(effects, "c", { y: candidate })], effects);
  expect([ran.code, ran.value.reason]).toEqual([code, reason]);
});

test.each([
  ["a truncated dump", async () => (await readFile(recorded("int8_final_output.json"))).subarray(0, 500), "at byte 500"],
  ["a pickle", async () => Uint8Array.of(0x80, 4), "pickle"],
])("refuses %s with its place: exit 2", async (_, content, why) => {
  const effects = await folder();
  await effects.files.writeBytes(`${effects.folder}/x.json`, await content());
  const { code, log } = await compare([recorded("fp16_final_output.json"), `${effects.folder}/x.json`], effects);
  expect([code, log.join("\n")]).toEqual([2, expect.stringContaining(why)]);
});

test("names a file that is not there: exit 2", async () => {
  const { code, log } = await compare([recorded("fp16_final_output.json"), "none.json"]);
  expect([code, log.join("\n")]).toEqual([2, expect.stringContaining("none.json does not exist")]);
});

test("writes a page of the comparison", async () => {
  const effects = await folder();
  await compare([recorded("fp16_layers_subset.json"), recorded("int8_layers_subset.json"), "--html", "out/compare.html"], effects);
  const html = await effects.files.readText(`${effects.folder}/out/compare.html`);
  expect(html).toContain("<!doctype html>");
  expect(html).toContain("p2o.MatMul.1");
  expect(html).toContain("saved outputs");
});

test("prints hostile names without their commands", async () => {
  const effects = await folder();
  const name = "::error::x\u001b[31m\n##[add-mask]y";
  const { out } = await compare([await save(effects, "r", { [name]: [1, 2] }), await save(effects, "c", { [name]: [1, 2] })], effects);
  expect(out).not.toMatch(/^\s*::/m);
  expect(out).not.toContain("##[");
  expect(out).not.toContain("\u001b");
});

test("is undecided when it is cancelled: exit 4", async () => {
  const effects = await folder();
  const cancelled = { ...effects, cancelled: AbortSignal.abort() };
  const { code, out } = await compare([recorded("fp16_final_output.json"), recorded("int8_final_output.json")], cancelled);
  expect([code, out]).toEqual([4, ""]);
});

test("judges each row as a sample with --rows, as if each had been saved as an iteration", async () => {
  const effects = await folder();
  const rows = Array.from({ length: 20 }, (_, i) => Array.from({ length: 6 }, (_, k) => Math.sin(i * 6 + k)));
  const spoiled = rows.map((row, i) => row.map((value) => (i === 3 ? 0 : value + 0.01)));
  for (const [name, side] of Object.entries({ a: rows, b: spoiled })) {
    const tensor = (shape: readonly number[], values: readonly number[]): Tensor[] => [
      { name: "y", dtype: "float32", shape, data: Float32Array.from(values) },
    ];
    const iterations = async function* () {
      for (const row of side) yield tensor([1, 6], row);
    };
    await effects.files.writeBytes(`${effects.folder}/${name}.npz`, writeNpz(tensor([20, 6], side.flat())));
    await writeRunResults(`${effects.folder}/${name}.json`, name, iterations(), effects.files);
  }
  const [byRow, byIteration] = [await json(["a.npz", "b.npz", "--rows"], effects), await json(["a.json", "b.json"], effects)];
  expect(byRow.value.tensors).toEqual(byIteration.value.tensors);
  expect(byRow.value.message).toContain("19 of 20 samples");
  const whole = await json(["a.npz", "b.npz"], effects);
  expect(whole.value.caveats[0].message).toContain(
    "One iteration of 20 rows counts as one sample; where axis 0 counts samples, add --rows.",
  );
});

test("refuses --rows where the arrays have no rows in common: exit 2", async () => {
  const effects = await folder();
  const file = await save(effects, "one", { y: [1, 2, 3], z: [1, 2] });
  expect((await compare([file, file, "--rows"], effects)).code).toBe(2);
});

test("shows the limit that decided and the distance to it, and no step that saved files do not have", async () => {
  const { out } = await compare([recorded("fp16_layers_subset.json"), recorded("int8_layers_subset.json")]);
  expect(out).toMatch(/nearest limit +margin +result/);
  expect(out).toMatch(/p2o\.MatMul\.1 .*SQNR ≥ 20 dB +−\d+\.\d+ dB +fail/);
  expect(out).not.toMatch(/fix where|calibrate anew/);
});
