import { expect, test } from "vitest";
import { folder, ocrModel, run } from "./saved-commands.ts";

const load = () => import("../../../src/commands/inputs.ts");
const cls = ocrModel("ch_ppocr_mobile_v2.0_cls_infer.onnx");
const shaped = [cls, "--shapes", "x:1x3x48x192"];

test("writes the same inputs for the same seed, which inspect and compare read", async () => {
  const effects = await folder();
  for (const [name, seed] of [
    ["a", "7"],
    ["b", "7"],
    ["c", "8"],
  ] as const) {
    expect((await run("inputs", load, [...shaped, "--samples", "2", "--seed", seed, "-o", `${name}.json`], effects)).code).toBe(0);
  }
  const text = (name: string) => effects.files.readText(`${effects.folder}/${name}.json`);
  expect(await text("a")).toBe(await text("b"));
  expect(await text("a")).not.toBe(await text("c"));
  const compared = await run("compare", () => import("../../../src/commands/compare.ts"), ["a.json", "b.json", "--json"], effects);
  expect([compared.code, JSON.parse(compared.out).tensors[0]]).toMatchObject([0, { tensor: "x", samples: 2, elements: 2 * 27_648 }]);
});

test("prints to stdout without -o", async () => {
  const effects = await folder();
  const { out } = await run("inputs", load, [...shaped, "--low", "-1"], effects);
  expect(JSON.parse(out)).toEqual([
    { x: { array: expect.stringMatching(/^k05VTVBZ/), made_up_by: "trt-gate inputs", polygraphy_class: "ndarray" } },
  ]);
});

test("takes the shapes that the configuration gives this model", async () => {
  const effects = await folder();
  await effects.files.writeBytes(`${effects.folder}/cls.onnx`, await effects.files.readBytes(cls));
  const entry = "{path: cls.onnx, shapes: {x: [1, 3, 48, 192]}, quantization: {cache: c}, validation: {random: {seed: 0, samples: 8}}}";
  await effects.files.writeText(`${effects.folder}/.github/trt-gate.yml`, `version: 1\nmodels: [${entry}]\n`);
  const { code, log } = await run("inputs", load, ["cls.onnx", "-o", "a.json"], effects);
  expect([code, log.join("\n")]).toEqual([0, expect.stringContaining('"x": 1x3x48x192, as .github/trt-gate.yml has it.')]);
  const inspected = await run("inspect", () => import("../../../src/commands/inspect.ts"), ["a.json", "--json"], effects);
  expect(JSON.parse(inspected.out).runners[0].iterations[0]).toMatchObject([{ tensor: "x", shape: [1, 3, 48, 192], isMadeUp: true }]);
  // Another file than the entry's.
  expect((await run("inputs", load, [cls, "-o", "c.json"], effects)).code).toBe(2);
});

test("asks for the shapes that the model leaves open: exit 2", async () => {
  const effects = await folder();
  const { code, log } = await run("inputs", load, [cls, "-o", "a.json"], effects);
  expect([code, log.join("\n")]).toEqual([2, expect.stringContaining("shapes")]);
});
