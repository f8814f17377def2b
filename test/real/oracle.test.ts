import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import {
  classifier,
  detector,
  type JobParts,
  pairsOf,
  recogniser,
  recorded,
  recordedJob,
  simulateJob,
  sqnrDb,
  withLane,
} from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

/** The oracle is test/oracle/simulate.py: onnx, numpy and ONNX Runtime, no code of ours. */
const oracle = fileURLToPath(new URL("../oracle", import.meta.url));
let python = "";
let folder = "";
let byteClassifier = "";

beforeAll(() => {
  python = oraclePython();
  folder = mkdtempSync(join(tmpdir(), "oracle-"));
  const pictures = join(recorded, "calibration.npz");
  for (const [kind, source] of [
    ["crops", pictures],
    ["stacked", pictures],
    ["bytes", recorded],
  ] as const) {
    execFileSync(python, [join(oracle, "make_samples.py"), kind, source, join(folder, kind)]);
  }
  byteClassifier = execFileSync(
    python,
    ["-c", "import pathlib, magika; print(pathlib.Path(magika.__file__).parent / 'models/standard_v3_3/model.onnx', end='')"],
    { encoding: "utf8" },
  );
}, 600_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface OracleResult {
  readonly sqnrDb: Readonly<Record<string, number>>;
  readonly units: number;
}

const ask = (job: Readonly<Record<string, string>>): OracleResult =>
  JSON.parse(execFileSync(python, [join(oracle, "simulate.py")], { input: JSON.stringify(job), encoding: "utf8", maxBuffer: 2 ** 26 }));

async function expectAgreement(parts: JobParts, theirs: OracleResult) {
  await withLane(await simulateJob(parts), async (lane) => {
    expect(lane.units.length).toBe(theirs.units);
    const pairs = await pairsOf(lane);
    expect(Object.keys(theirs.sqnrDb)).toEqual(lane.outputs);
    for (const [output, expected] of Object.entries(theirs.sqnrDb)) {
      expect(Number.isFinite(expected)).toBe(true);
      expect(Math.abs(sqnrDb(pairs.filter((pair) => pair.tensor === output)) - expected)).toBeLessThan(0.05);
    }
  });
}

describeWithPython("the simulate lane against an independent Python check, to 0.05 dB", () => {
  it("agrees on the text-direction classifier with the recorded TensorRT cache", async () => {
    const [cache, validation] = [join(recorded, "cls.calibration.cache"), join(recorded, "validation.npz")];
    await expectAgreement(
      { model: classifier, shapes: { x: [1, 3, 48, 192] }, cache, validation },
      ask({ model: classifier, cache, validation }),
    );
  });

  it("agrees on a text recogniser (convolutions and attention)", async () => {
    const [calibration, validation] = [join(folder, "crops.calibration.npz"), join(folder, "crops.validation.npz")];
    await expectAgreement(
      { model: recogniser, shapes: { x: [1, 3, 48, 192] }, calibration, validation },
      ask({ model: recogniser, calibration, validation }),
    );
  });

  it("agrees on a text detector (segmentation with transposed convolutions)", async () => {
    const [calibration, validation] = [join(folder, "stacked.calibration.npz"), join(folder, "stacked.validation.npz")];
    await expectAgreement(
      { model: detector, shapes: { x: [1, 3, 96, 192] }, calibration, validation },
      ask({ model: detector, calibration, validation }),
    );
  });

  it("agrees on a byte classifier (integer input, one-dimensional convolution, no Softmax node)", async () => {
    const [calibration, validation] = [join(folder, "bytes.calibration.npz"), join(folder, "bytes.validation.npz")];
    await expectAgreement(
      { model: byteClassifier, shapes: { bytes: [1, 2048] }, calibration, validation },
      ask({ model: byteClassifier, calibration, validation }),
    );
  });
});

describeWithPython("the recorded INT8 engine", () => {
  it("is within 3 dB of what the simulate lane says for the recorded pictures", async () => {
    const load =
      "import numpy, json, sys; z = numpy.load(sys.argv[1]); print(json.dumps({k: z[k].astype(float).tolist() for k in z.files}))";
    const engine: { fp16: number[][]; int8: number[][] } = JSON.parse(
      execFileSync(python, ["-c", load, join(recorded, "engine_outputs.npz")], { encoding: "utf8" }),
    );
    const [reference, candidate] = [engine.fp16.flat(), engine.int8.flat()];
    const signal = reference.reduce((sum, value) => sum + value ** 2, 0);
    const noise = reference.reduce((sum, value, i) => sum + (value - (candidate[i] ?? Number.NaN)) ** 2, 0);
    const engineDb = 10 * Math.log10(signal / noise);
    await withLane(await recordedJob(), async (lane) => expect(Math.abs(sqnrDb(await pairsOf(lane)) - engineDb)).toBeLessThan(3));
  });
});
