/** What an interrupted search depends on, by content. */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import type { EngineJob } from "../../src/model/job.ts";
import { digestOf } from "../../src/probes/search-fingerprint.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { entryOf } from "../fakes/settings.ts";
import { type JobParts, simulateJob } from "../fakes/simulate-job.ts";

it("is another where data was replaced under the same name, and where precision, options or limits are others", async () => {
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
  const digest = async (change: Partial<EngineJob> = {}, yaml = "tolerance: {sqnr-db: {fail: 15}}") => {
    const staged = await simulateJob(parts);
    const job = { ...staged.job, ...change };
    const lane = await prepareSimulate(job);
    const context = { version: "1", settings: { search: { group: "unit" as const } } };
    const found = await digestOf({ prepared: { lane, job, sha256: "0" }, judging: { entry: entryOf(yaml), seed: 1 }, context });
    await lane.close();
    await staged.effects.end();
    return found;
  };
  const first = await digest();
  expect(await digest()).toBe(first);
  const others = [
    await digest({ keepPrecision: "float32" }),
    await digest({}, "tolerance: {sqnr-db: {fail: 16}}"),
    await digest({ tensorrt: { ...(await simulateJob(parts)).job.tensorrt, optimizationLevel: 3 } }),
  ];
  await write("calibration.npz", 6);
  others.push(await digest());
  await write("calibration.npz", 4);
  await effects.files.writeBytes(
    at("other.npz"),
    writeNpz([{ ...outlierData(4), data: Float32Array.from(outlierData(4).data, Number).map((value) => value / 2) }]),
  );
  await copyFile(at("other.npz"), at("validation.npz"));
  others.push(await digest());
  expect(new Set([first, ...others]).size).toBe(6);
  await effects.end();
});
