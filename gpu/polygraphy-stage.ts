/** The equivalent Polygraphy commands, each timed: what the gate's own wall time is compared with. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { checkScript, debugPrecisionArgs } from "../src/debug-precision/command.ts";
import { readDebugPrecision } from "../src/debug-precision/result.ts";
import { runDebugPrecision, writeDebugPrecision } from "../src/debug-precision/run.ts";
import { openSaved } from "../src/formats/open-saved.ts";
import { writeInputs, writeRunResults } from "../src/formats/polygraphy-writer.ts";
import { savedTensor } from "../src/formats/saved-tensor.ts";
import type { FeedSource } from "../src/model/job.ts";
import type { Tensor } from "../src/model/tensor.ts";
import { openFeeds } from "../src/samples/feeds.ts";
import { type Bench, jobFor, type Timed, timed } from "./bench.ts";
import { savedReference } from "./check-stage.ts";
import { classifier, type Subject } from "./gate-run.ts";

/** PATH with a `polygraphy` that is the one of the interpreter under test. */
export async function polygraphyEnv(bench: Bench): Promise<Record<string, string>> {
  const bin = join(bench.folder, "bin");
  mkdirSync(bin, { recursive: true });
  const code = "import sys; sys.argv[0] = 'polygraphy'; from polygraphy.tools import main; sys.exit(main())";
  writeFileSync(join(bin, "polygraphy"), `#!/bin/sh\nexec '${bench.python}' -c "${code}" "$@"\n`, { mode: 0o755 });
  return { PATH: `${bin}:${process.env.PATH}`, CUDA_MODULE_LOADING: "LAZY" };
}

/** Pictures that marked engines run on, and that `debug precision` judges by. */
const pictures = 8;
const builderAt = (level: number) => ["--builder-optimization-level", String(level), "--tactic-sources"];

/** At the recordings' level, against the check stage before it. */
export async function polygraphyStage(bench: Bench): Promise<void> {
  const { recorder } = bench;
  const { seconds, sum } = await polygraphyCommands(bench, "polygraphy", {
    level: 0,
    subject: { ...classifier({ ...bench, pictures: undefined }), limitDb: 25 },
    beforeBisect: async () => ({ reference: savedReference(bench), longestMs: 5 * 60_000 }),
  });
  const own = Number(recorder.record.figures.checkSeconds);
  recorder.record.figures.polygraphySeconds = { ...seconds, sum };
  recorder.check(
    "polygraphy",
    "whole check with search against the sum of these commands",
    own <= sum / 2,
    { checkSeconds: own, polygraphySeconds: sum, ratio: own / sum },
    "at most half",
  );
}

export interface Commands {
  readonly level: number;
  readonly subject: Subject;
  /**
   * Asked when `debug precision` is about to start, with the seconds that the commands took so far: a file of the FP16 engine's outputs, and how long it may
   * run. Beyond that the sum of the commands is only known to be larger.
   */
  readonly beforeBisect: (spent: number) => Promise<{ readonly reference: string; readonly longestMs: number }>;
}

/** The commands one after another; the seconds of each. */
export async function polygraphyCommands(
  bench: Bench,
  stage: string,
  commands: Commands,
): Promise<{ readonly seconds: Readonly<Record<string, number>>; readonly sum: number }> {
  const { recorder } = bench;
  const folder = join(bench.folder, stage);
  mkdirSync(folder, { recursive: true });
  const builder = builderAt(commands.level);
  const env = await polygraphyEnv(bench);
  const { cache, file } = commands.subject;
  const shapes = ["min", "opt", "max"].flatMap((end) => [
    `--trt-${end}-shapes`,
    `${commands.subject.input}:[${commands.subject.shape.join(",")}]`,
  ]);
  const validation = await picturesOf(bench, commands.subject);
  const inputs = join(folder, "inputs.json");
  await writeInputs(inputs, validation, bench.effects.files);
  const int8 = ["--int8", "--fp16", "--calibration-cache", cache];
  const marked = (flags: readonly string[], out: string) => [
    "polygraphy",
    "run",
    file,
    "--trt",
    ...shapes,
    ...builder,
    ...flags,
    "--trt-outputs",
    "mark",
    "all",
    "--load-inputs",
    inputs,
    "--save-outputs",
    out,
  ];
  const steps: Record<string, Timed> = {};
  const step = async (name: string, words: readonly string[]) => {
    steps[name] = await timed(words, { cwd: folder, env });
    recorder.check(
      stage,
      `${name} ends with 0`,
      steps[name].code === 0,
      { code: steps[name].code, seconds: steps[name].seconds, tail: steps[name].code === 0 ? "" : steps[name].tail.slice(-800) },
      "0",
    );
  };
  await step("convert FP16", ["polygraphy", "convert", file, ...shapes, ...builder, "--fp16", "-o", "fp16.engine"]);
  await step("convert INT8", ["polygraphy", "convert", file, ...shapes, ...builder, ...int8, "-o", "int8.engine"]);
  await step("run FP16 marked", marked(["--fp16"], "fp16.json"));
  await step("run INT8 marked", marked(int8, "int8.json"));
  const compare = await timed(["polygraphy", "run", "--load-outputs", "fp16.json", "int8.json", "--atol", "1e-2", "--rtol", "1e-2"], {
    cwd: folder,
    env,
  });
  const compared = compare.code === 0 || compare.code === 1;
  recorder.check(
    stage,
    "compare answers",
    compared,
    { code: compare.code, seconds: compare.seconds },
    "0 or 1: how far INT8 is off is its builder's choice",
  );
  const spent = Object.values(steps).reduce((total, { seconds: took }) => total + took, compare.seconds);
  const bisect = await debugPrecision(bench, validation, stage, { ...commands, ...(await commands.beforeBisect(spent)) });
  await validation.close();
  const seconds = {
    ...Object.fromEntries(Object.entries(steps).map(([name, { seconds: took }]) => [name, took])),
    compare: compare.seconds,
    "debug precision": bisect,
  };
  return { seconds, sum: Object.values(seconds).reduce((total, one) => total + one, 0) };
}

/** The first of the subject's pictures. */
const picturesOf = ({ effects }: Bench, { pictures: path, input, shape }: Subject): Promise<FeedSource> =>
  openFeeds({ kind: "data", path }, [{ name: input, dtype: "float32", shape: [...shape] }], effects, pictures);

/** The real `polygraphy debug precision` through the lane's own runner (`search.method: bisect`), judged on a few pictures. Seconds. */
async function debugPrecision(
  bench: Bench,
  validation: FeedSource,
  stage: string,
  commands: Pick<Commands, "level" | "subject"> & { readonly reference: string; readonly longestMs: number },
): Promise<number> {
  const { file, input, shape, cache: cachePath, limitDb } = commands.subject;
  const job = jobFor(bench, { name: "bisect", model: { file, input, shape }, quantization: { cachePath }, validation });
  const files = await writeDebugPrecision(cachePath, job, checkScript);
  const args = debugPrecisionArgs({
    model: job.modelPath,
    mode: "bisect",
    direction: "forward",
    precision: "float16",
    cachePath: files.cache,
    calibrator: files.calibrator,
    shapes: job.shapes,
    builder: builderAt(commands.level),
    // Their time is measured as a user's own commands take it.
    timingCache: undefined,
    check: { ...files, gate: process.pid },
    artifactsFolder: files.artifactsFolder,
  });
  const reference = join(files.folder, "reference.json");
  await writeRunResults(reference, "reference", firstOutputs(bench, commands.reference, validation.count), bench.effects.files);
  const left = await runDebugPrecision(args, files, job, {
    judge: (candidate) => judged(bench, [reference, candidate], limitDb),
    device: {},
    timeoutMs: commands.longestMs,
  });
  const read = readDebugPrecision({ ...left, direction: "forward", mode: "bisect", units: [], layerNames: [], seed: 1 });
  bench.recorder.check(
    stage,
    "debug precision is read",
    ["prefix", "none", "budget"].includes(read.outcome.kind),
    {
      kind: read.outcome.kind,
      message: read.outcome.message,
      marked: read.layersMarked ?? null,
      total: read.layersTotal ?? null,
      seconds: left.seconds,
    },
    "an answer, or its time limit: the sum is then a lower bound",
  );
  writeFileSync(join(bench.recorder.recordings, "debug-precision.log"), `${left.log}\n--- checks\n${left.checks}`);
  return left.seconds;
}

/** Of a reference engine's saved outputs, those of the first samples. */
async function* firstOutputs({ effects }: Bench, path: string, count: number): AsyncGenerator<Tensor[]> {
  const [runner] = (await openSaved(path, effects.files)).runners;
  for (let sample = 0; sample < count; sample++) {
    const names = [...(runner?.iterations[sample]?.keys() ?? [])];
    const tensors = await Promise.all(names.map((name) => runner && savedTensor(runner, sample, name, effects.files)));
    yield tensors.filter((tensor) => tensor !== undefined);
  }
}

const words: Readonly<Record<number, string>> = { 0: "pass", 1: "fail" };

/** The saved outputs against the reference engine's, by the gate's own command. */
async function judged(bench: Bench, [reference, candidate]: readonly [string, string], limitDb: number): Promise<string> {
  const { code } = await timed([...bench.gate, "compare", reference, candidate, "--tolerance", `sqnr-db=${limitDb}`]);
  return words[code ?? Number.NaN] ?? `compare ended with ${code}`;
}
