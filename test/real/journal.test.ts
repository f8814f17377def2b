/** Where an interrupted search leaves what it measured. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(() => effects.end());

it("is a journal of its own for each entry, also for two entries of one file whose names differ in a separator only", async () => {
  effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"));
  await writeFile(at("m.onnx"), outlierModel());
  await writeFile(at("x.npz"), writeNpz([outlierData(8)]));
  const entry = (name: string) => `
  - name: ${name}
    path: m.onnx
    quantization: {data: x.npz, algorithm: minmax, min-samples: 8}
    validation: {data: x.npz}
    tolerance: {sqnr-db: {fail: 15}}`;
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:${["a b", "a/b", "other"].map(entry).join("")}\nsearch: {budget-minutes: 0.00001}\n`,
  );
  const { report, reportFolder } = await main({ inputs: { lane: "simulate" } }, effects);
  expect(report.models.map(({ search }) => search?.outcome)).toEqual(["budget", "budget", "budget"]);
  const journals = await readdir(join(reportFolder, "journal"));
  expect(journals).toHaveLength(3);
  const heads = await Promise.all(
    journals.map(async (name) => (await readFile(join(reportFolder, "journal", name), "utf8")).split("\n")[0]),
  );
  expect(heads.every((head) => head?.includes("trt-gate search journal"))).toBe(true);
});
