/** The cache that lies beside a fix. */
import { join } from "node:path";
import { expect, it } from "vitest";
import { parseCache } from "../../src/calibration/cache.ts";
import { exportedCache } from "../../src/prepare/exported-cache.ts";
import { classifier, recorded, recordedJob, type StagedJob, simulateJob, withLane } from "../fakes/simulate-job.ts";

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
