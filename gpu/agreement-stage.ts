/** The same two marked engines run by the worker and by `polygraphy run`: tensors bit for bit, and SNR figure by figure. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { lockGpu } from "../src/effects/gpu-lock.ts";
import { writeInputs } from "../src/formats/polygraphy-writer.ts";
import { writeFeeds } from "../src/lanes/tensorrt/feed-files.ts";
import { findGpu } from "../src/lanes/tensorrt/gpu.ts";
import { markable } from "../src/lanes/tensorrt/layer-map.ts";
import { Session, type Side } from "../src/lanes/tensorrt/session.ts";
import { Worker } from "../src/lanes/tensorrt/worker.ts";
import { measure } from "../src/measure/measure.ts";
import type { TensorPair } from "../src/model/engine.ts";
import { type Bench, clsFeeds, fixtures, jobFor, models, timed } from "./bench.ts";
import { polygraphyEnv } from "./polygraphy-stage.ts";

export async function agreementStage(bench: Bench): Promise<void> {
  const { effects, recorder } = bench;
  const validation = await clsFeeds(bench, "validation", 1);
  const job = jobFor(bench, { name: "agreement", model: models.cls, quantization: {}, validation });
  const gpu = await findGpu(effects);
  const lock = await lockGpu(gpu?.uuid ?? "none", effects, { waitMs: 60_000 });
  const worker = new Worker(effects, bench.python);
  const at = (name: string) => join(job.workFolder, name);
  try {
    const feeds = await writeFeeds(validation, 1, at("feeds"), effects.files);
    const session = new Session({
      effects,
      worker,
      hello: await worker.hello(),
      gpu,
      folder: job.workFolder,
      feeds,
      shapes: job.shapes,
      values: new Map(),
      tensorrt: job.tensorrt,
      deadlineMs: job.deadlineMs,
    });
    const network = await session.network(job.modelPath, false);
    const outputs = network.outputs.flatMap((tensor) => (tensor === null ? [] : [tensor.name]));
    const marks = markable(network.layers).filter((name) => !outputs.includes(name));
    const base = { modelPath: job.modelPath, typed: false, fp16: true, marks };
    const fp16 = await session.make({ ...base, what: "FP16, all marked", int8: false, plan: at("fp16.engine") });
    const int8 = await session.make({
      ...base,
      what: "INT8, all marked",
      int8: true,
      calibration: { cache: join(fixtures, "cls.calibration.cache"), calibrator: "IInt8EntropyCalibrator2" },
      plan: at("int8.engine"),
    });
    await worker.close();

    await writeInputs(at("inputs.json"), validation, effects.files);
    const env = await polygraphyEnv(bench);
    for (const side of ["fp16", "int8"]) {
      const ran = await timed(
        ["polygraphy", "run", at(`${side}.engine`), "--trt", "--load-inputs", at("inputs.json"), "--save-outputs", at(`${side}.json`)],
        { env },
      );
      recorder.check("agreement", `polygraphy runs our ${side} engine`, ran.code === 0, ran.code, "0");
    }
    await timed(
      [
        "polygraphy",
        "run",
        "--load-outputs",
        at("fp16.json"),
        at("int8.json"),
        "--compare",
        "snr",
        "--save-accuracy-results",
        at("accuracy.json"),
      ],
      { env },
    );
    compareSnr(bench, readFileSync(at("accuracy.json"), "utf8"), await ourSqnr(fp16, int8, [...outputs, ...marks]));
  } finally {
    await worker.close();
    await lock.release();
  }
}

async function ourSqnr(reference: Side, candidate: Side, names: readonly string[]): Promise<Map<string, number>> {
  async function* pairs(): AsyncGenerator<TensorPair> {
    for (const tensor of names)
      yield {
        sample: 0,
        tensor,
        role: "layer",
        reference: await reference.tensor(0, tensor),
        candidate: await candidate.tensor(0, tensor),
      };
  }
  const { measurements } = await measure(pairs(), { topK: 5, atol: 0, rtol: 0, forms: new Map(), seed: 1 });
  return new Map(measurements.map(({ tensor, metrics }) => [tensor, metrics.sqnrDb ?? Number.NaN]));
}

/** Polygraphy computes in float32: 0.001 dB is its rounding. */
const toleranceDb = 1e-3;

function compareSnr(bench: Bench, accuracy: string, ours: ReadonlyMap<string, number>): void {
  // Its file holds bare infinities, which JSON does not know.
  const read = JSON.parse(accuracy.replace(/(-?)Infinity|NaN/g, (word) => `"${word}"`));
  const theirs: Record<string, { snr: number | string }> = Object.assign({}, ...read.lst[0].lst[0][1]);
  const differences = Object.entries(theirs).map(([name, result]) => ({
    name,
    theirs: Number(snrOf(result)),
    ours: ours.get(name) ?? Number.NaN,
  }));
  const far = differences.filter(({ theirs: a, ours: b }) => !(a === b || Math.abs(a - b) <= toleranceDb));
  const most = Math.max(0, ...differences.map(({ theirs: a, ours: b }) => (a === b ? 0 : Math.abs(a - b))));
  bench.recorder.check(
    "agreement",
    "SNR of marked layers equals Polygraphy's, dB",
    differences.length > 0 && far.length === 0,
    { tensors: differences.length, largestDifferenceDb: most, far: far.slice(0, 5) },
    `within ${toleranceDb} dB`,
  );
}

const snrOf = (result: { snr: number | string } | { values?: { snr: number | string } }): number | string =>
  "snr" in result ? result.snr : (result.values?.snr ?? "NaN");
