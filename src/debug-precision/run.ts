/**
 * Runs the real `polygraphy debug precision` for `search.method: bisect|linear`: writes what its check reads, starts it, hands back what it left.
 * Its arguments and the reading of its log are search/debug-precision*.ts, handed in by the caller.
 */
import { join } from "node:path";
import { parseCache } from "../calibration/cache.ts";
import { pythonEnv } from "../effects/child-env.ts";
import type { Files } from "../effects/effects.ts";
import { writeInputs, writeRunResults } from "../formats/polygraphy-writer.ts";
import { calibratorOf } from "../lanes/tensorrt/capabilities.ts";
import { entropyCalibrator, polygraphyPlugins } from "../model/build-options.ts";
import type { Engine } from "../model/engine.ts";
import type { EngineJob } from "../model/job.ts";
import { shellWord } from "../model/shell-word.ts";
import type { Tensor } from "../model/tensor.ts";

/** Files of one run, all below its own folder. */
export interface DebugPrecisionFiles {
  readonly folder: string;
  readonly script: string;
  readonly resultsFile: string;
  readonly inputs: string;
  readonly reference: string;
  readonly candidate: string;
  readonly artifactsFolder: string;
  /** A copy of the lane's calibration cache, and the class that reads it. */
  readonly cache: string;
  readonly calibrator: string;
}

/** What `readDebugPrecision` wants to know of the run itself. */
export interface DebugPrecisionLeft {
  readonly log: string;
  readonly checks: string;
  readonly endedWell: boolean;
  readonly timedOut: boolean;
  readonly seconds: number;
}

const mostLogBytes = 64 << 20;
const runPolygraphy = "import sys; sys.argv[0] = 'polygraphy'; from polygraphy.tools import main; sys.exit(main())";

/** Inputs and the reference engine's outputs as Polygraphy files, the check, and a `polygraphy` that is the one of the lane's interpreter. */
export async function writeDebugPrecision(
  plain: { readonly engine: Pick<Engine, "outputs">; readonly cachePath: string },
  job: EngineJob,
  checkScript: string,
): Promise<DebugPrecisionFiles> {
  const { files } = job.effects;
  const folder = join(job.workFolder, "debug-precision");
  const at = (name: string) => join(folder, name);
  await files.makeFolder(at("bin"));
  await files.writeText(at("check.sh"), checkScript);
  await files.writeText(
    join(folder, "bin", "polygraphy"),
    `#!/bin/sh\nexec ${[job.tensorrt.python, "-c", runPolygraphy].map(shellWord).join(" ")} "$@"${polygraphyPlugins(job.tensorrt.plugins)
      .map((word) => ` ${shellWord(word)}`)
      .join("")}\n`,
  );
  await job.effects.exec.run({
    file: "chmod",
    args: ["755", join(folder, "bin", "polygraphy")],
    env: pythonEnv(job.effects.env),
    timeoutMs: 5000,
  });
  await writeInputs(at("inputs.json"), job.validation, files);
  await writeRunResults(at("reference.json"), "reference", referenceOutputs(plain.engine, job.validation.count), files);
  return {
    folder,
    script: at("check.sh"),
    resultsFile: at("checks.txt"),
    inputs: at("inputs.json"),
    reference: at("reference.json"),
    candidate: at("candidate.json"),
    artifactsFolder: at("artifacts"),
    ...(await copyCache(plain.cachePath, at("calibration.cache"), files)),
  };
}

async function copyCache(cachePath: string, copy: string, files: Files): Promise<Pick<DebugPrecisionFiles, "cache" | "calibrator">> {
  await files.copy(cachePath, copy);
  const { algorithm } = parseCache(await files.readText(cachePath), cachePath);
  return { cache: copy, calibrator: calibratorOf(algorithm ?? "") ?? entropyCalibrator };
}

async function* referenceOutputs(engine: Pick<Engine, "outputs">, count: number) {
  for (let sample = 0; sample < count; sample++) {
    const outputs: Tensor[] = [];
    for await (const { reference } of engine.outputs([sample])) if (reference !== undefined) outputs.push(reference);
    yield outputs;
  }
}

/** `args`: everything after the word `polygraphy`. The check stops the run itself on anything that is not bad accuracy. */
export async function runDebugPrecision(
  args: readonly string[],
  { folder, resultsFile }: DebugPrecisionFiles,
  job: EngineJob,
  timeoutMs: number,
): Promise<DebugPrecisionLeft> {
  const { effects } = job;
  const log: string[] = [];
  const result = await effects.exec.run({
    file: job.tensorrt.python,
    args: ["-c", runPolygraphy, ...args],
    cwd: folder,
    env: pythonEnv(effects.env, { PATH: `${join(folder, "bin")}:${effects.env.PATH ?? ""}`, CUDA_MODULE_LOADING: "LAZY" }),
    timeoutMs,
    maxStdoutBytes: mostLogBytes,
    onLine: (line) => {
      log.push(line);
      effects.log.debug(line);
    },
  });
  const written = (await effects.files.stat(resultsFile)) !== undefined;
  return {
    log: log.join("\n"),
    checks: written ? await effects.files.readText(resultsFile) : "",
    endedWell: result.endedBy === "exit" && result.exitCode === 0,
    timedOut: result.endedBy === "timeout",
    seconds: result.durationMs / 1000,
  };
}
