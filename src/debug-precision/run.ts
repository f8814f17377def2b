/**
 * Runs the real `polygraphy debug precision` for `search.method: bisect|linear`: writes what its check reads, starts it, answers its checks, hands back
 * what it left. How outputs are judged is the caller's; the arguments are command.ts, the reading of the log is result.ts.
 */
import { join } from "node:path";
import { parseCache } from "../calibration/cache.ts";
import { pythonEnv } from "../effects/child-env.ts";
import type { Effects, Files } from "../effects/effects.ts";
import { writeInputs } from "../formats/polygraphy-writer.ts";
import { calibratorOf } from "../lanes/tensorrt/capabilities.ts";
import { entropyCalibrator, polygraphyPlugins } from "../model/build-options.ts";
import type { EngineJob } from "../model/job.ts";
import { shellWord } from "../model/shell-word.ts";

/** Files of one run, all below its own folder. */
export interface DebugPrecisionFiles {
  readonly folder: string;
  readonly script: string;
  readonly resultsFile: string;
  readonly inputs: string;
  readonly candidate: string;
  readonly answer: string;
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

/** Inputs as a Polygraphy file, the check, a copy of the calibration cache, and a `polygraphy` that is the one of the lane's interpreter. */
export async function writeDebugPrecision(cachePath: string, job: EngineJob, checkScript: string): Promise<DebugPrecisionFiles> {
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
  return {
    folder,
    script: at("check.sh"),
    resultsFile: at("checks.txt"),
    inputs: at("inputs.json"),
    candidate: at("candidate.json"),
    answer: at("answer"),
    artifactsFolder: at("artifacts"),
    ...(await copyCache(cachePath, at("calibration.cache"), files)),
  };
}

async function copyCache(cachePath: string, copy: string, files: Files): Promise<Pick<DebugPrecisionFiles, "cache" | "calibrator">> {
  await files.copy(cachePath, copy);
  const { algorithm } = parseCache(await files.readText(cachePath), cachePath);
  return { cache: copy, calibrator: calibratorOf(algorithm ?? "") ?? entropyCalibrator };
}

export interface DebugPrecisionRequests {
  /** What the outputs in this file are: `pass`, `fail`, or why that cannot be said. A rejection ends the run. */
  judge(candidate: string): Promise<string>;
  /** Variables that make CUDA use the GPU of this run. */
  readonly device: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
}

/** `args`: everything after the word `polygraphy`. The check stops the run itself on anything that is not bad accuracy. */
export async function runDebugPrecision(
  args: readonly string[],
  paths: DebugPrecisionFiles,
  job: EngineJob,
  { judge, device, timeoutMs }: DebugPrecisionRequests,
): Promise<DebugPrecisionLeft> {
  const over = new AbortController();
  const running = runAnswered(args, paths, job, { device, timeoutMs }).finally(() => over.abort());
  const [left, answered] = await Promise.allSettled([running, answerChecks(paths, judge, job.effects, over.signal)]);
  if (answered.status === "rejected") throw answered.reason;
  if (left.status === "rejected") throw left.reason;
  return left.value;
}

/** How often an engine that waits to be judged is looked for; a build takes seconds. */
const lookMs = 100;

/** Answers each check until the run is over. A check whose judging failed is told that, which stops the run; the failure is thrown on. */
export async function answerChecks(
  { candidate, answer }: Pick<DebugPrecisionFiles, "candidate" | "answer">,
  judge: DebugPrecisionRequests["judge"],
  { files, clock }: Pick<Effects, "files" | "clock">,
  over: AbortSignal,
): Promise<void> {
  const wanted = `${answer}.wanted`;
  while (!over.aborted) {
    await clock.sleep(lookMs, over).catch(() => undefined);
    if (over.aborted || (await files.stat(wanted)) === undefined) continue;
    await files.remove(wanted);
    let word = "the gate could not judge";
    try {
      word = await judge(candidate);
    } finally {
      await files.replaceText(answer, `${word.replaceAll("\n", " ")}\n`);
    }
  }
}

async function runAnswered(
  args: readonly string[],
  { folder, resultsFile }: DebugPrecisionFiles,
  job: EngineJob,
  { device, timeoutMs }: Pick<DebugPrecisionRequests, "device" | "timeoutMs">,
): Promise<DebugPrecisionLeft> {
  const { effects } = job;
  const log: string[] = [];
  const result = await effects.exec.run({
    file: job.tensorrt.python,
    args: ["-c", runPolygraphy, ...args],
    cwd: folder,
    env: pythonEnv(effects.env, { PATH: `${join(folder, "bin")}:${effects.env.PATH ?? ""}`, CUDA_MODULE_LOADING: "LAZY", ...device }),
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
