/** The cache that lies beside a fix. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parseCache } from "../../src/calibration/cache.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import { exportedCache } from "../../src/prepare/exported-cache.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, recorded, recordedJob, type StagedJob, simulateJob, withLane } from "../fakes/simulate-job.ts";

let effects: RunEffects | undefined;
afterEach(async () => {
  await effects?.end();
  effects = undefined;
});

const own = (staged: StagedJob) => withLane(staged, (lane) => exportedCache({ lane, job: staged.job, holdsQdq: false }));

it("holds the scales that simulate made itself, and says that no TensorRT wrote it", async () => {
  const made = { model: classifier, shapes: { x: [1, 3, 48, 192] }, calibration: join(recorded, "calibration.npz") };
  const staged = await simulateJob({ ...made, validation: join(recorded, "validation.npz"), algorithm: "minmax" });
  const { cache, scales } = await withLane(staged, async (lane) => ({
    cache: await exportedCache({ lane, job: staged.job, holdsQdq: false }),
    scales: lane.scales,
  }));
  expect(cache).toMatchObject({ isSimulated: true, algorithm: "MinMaxCalibration" });
  const read = parseCache(cache?.text ?? "", "calibration.cache");
  expect(read.header).toBe("TRT-8601-MinMaxCalibration");
  expect([...read.scales.keys()]).toEqual([...(scales?.keys() ?? [])]);
  expect(read.scales.size).toBeGreaterThan(50);
});

it("is not there where the user's own cache was used, or where the model holds Q/DQ", async () => {
  expect(await own(await recordedJob())).toBeUndefined();
  const staged = await recordedJob();
  expect(await withLane(staged, (lane) => exportedCache({ lane, job: staged.job, holdsQdq: true }))).toBeUndefined();
});

it("is among the files of the fix, since only those are uploaded and merged, as is all else that lies in its folder", async () => {
  effects = await runEffects();
  const at = (name: string) => join(effects?.cwd ?? "", name);
  await mkdir(at(".github"));
  await writeFile(at("m.onnx"), outlierModel());
  await writeFile(at("calibration.npz"), writeNpz([outlierData(8)]));
  await writeFile(at("validation.npz"), writeNpz([outlierData(48, 4, 4, 100)]));
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1
models:
  - path: m.onnx
    quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}
    validation: {data: validation.npz, max-samples: 48}
    tolerance: {sqnr-db: {fail: 15}}
`,
  );
  const { report, reportFolder } = await main({ inputs: { lane: "simulate" } }, effects);
  const files = report.models[0]?.fix?.files ?? [];
  const cache = files.find(({ format }) => format === "cache")?.path ?? "no cache";
  const { scales } = parseCache(await readFile(join(reportFolder, cache), "utf8"), cache);
  expect([...scales.keys()]).toContain("x");
  const inFolder = await readdir(join(reportFolder, dirname(cache)));
  expect(inFolder.map((name) => join(dirname(cache), name)).toSorted()).toEqual([...new Set(files.map(({ path }) => path))].toSorted());
  // Whichever command names the cache means this file.
  expect(files.filter(({ command }) => command.includes("calibration.cache")).length).toBeGreaterThan(0);
});
