/** What an interrupted search depends on, by content. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import type { EngineJob } from "../../src/model/job.ts";
import { withKept } from "../../src/prepare/kept-units.ts";
import { digestOf } from "../../src/probes/search-fingerprint.ts";
import { keptUnit } from "../../src/report/build.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { entryOf } from "../fakes/settings.ts";
import { type JobParts, simulateJob } from "../fakes/simulate-job.ts";

it("is another where data was replaced under the same name, and where anything else that an answer depends on is other", async () => {
  const effects = await runEffects();
  const at = (name: string) => join(effects.folder, name);
  await effects.files.writeBytes(at("m.onnx"), outlierModel());
  const write = (name: string, count: number) => effects.files.writeBytes(at(name), writeNpz([outlierData(count)]));
  await write("validation.npz", 4);
  await write("calibration.npz", 4);
  const parts: JobParts = {
    model: at("m.onnx"),
    shapes: {},
    validation: at("validation.npz"),
    calibration: at("calibration.npz"),
  };
  const limits = "tolerance: {sqnr-db: {fail: 15}}";
  const drops = "tolerance: {sqnr-db: {fail: 15}, baseline: {sqnr-db: {drop: 1}}}";
  const digest = async (change: Partial<EngineJob> = {}, yaml = limits, { keep = 0, today = "2026-11-24", before = 20 } = {}) => {
    const staged = await simulateJob(parts);
    const job = { ...staged.job, ...change };
    const lane = await prepareSimulate(job);
    const context = { version: "1", settings: { search: { group: "unit" as const } } };
    const units = lane.units.slice(0, keep);
    const kept = {
      file: "k.json",
      precision: job.keepPrecision,
      units: units.map((unit) => keptUnit(unit)),
      ids: new Set(units.map(({ id }) => id)),
    };
    const prepared = { lane: withKept(lane, kept), job, sha256: "0", ...(keep > 0 ? { kept } : {}) };
    const judging = { entry: entryOf(yaml), seed: 1, today, baseline: new Map([["y", { metrics: { sqnrDb: before } }]]) };
    const found = await digestOf({ prepared, judging, context });
    await lane.close();
    await staged.job.validation.close();
    await staged.job.quantization.data?.close();
    await staged.effects.end();
    return found;
  };
  const first = await digest();
  const waived = `${limits}\nwaivers: [{tensor: y, reason: known, until: 2026-11-30}]`;
  expect([await digest(), await digest({}, limits, { before: 21 })]).toEqual([first, first]);
  expect(await digest({}, waived, { today: "2026-12-01" })).toBe(first);
  await write("saved.npz", 4);
  const saved: EngineJob["reference"] = { kind: "saved", path: at("saved.npz"), shownAs: "saved.npz" };
  const others = [
    await digest({}, limits, { keep: 1 }),
    await digest({}, limits, { keep: 2 }),
    await digest({}, waived),
    await digest({}, drops),
    await digest({}, drops, { before: 21 }),
    await digest({ reference: { kind: "fp32" } }),
    await digest({ reference: saved }),
    await digest({ keepPrecision: "float32" }),
    await digest({}, "tolerance: {sqnr-db: {fail: 16}}"),
    await digest({ tensorrt: { ...(await simulateJob(parts)).job.tensorrt, optimizationLevel: 3 } }),
  ];
  await write("saved.npz", 6);
  others.push(await digest({ reference: saved }));
  await write("calibration.npz", 6);
  others.push(await digest());
  await write("calibration.npz", 4);
  await effects.files.writeBytes(
    at("other.npz"),
    writeNpz([{ ...outlierData(4), data: Float32Array.from(outlierData(4).data, Number).map((value) => value / 2) }]),
  );
  await copyFile(at("other.npz"), at("validation.npz"));
  others.push(await digest());
  expect(new Set([first, ...others]).size).toBe(14);
  await effects.end();
});
