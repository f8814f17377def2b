/**
 * How long the layers of a regression take while the ranking of its search is asked ahead, against an earlier commit: whole checks on the stand-in for
 * TensorRT, in turn, on the recorded classifier. Its engines run in the worker; ranking and measuring share this process.
 * Usage: node bench/localise.ts --base FOLDER [--budget-minutes N]
 * FOLDER: a work tree of the earlier commit with its node_modules.
 */
import { spawnSync } from "node:child_process";
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";

const root = fileURLToPath(new URL("..", import.meta.url));
const { values: flags } = parseArgs({
  options: { base: { type: "string" }, run: { type: "string" }, "budget-minutes": { type: "string", default: "1" } },
});

interface Seconds {
  readonly localise: number;
  readonly search: number;
  readonly kept: number;
}

/** One check by the sources in this folder. */
async function checkBy(source: string): Promise<Seconds> {
  const { fakeMachine }: typeof import("../test/fakes/fake-tensorrt.ts") = await import(join(source, "test/fakes/fake-tensorrt.ts"));
  const { main }: typeof import("../src/main.ts") = await import(join(source, "src/main.ts"));
  const { classifier, recorded }: typeof import("../test/fakes/simulate-job.ts") = await import(join(source, "test/fakes/simulate-job.ts"));
  const machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
  try {
    const at = (name: string) => join(machine.effects.cwd, name);
    await copyFile(classifier, at("cls.onnx"));
    for (const name of ["cls.calibration.cache", "validation.npz", "calibration.npz"]) await copyFile(join(recorded, name), at(name));
    await mkdir(at(".github"));
    await writeFile(at(".github/trt-gate.yml"), configuration);
    const { report } = await main({ inputs: { lane: "implicit", python: machine.python } }, machine.effects);
    const [model] = report.models;
    const { localise = Number.NaN, search = Number.NaN } = model?.timings ?? {};
    return { localise, search, kept: model?.search?.keep.length ?? 0 };
  } finally {
    await machine.end();
  }
}

const configuration = `version: 1
models:
  - path: cls.onnx
    shapes: {x: [1, 3, 48, 192]}
    quantization: {cache: cls.calibration.cache, data: calibration.npz, min-samples: 48}
    validation: {data: validation.npz}
    tolerance: {sqnr-db: {fail: 23}}
    tensorrt: {optimization-level: 1, tactic-sources: none}
search: {budget-minutes: ${flags["budget-minutes"]}}
`;

function compare(base: string): void {
  for (const [name, source] of [
    ["before", base],
    ["now", root],
  ] as const) {
    const args = [fileURLToPath(import.meta.url), "--run", source, "--budget-minutes", flags["budget-minutes"]];
    const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: "utf8", maxBuffer: 2 ** 28 });
    if (status !== 0) throw new Error(`${source}: ${stderr.slice(-2000)}`);
    const { localise, search, kept }: Seconds = JSON.parse(stdout.trim().split("\n").at(-1) ?? "");
    print(
      `${name}: localise ${localise.toFixed(1)} s, search ${search.toFixed(1)} s, together ${(localise + search).toFixed(1)} s; ${kept} kept`,
    );
  }
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);

if (flags.run !== undefined) print(JSON.stringify(await checkBy(flags.run)));
else if (flags.base !== undefined) compare(flags.base);
else throw new Error("Give --base FOLDER, a work tree of the commit to compare with.");
