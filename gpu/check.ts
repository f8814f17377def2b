/**
 * Runs the engine lanes' checks on a machine with a GPU and writes a dated record: `node gpu/check.ts --out FOLDER`. See gpu/README.md.
 * Exit 0: every check of the stages that ran passed. 1: some failed. 4: nothing ran.
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { plainLog } from "../src/effects/log.ts";
import { realEffects } from "../src/effects/real.ts";
import { inspectMachine } from "../src/lanes/tensorrt/machine.ts";
import { agreementStage } from "./agreement-stage.ts";
import { type Bench, root } from "./bench.ts";
import { checkStage } from "./check-stage.ts";
import { constructionStage } from "./construction-stage.ts";
import { faultsStage } from "./faults-stage.ts";
import { classifierStage } from "./lanes-stage.ts";
import { polygraphyStage } from "./polygraphy-stage.ts";
import { openRecord } from "./record.ts";
import { secondStage } from "./second-stage.ts";
import { shipStage } from "./ship-stage.ts";

async function machineStage({ effects, python, recorder }: Bench): Promise<void> {
  const { gpu, hello, lanes, notes } = await inspectMachine(effects, python);
  recorder.record.machine = { gpu: gpu ?? null, hello: hello ?? null, lanes, notes, node: process.version };
  recorder.check("machine", "TensorRT answers", hello !== undefined, hello?.tensorrt ?? null, "a version");
  recorder.check("machine", "a GPU answers", gpu !== undefined, gpu?.name ?? null, "a name");
}

const stages: Readonly<Record<string, (bench: Bench) => Promise<void>>> = {
  machine: machineStage,
  construction: constructionStage,
  check: checkStage,
  implicit: classifierStage("implicit"),
  explicit: classifierStage("explicit"),
  agreement: agreementStage,
  "second-implicit": secondStage("implicit"),
  "second-explicit": secondStage("explicit"),
  ship: shipStage,
  faults: faultsStage,
  polygraphy: polygraphyStage,
};

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    python: { type: "string", default: "python3" },
    stages: { type: "string" },
    second: { type: "string" },
    pictures: { type: "string" },
    limit: { type: "string", default: "22" },
    gate: { type: "string", default: `${process.execPath} ${join(root, "src/cli.ts")}` },
  },
});
if (values.out === undefined)
  throw new Error("usage: node gpu/check.ts --out FOLDER [--python FILE] [--stages a,b] [--second FILE] [--gate COMMAND]");
const out = resolve(values.out);
mkdirSync(out, { recursive: true });
const folder = mkdtempSync(join(tmpdir(), "gpu-check-"));
const log = plainLog({
  write: (text) => process.stderr.write(text),
  isTerminal: false,
  monotonicMs: () => performance.now(),
  debug: false,
});
const effects = realEffects({ env: { ...process.env }, cwd: folder, log, cancelled: new AbortController().signal });
const recorder = openRecord(out, (line) => process.stderr.write(`${line}\n`));
const second = values.second === undefined ? undefined : resolve(values.second);
const pictures = values.pictures === undefined ? undefined : resolve(values.pictures);
const bench: Bench = {
  effects,
  folder,
  python: values.python,
  gate: values.gate.split(" "),
  recorder,
  second,
  pictures,
  limitDb: Number(values.limit),
};
const possible = Object.keys(stages).filter((name) => second !== undefined || !name.startsWith("second-"));
for (const name of values.stages?.split(",") ?? possible) {
  const stage = stages[name];
  if (stage === undefined) throw new Error(`no stage '${name}'; there are ${Object.keys(stages).join(", ")}`);
  const start = performance.now();
  try {
    await stage(bench);
    recorder.check(name, "stage ran to its end", true, null, "no error");
  } catch (error) {
    recorder.check(
      name,
      "stage ran to its end",
      false,
      error instanceof Error ? (error.stack ?? error.message).slice(0, 1500) : String(error),
      "no error",
    );
  }
  recorder.record.stages[name] = (performance.now() - start) / 1000;
  recorder.save();
}
await effects.dispose();
rmSync(folder, { recursive: true, force: true });
const failed = recorder.record.checks.filter(({ pass }) => !pass);
process.stderr.write(`${recorder.record.checks.length} checks, ${failed.length} failed. ${join(out, "record.json")}\n`);
process.exitCode = recorder.record.checks.length === 0 ? 4 : failed.length === 0 ? 0 : 1;
