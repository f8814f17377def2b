/**
 * Inputs, outputs and arithmetic in types that numpy and ONNX Runtime for Node lack (bfloat16, FP8, INT4), in half precision, optional, and without a declared
 * shape, through the whole gate. The right figures are worked out in numpy and ml_dtypes by test/oracle/element_types.py.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { fromNum, type Report } from "../../src/report/schema.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

const oracle = fileURLToPath(new URL("../oracle/element_types.py", import.meta.url));
let effects: RunEffects;
let figures: Readonly<Record<string, number>> = {};

describeWithPython("element types", () => {
  beforeAll(async () => {
    effects = await runEffects();
    figures = JSON.parse(execFileSync(oraclePython(), [oracle, effects.cwd], { encoding: "utf8" }));
  }, 600_000);
  afterAll(() => effects.end());

  async function check(names: readonly string[], source: (name: string) => string): Promise<Report> {
    mkdirSync(join(effects.cwd, ".github"), { recursive: true });
    const entries = names.map(
      (name) => `\n  - {name: ${name}, path: ${name}.onnx, quantization: ${source(name)}, validation: {data: ${name}.val.npz}}`,
    );
    writeFileSync(join(effects.cwd, ".github/trt-gate.yml"), `version: 1\nmodels:${entries.join("")}\n`);
    return (await main({ inputs: { lane: "simulate", search: "off", "changed-only": "false" } }, effects)).report;
  }
  const fromData = (name: string) => `{data: ${name}.cal.npz, algorithm: minmax, min-samples: 1}`;

  it("are run with samples saved in a wider type, and each figure is numpy's to 0.05 dB", async () => {
    const names = Object.keys(figures);
    const { models } = await check(names, fromData);
    expect(names.length).toBe(11);
    const away = models.map(({ name, outputs, message }) => {
      const measured = outputs[0]?.metrics.sqnrDb;
      return [name, measured === undefined ? message : Math.abs(fromNum(measured) - (figures[name] ?? 0)) < 0.05];
    });
    expect(away).toEqual(names.map((name) => [name, true]));
  });

  it("below a byte survive more values than a first run uncovers: ONNX Runtime's own Cast to INT4 would end the process", async () => {
    const many = Int8Array.from({ length: 64 * 16 }, (_, i) => (i % 16) - 8);
    writeFileSync(join(effects.cwd, "many.onnx"), readFileSync(join(effects.cwd, "int4.onnx")));
    writeFileSync(join(effects.cwd, "many.cal.npz"), readFileSync(join(effects.cwd, "int4.cal.npz")));
    writeFileSync(join(effects.cwd, "many.val.npz"), writeNpz([{ name: "x", dtype: "int8", shape: [64, 1, 16], data: many }]));
    const { models } = await check(["many"], fromData);
    expect(models[0]?.verdict, models[0]?.message).not.toBe("undecided");
  });

  it("of integers take no others: samples of another type and values beyond the type's end are refused by name", async () => {
    const beyond = Int8Array.from({ length: 160 }, (_, i) => (i === 77 ? 8 : (i % 16) - 8));
    writeFileSync(join(effects.cwd, "beyond.npz"), writeNpz([{ name: "x", dtype: "int8", shape: [10, 1, 16], data: beyond }]));
    const sources: Readonly<Record<string, string>> = { int4: "uint4.cal.npz", "int4.beyond": "beyond.npz" };
    writeFileSync(join(effects.cwd, "int4.beyond.onnx"), readFileSync(join(effects.cwd, "int4.onnx")));
    writeFileSync(join(effects.cwd, "int4.beyond.val.npz"), readFileSync(join(effects.cwd, "int4.val.npz")));
    const { models, exitCode } = await check(Object.keys(sources), (name) => `{data: ${sources[name]}, algorithm: minmax, min-samples: 1}`);
    expect(models.map(({ reason }) => reason)).toEqual(["configuration", "configuration"]);
    expect(models[0]?.message).toMatch(/input "x" is uint8, the model takes int4\. Save it as int8\./);
    expect(models[1]?.message).toMatch(/sample 4: 'x' holds 8, and int4 ends at -8 and 7\. Correct the data\./);
    expect(exitCode).toBe(2);
  });
});
