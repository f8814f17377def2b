/** Inputs and outputs whose names every object of JavaScript already has, through samples, both sides, report, saved outputs and compare. */
import { mkdirSync, writeFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { fromNum, reportSchema } from "../../src/report/schema.ts";
import { loadSamples } from "../../src/samples/loader.ts";
import { modelBytes, node, weight } from "../fakes/onnx-models.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

let effects: RunEffects;
afterEach(() => effects.end());
const at = (name: string) => join(effects.cwd, name);

async function checked(input: string, output: string) {
  mkdirSync(at(".github"), { recursive: true });
  const nodes = [node("MatMul", [input, "w"], ["hasOwnProperty"]), node("Relu", ["hasOwnProperty"], [output])];
  writeFileSync(at("m.onnx"), modelBytes({ nodes, weights: [weight("w", [4, 3])], inputs: { [input]: ["batch", 4] }, outputs: [output] }));
  const samples = (factor: number) => Float32Array.from({ length: 80 }, (_, i) => 1 + Math.sin(i * factor));
  for (const [name, factor] of [
    ["cal", 1.7],
    ["val", 1.3],
  ] as const)
    writeFileSync(at(`${name}.npz`), writeNpz([{ name: input, dtype: "float32", shape: [20, 1, 4], data: samples(factor) }]));
  const entry = `{path: m.onnx, shapes: {"${input}": [1, 4]}, quantization: {data: cal.npz, algorithm: minmax, min-samples: 1}, validation: {data: val.npz}, tolerance: {tensors: {"${output}": {sqnr-db: {fail: 3}}}}}`;
  writeFileSync(at(".github/trt-gate.yml"), `version: 1\nmodels:\n  - ${entry}\n`);
  const { report } = await main({ inputs: { lane: "simulate", search: "always", "save-outputs": "saved" } }, effects);
  return reportSchema.parse(JSON.parse(JSON.stringify(report))).models[0];
}

it.each([
  ["__proto__", "y"],
  ["x", "__proto__"],
  ["constructor", "toString"],
  ["valueOf", "__proto__"],
])("input %s, output %s: the figure is that of plain names, in the report and from the saved outputs", async (input, output) => {
  effects = await runEffects();
  const plain = (await checked("x", "y"))?.outputs[0]?.metrics;
  await effects.end();
  effects = await runEffects();
  const model = await checked(input, output);
  expect(model).toMatchObject({ verdict: "pass", reason: "within-limits", outputs: [{ tensor: output }] });
  expect(model?.outputs[0]?.metrics).toEqual(plain);
  expect(model?.layers.map(({ tensor }) => tensor)).toEqual(["hasOwnProperty"]);
  const told: string[] = [];
  const line = ["compare", "saved/m.reference.json", "saved/m.candidate.json", "--json"];
  await runLine(line, { effects, io: { out: (text) => void told.push(text), isTerminal: false }, version: "test", loaders });
  expect(JSON.parse(told.join("")).tensors).toMatchObject([{ tensor: output, metrics: { sqnrDb: plain?.sqnrDb } }]);
  expect(fromNum(plain?.sqnrDb ?? "NaN")).toBeGreaterThan(20);
  expect(await readFile(at("saved/m.reference.json"), "utf8")).toContain(`"${output}"`);
});

describeWithPython("a loader", () => {
  it("may yield an input called __proto__", async () => {
    effects = await runEffects();
    writeFileSync(at("load.py"), 'import numpy\n\ndef load_data():\n    yield {"__proto__": numpy.ones((1, 4), numpy.float32)}\n');
    const source = await loadSamples(at("load.py"), oraclePython(), effects, await effects.files.makeTempFolder("loader"));
    expect([...(await source.feed(0)).keys()]).toEqual(["__proto__"]);
  });
});
