/**
 * What the engine lanes rely on up to the build, as a contract with the TensorRT that is there: features, lanes, parsing, typing, precisions, marks,
 * profiles, configuration. A TensorRT without its builder's kernels must say so by our own failure; one with them must build.
 */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { explicitLane, implicitLane } from "../src/lanes/tensorrt/capabilities.ts";
import { prepareExplicit } from "../src/lanes/tensorrt/explicit.ts";
import { findGpu } from "../src/lanes/tensorrt/gpu.ts";
import { prepareImplicit } from "../src/lanes/tensorrt/implicit.ts";
import { Worker } from "../src/lanes/tensorrt/worker.ts";
import type { EngineJob } from "../src/model/job.ts";
import type { PreparedLane } from "../src/model/lane.ts";
import type { Bench } from "./bench.ts";
import { type Contract, classifierJob, openContract } from "./construction-contract.ts";
import { dynamicInput } from "./construction-dynamic.ts";
import { typedFloat, typedQdq } from "./construction-typed.ts";
import { weakFloat, weakQdq } from "./construction-weak.ts";
import { outcomeOf } from "./construction-worker.ts";

export async function constructionStage(bench: Bench): Promise<void> {
  const { effects, python, recorder } = bench;
  const worker = new Worker(effects, python);
  try {
    const hello = await worker.hello();
    const { fp16Flag: weak, stronglyTyped } = hello.features;
    const gpu = await findGpu(effects);
    const skipped = [...(weak ? [] : ["weakly typed networks"]), ...(stronglyTyped ? [] : ["strongly typed networks"])];
    recorder.record.figures.construction = { hello, gpu: gpu ?? null, skipped };
    const contract = openContract(bench, { worker, hello, gpu, stateBefore: undefined, close: async () => {} });
    const { part } = contract;
    featuresAgree(contract);
    if (weak) await part("weak classifier", () => weakFloat(contract));
    if (stronglyTyped) await part("typed classifier", () => typedFloat(contract));
    if (stronglyTyped) await part("typed Q/DQ classifier", () => explicit(contract, true));
    await part("dynamic model", () => dynamicInput(contract));
    if (weak) await part("weak Q/DQ classifier", () => explicit(contract, false));
    if (implicitLane(hello.features).works) await part("implicit", () => implicit(contract));
    contract.check("one worker answered everything", worker.generation() === 1, worker.generation(), "1 start");
  } finally {
    writeFileSync(join(recorder.recordings, "construction.log"), worker.tail().join("\n"));
    await worker.close();
  }
}

/** By version numbers, which decide nothing in the gate itself. */
function featuresAgree({ hello, check }: Contract): void {
  const [major = 0, minor = 0] = hello.tensorrt.split(".").map(Number);
  const works = { implicit: implicitLane(hello.features), explicit: explicitLane(hello.features) };
  const typed = major > 10 || (major === 10 && minor >= 12);
  const expected = works.implicit.works === major < 11 && works.explicit.typed === typed;
  check("lanes by feature", expected, works, "those of this version");
}

/** The explicit lane prepared with the typing asked for: its own files are looked at, then its first engines are tried. */
async function explicit(contract: Contract, typed: boolean): Promise<void> {
  const { check, hello, tools } = contract;
  const name = typed ? "explicit-typed" : "explicit-weak";
  const job = await classifierJob(contract, name);
  const features = { ...hello.features, stronglyTyped: typed, unfusedDebug: typed };
  const lane = await prepareExplicit(job, { ...tools, hello: { ...hello, features } });
  const variant = typed ? "explicit, strongly typed" : "explicit";
  const ready = lane.coverage.variant === variant && lane.coverage.quantizedUnits === lane.units.length && lane.units.length > 0;
  check(`${name}: lane gets ready`, ready, lane.coverage, `${variant}, all units`);
  if (typed) await typedQdq(contract, job);
  else await weakQdq(contract, job);
  await firstEngines(contract, name, job, lane);
}

async function implicit(contract: Contract): Promise<void> {
  const job = await classifierJob(contract, "implicit");
  const lane = await prepareImplicit(job, contract.tools);
  const { quantizedUnits, totalUnits } = lane.coverage;
  contract.check("implicit: lane gets ready", quantizedUnits === totalUnits && totalUnits > 0, lane.coverage, "all units have scales");
  await firstEngines(contract, "implicit", job, lane);
}

/** As far as a pair of outputs of the plain engines, or as far as the first build gets. */
async function firstEngines({ built }: Contract, name: string, job: EngineJob, lane: PreparedLane): Promise<void> {
  const run = async () => {
    let pairs = 0;
    for await (const { reference, candidate } of (await lane.build({ keep: new Set() })).outputs([0]))
      if (reference !== undefined && candidate !== undefined) pairs += 1;
    if (pairs === 0) throw new Error(`${name}: the engines gave no output on both sides`);
  };
  built(`${name} lane`, await outcomeOf(run));
  await job.validation.close();
}
