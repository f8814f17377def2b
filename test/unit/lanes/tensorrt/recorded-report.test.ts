/** Reports that the gate wrote on an H100 (test/fixtures/h100-trt8.6.1-*): read, judged again, fixed again and shown again. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { readTolerance } from "../../../../src/config/tolerance.ts";
import { toleranceSchema } from "../../../../src/config/tolerance-schema.ts";
import { fixFormats } from "../../../../src/fix/artifact.ts";
import { makeArtifacts } from "../../../../src/fix/artifacts.ts";
import { fixFromReport } from "../../../../src/fix/from-report.ts";
import { openSaved } from "../../../../src/formats/open-saved.ts";
import { readTensor } from "../../../../src/formats/stored-array.ts";
import { judge } from "../../../../src/gate/judge.ts";
import { measure } from "../../../../src/measure/measure.ts";
import type { Measurement } from "../../../../src/measure/measurement.ts";
import type { Metrics } from "../../../../src/measure/metrics.ts";
import type { Summary } from "../../../../src/measure/moments.ts";
import { renderComment } from "../../../../src/report/comment.ts";
import { fromNum, type MeasuredTensor, type ModelReport, type Report, reportSchema } from "../../../../src/report/schema.ts";
import { keepsSame } from "../../../fakes/recorded-search.ts";
import { runEffects } from "../../../fakes/run-effects.ts";

const runs = ["2026-11-24/run1", "2026-11-24/run2", "2026-11-27/run3", "2026-11-27/run4"] as const;
type Run = (typeof runs)[number];
const pathOf = (run: Run, file: string) => join(import.meta.dirname, `../../../fixtures/h100-trt8.6.1-${run}/${file}`);
const textOf = (run: Run, file: string) => readFile(pathOf(run, file), "utf8");

async function recorded(run: Run): Promise<{ readonly report: Report; readonly model: ModelReport }> {
  const report = reportSchema.parse(JSON.parse(await textOf(run, "report.json")));
  const [model] = report.models;
  if (model === undefined) throw new Error("the recording holds no model");
  return { report, model };
}

const numbers = <T extends object>(record: T) => Object.fromEntries(Object.entries(record).map(([name, value]) => [name, fromNum(value)]));
const summaryOf = (figures: MeasuredTensor["reference"] | undefined): Summary => ({
  min: 0,
  max: 0,
  mean: 0,
  std: 0,
  ...numbers(figures ?? {}),
});

/** What was measured, from what the report says of it. */
const measurementOf = (output: MeasuredTensor): Measurement => {
  const metrics: Metrics = numbers(output.metrics);
  return {
    tensor: output.tensor,
    role: "output",
    samples: output.samples,
    elements: output.elements,
    metrics,
    reference: summaryOf(output.reference),
    candidate: summaryOf(output.candidate),
    nonFinite: { reference: 0, candidate: 0 },
    perSampleSqnrDb: [],
  };
};

const judgedAt = (model: ModelReport, limitDb: number) =>
  judge({
    measurements: model.outputs.map(measurementOf),
    coverage: model.coverage,
    outputs: model.outputs.map(({ tensor }) => tensor),
    tolerance: readTolerance(toleranceSchema.parse({ "sqnr-db": { fail: limitDb } })),
    waivers: [],
    today: "2026-11-24",
  });

describe.each(runs)("the report of %s", (run) => {
  it("fits the schema of today, holds engines' figures and is complete", async () => {
    const { report, model } = await recorded(run);
    expect(report).toMatchObject({ complete: true, exitCode: 1, environment: { tensorrt: "8.6.1", gpu: "NVIDIA H100 80GB HBM3" } });
    expect(model.lane).toBe("implicit");
    expect(model.layers).toHaveLength(54);
    expect(model.coverage).toMatchObject({ compared: 1, quantizedUnits: 54, totalUnits: 54, droppedMarks: [] });
    expect(model.noise?.repeatIdentical).toBe(true);
  });

  it("is judged again from its figures to the same verdict, reason and figures", async () => {
    const { model } = await recorded(run);
    // What to do next was worded otherwise when it was recorded.
    // Messages named metrics as the configuration does, then.
    const figures = model.message.replace(/ Look at .*$/, "").replace("sqnr-db", "SQNR");
    expect(judgedAt(model, 25).verdict).toMatchObject({
      kind: model.verdict,
      reason: model.reason,
      message: expect.stringContaining(figures),
    });
    expect(judgedAt(model, 15).verdict.kind).toBe("pass");
  });

  it("renders as a comment that names the verdict and the figure", async () => {
    const { report, model } = await recorded(run);
    const comment = renderComment(report, { jobKey: "local", fixScripts: [] });
    expect(comment).toContain("cls");
    expect(comment).toContain(`${Number(model.outputs[0]?.metrics.sqnrDb).toFixed(1)} dB`);
    expect(comment.length).toBeLessThan(60_000);
  });
});

/** Scripts carry names as base64 in pieces, so that no name can end a string; patterns escape dots. */
const readable = (text: string) =>
  text
    .replace(/"\n\s*"/g, "")
    .replace(/\\/g, "")
    .replace(/[A-Za-z0-9+/]{40,}={0,2}/g, (word) => Buffer.from(word, "base64").toString("utf8"));

const accepted = [
  { run: "2026-11-24/run2", builds: 6, units: 7, layers: 18, confirmed: [true, true] },
  { run: "2026-11-27/run3", builds: 3, units: 13, layers: 44, confirmed: [true, true] },
  // Two other sets were refused before this one.
  { run: "2026-11-27/run4", builds: 8, units: 13, layers: 50, confirmed: [false, false, true, true] },
] as const;

describe.each(accepted)("the fix of $run", ({ run, builds, units, layers, confirmed }) => {
  it(`keeps ${units} units, ${layers} of 305 network layers, which passed two fresh builds on held-out images`, async () => {
    const { model } = await recorded(run);
    expect(model.search).toMatchObject({ outcome: "prefix", builds, units: 54 });
    const keep = model.search?.keep.map(({ unit }) => unit) ?? [];
    expect(keep).toHaveLength(units);
    expect(new Set(model.search?.keep.flatMap((one) => one.layers)).size).toBe(layers);
    const fresh = model.search?.probes.filter(({ phase }) => phase === "confirm") ?? [];
    expect(fresh.map(({ passes }) => passes)).toEqual(confirmed);
    expect(fresh.every(({ kind }) => kind === "measured")).toBe(true);
    const ofSet = fresh.filter((probe) => keepsSame(probe.keep, keep));
    expect(ofSet.map(({ passes }) => passes)).toEqual([true, true]);
  });

  it("is made again as the entry that keeps the units", async () => {
    const { report, model } = await recorded(run);
    const fix = fixFromReport(model, report.tool);
    expect(String(fix && makeArtifacts("config", fix)[0]?.content)).toMatch(/^ +keep: .*\.keep\.json$/m);
  });

  it.each(fixFormats.filter((format) => format !== "config"))(
    "is made again from the report as %s, naming every kept node",
    async (format) => {
      const { report, model } = await recorded(run);
      const fix = fixFromReport(model, report.tool);
      const artifacts = fix === undefined ? [] : makeArtifacts(format, fix);
      expect(artifacts.length).toBeGreaterThan(0);
      expect(artifacts[0]?.command).not.toBe("");
      const text = artifacts.map(({ content }) => readable(String(content))).join("\n");
      const heads = (fix?.kept ?? []).map(({ nodes }) => nodes[0] ?? "");
      const unsayable = new Set(artifacts.flatMap(({ leftOut }) => leftOut.map(({ name }) => name)));
      expect(heads).toHaveLength(units);
      expect(heads.filter((name) => !text.includes(name) && !unsayable.has(name))).toEqual([]);
    },
  );
});

describe("the proof of an accepted set", () => {
  it.each(["2026-11-24/run2", "2026-11-27/run3"] as const)("stands in the report of %s: two fresh builds, both pass", async (run) => {
    const { model } = await recorded(run);
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true, builds: 2 });
  });

  it("is none in the report of run4, which counted the fresh builds of other sets", async () => {
    const { model } = await recorded("2026-11-27/run4");
    expect(model.fix?.verified).toMatchObject({
      by: "engine",
      passes: false,
      builds: 4,
      message: expect.stringContaining("3 of 5 runs pass"),
    });
  });
});

describe("run1, which spent its builds", () => {
  it("claims no accepted set and no verified fix", async () => {
    const { model } = await recorded("2026-11-24/run1");
    expect(model.search).toMatchObject({ outcome: "budget", builds: 8 });
    expect(model.search?.heldOut).toBeNull();
    expect(model.fix?.verified?.passes).not.toBe(true);
  });
});

describe("the recorded outputs of both engines", () => {
  it("give the SQNR of that run when they are measured again", async () => {
    const outputs: { tensor: string; sample: number; reference: number[]; candidate: number[] }[] = JSON.parse(
      await textOf("2026-11-24/run1", "outputs.json"),
    );
    const tensor = (name: string, values: readonly number[]) => ({
      name,
      dtype: "float32" as const,
      shape: [1, values.length],
      data: Float32Array.from(values),
    });
    async function* pairs() {
      for (const { tensor: name, sample, reference, candidate } of outputs)
        yield { sample, tensor: name, role: "output" as const, reference: tensor(name, reference), candidate: tensor(name, candidate) };
    }
    const { measurements } = await measure(pairs(), { topK: 5, atol: 0, rtol: 0, forms: new Map(), seed: 1 });
    expect(outputs).toHaveLength(8);
    // The record's figure for these two engines: cls-implicit, firstDb.
    expect(measurements[0]?.metrics.sqnrDb).toBeCloseTo(21.713574020154887, 5);
  });
});

describe.each(["2026-11-24/run2", "2026-11-27/run4"] as const)("the outputs of the FP16 engine that %s saved", (run) => {
  it("are read as eight images, with the range and the mean that the report names", async () => {
    const { files, end } = await runEffects();
    onTestFinished(end);
    const saved = await openSaved(pathOf(run, "reference.json"), files);
    expect(saved.runners).toHaveLength(1);
    const arrays = saved.runners[0]?.iterations.map((iteration) => iteration.get("softmax_0.tmp_0")) ?? [];
    expect(arrays).toHaveLength(8);
    const reader = await files.open(pathOf(run, "reference.json"));
    onTestFinished(() => reader.close());
    const values: number[] = [];
    for (const array of arrays)
      if (array !== undefined) values.push(...Array.from((await readTensor("softmax", array, reader)).data, Number));
    const told = numbers((await recorded(run)).model.outputs[0]?.reference ?? {});
    expect(values).toHaveLength(16);
    expect(Math.min(...values)).toBeCloseTo(told.min ?? Number.NaN, 6);
    expect(Math.max(...values)).toBeCloseTo(told.max ?? Number.NaN, 6);
    expect(values.reduce((sum, value) => sum + value, 0) / 16).toBeCloseTo(told.mean ?? Number.NaN, 6);
  });
});
