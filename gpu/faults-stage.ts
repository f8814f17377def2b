/** Faults on the real machine: each must end in the right verdict, exit code and message, and hold no GPU memory afterwards. */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { encodeModel } from "../src/onnx/edit.ts";
import { parseModel } from "../src/onnx/read.ts";
import { reportSchema } from "../src/report/schema.ts";
import { type Bench, models, timed } from "./bench.ts";
import { clsWorkspace, gateCheck } from "./check-stage.ts";

export async function faultsStage(bench: Bench): Promise<void> {
  const before = usedMiB();
  await killedInBuild(bench);
  await killedOutright(bench);
  await unparsable(bench);
  await foreignCache(bench);
  await fullDisk(bench);
  const after = usedMiB();
  bench.recorder.check(
    "faults",
    "GPU memory held afterwards, MiB",
    after !== undefined && before !== undefined && after - before < 64,
    { before, after },
    "no more than before",
  );
}

async function expectUndecided(
  bench: Bench,
  name: string,
  folder: string,
  wanted: string,
  options: Parameters<typeof timed>[1] = {},
  python = bench.python,
): Promise<void> {
  const run = await timed(gateCheck({ ...bench, python }, ["--search", "off"]), { cwd: folder, ...options });
  const model = modelIn(folder);
  bench.recorder.check(
    "faults",
    name,
    run.code === 4 && model?.verdict === "undecided" && model.reason === wanted,
    { exit: run.code, reason: model?.reason ?? null, message: model?.message.slice(0, 300) ?? run.tail.slice(-600), seconds: run.seconds },
    `exit 4, ${wanted}`,
  );
}

const modelIn = (folder: string) => {
  try {
    return reportSchema.parse(JSON.parse(readFileSync(join(folder, "report/report.json"), "utf8"))).models[0];
  } catch {
    return undefined;
  }
};

/** The worker is killed once its first build has begun. */
async function killedInBuild(bench: Bench): Promise<void> {
  const folder = clsWorkspace(bench, "killed");
  const temp = join(folder, "temp");
  mkdirSync(temp);
  let timer: NodeJS.Timeout | undefined;
  await expectUndecided(bench, "worker killed by SIGKILL in a build", folder, "tool-killed", {
    env: { RUNNER_TEMP: temp },
    onStart: (pid) => {
      timer = setInterval(() => {
        const worker = descendants(pid).find((one) => commandOf(one).includes("worker.py"));
        if (worker === undefined || !isDescribed(temp)) return;
        clearInterval(timer);
        setTimeout(() => process.kill(worker, "SIGKILL"), 500);
      }, 100);
    },
  });
  clearInterval(timer);
}

/** The gate itself is killed while its worker builds: the worker must not go on, nor hold memory. */
async function killedOutright(bench: Bench): Promise<void> {
  const folder = clsWorkspace(bench, "killed-outright");
  const temp = join(folder, "temp");
  mkdirSync(temp);
  let worker: number | undefined;
  let timer: NodeJS.Timeout | undefined;
  await timed(gateCheck(bench, ["--search", "off"]), {
    cwd: folder,
    env: { RUNNER_TEMP: temp },
    onStart: (pid) => {
      timer = setInterval(() => {
        worker = descendants(pid).find((one) => commandOf(one).includes("worker.py"));
        if (worker === undefined || !isDescribed(temp)) return;
        clearInterval(timer);
        setTimeout(() => process.kill(pid, "SIGKILL"), 500);
      }, 100);
    },
  });
  clearInterval(timer);
  const start = performance.now();
  while (worker !== undefined && commandOf(worker) !== "" && performance.now() - start < 120_000)
    await new Promise((resolve) => setTimeout(resolve, 50));
  const seconds = (performance.now() - start) / 1000;
  bench.recorder.check(
    "faults",
    "gate killed by SIGKILL in a build: seconds until its worker is gone",
    worker !== undefined && seconds < 10,
    worker === undefined ? "no worker was seen" : seconds,
    "under 10",
  );
}

/** A parsed network is described in the run's folder right before its first build. */
const isDescribed = (temp: string): boolean => readdirSync(temp, { recursive: true }).some((name) => String(name).endsWith("n0.json"));

async function unparsable(bench: Bench): Promise<void> {
  const folder = clsWorkspace(bench, "unparsable");
  const path = join(folder, "cls.onnx");
  const model = parseModel(readFileSync(path), path);
  const node = model.graph.node.find(({ opType }) => opType === "Clip");
  if (node !== undefined) node.opType = "NoSuchOperator";
  writeFileSync(path, encodeModel(model));
  await expectUndecided(bench, "a model TensorRT cannot parse", folder, "parse-failed");
}

async function foreignCache(bench: Bench): Promise<void> {
  const folder = clsWorkspace(bench, "foreign", undefined);
  copyFileSync(models.det.file, join(folder, "cls.onnx"));
  const yaml = readFileSync(join(folder, ".github/trt-gate.yml"), "utf8")
    .replace("[1, 3, 48, 192]", "[1, 3, 320, 320]")
    .replace(", data: calibration.npz, min-samples: 48", "")
    .replace("{data: validation.npz}", "{random: {seed: 1, samples: 2}}");
  writeFileSync(join(folder, ".github/trt-gate.yml"), yaml);
  await expectUndecided(bench, "a cache of another model", folder, "stale-cache");
}

/** A file size limit gives the worker EFBIG where a full disk gives ENOSPC; both are `disk-full`. */
async function fullDisk(bench: Bench): Promise<void> {
  const folder = clsWorkspace(bench, "full");
  const python = join(bench.folder, "limited-python");
  writeFileSync(python, `#!/bin/sh\nulimit -f 8\nexec '${bench.python}' "$@"\n`, { mode: 0o755 });
  await expectUndecided(bench, "a full disk", folder, "disk-full", {}, python);
}

function descendants(pid: number): number[] {
  const children = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => parentOf(name) === pid)
    .map(Number);
  return children.flatMap((child) => [child, ...descendants(child)]);
}

function parentOf(name: string): number {
  try {
    const stat = readFileSync(`/proc/${name}/stat`, "utf8");
    return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[1]);
  } catch {
    return -1;
  }
}

const commandOf = (pid: number): string => {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, "utf8").replaceAll("\0", " ");
  } catch {
    return "";
  }
};

function usedMiB(): number | undefined {
  try {
    return Number(
      execFileSync("nvidia-smi", ["--query-gpu=memory.used", "--format=csv,noheader,nounits"], { encoding: "utf8" }).split("\n")[0],
    );
  } catch {
    return undefined;
  }
}
