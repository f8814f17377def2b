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
import { type Bench, placementFrom, root } from "./bench.ts";
import { bisectStage } from "./bisect-stage.ts";
import { checkStage } from "./check-stage.ts";
import { constructionStage } from "./construction-stage.ts";
import { faultsStage } from "./faults-stage.ts";
import { classifierStage } from "./lanes-stage.ts";
import { polygraphyStage } from "./polygraphy-stage.ts";
import { openRecord } from "./record.ts";
import { secondStage } from "./second-stage.ts";
import { calibrationStage, implicitShipStage, secondShipStage, shipStage, truthStage } from "./ship-stage.ts";
import { simulateStage } from "./simulate-stage.ts";
import { thirdStage } from "./third-stage.ts";

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
  "ship-implicit": implicitShipStage,
  truth: truthStage,
  third: thirdStage,
  bisect: bisectStage,
  calibration: calibrationStage,
  "second-ship": secondShipStage,
  simulate: simulateStage,
  faults: faultsStage,
  polygraphy: polygraphyStage,
};

const { values } = parseArgs({
  options: {
    out: { type: "string" },
    python: { type: "string", default: "python3" },
    stages: { type: "string" },
    second: { type: "string" },
    cache: { type: "string" },
    input: { type: "string" },
    shape: { type: "string" },
    order: { type: "string" },
    placement: { type: "string" },
    pictures: { type: "string" },
    calibration: { type: "string" },
    limit: { type: "string", default: "22" },
    level: { type: "string" },
    "reference-plan": { type: "string" },
    runs: { type: "string", default: "2" },
    rebuilds: { type: "string", default: "3" },
    "bisect-seconds": { type: "string", default: "600" },
    beside: { type: "string" },
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
const path = (value: string | undefined) => (value === undefined ? undefined : resolve(value));
const bench: Bench = {
  effects,
  folder,
  python: values.python,
  gate: values.gate.split(" "),
  recorder,
  second: path(values.second),
  cache: path(values.cache),
  input: values.input,
  shape: values.shape?.split(",").map(Number),
  placement: placementFrom(values.placement),
  order: path(values.order),
  pictures: path(values.pictures),
  calibration: path(values.calibration),
  limitDb: Number(values.limit),
  level: values.level === undefined ? undefined : Number(values.level),
  referencePlan: path(values["reference-plan"]),
  runs: Number(values.runs),
  rebuilds: Number(values.rebuilds),
  bisectSeconds: Number(values["bisect-seconds"]),
  beside: path(values.beside),
};
/** What runs unless stages are named: those that need no further files and take no engine level of their own. */
const usual = ["machine", "construction", "check", "implicit", "explicit", "agreement", "ship", "truth", "faults", "polygraphy"];
const possible = bench.second === undefined ? usual : [...usual, "second-implicit", "second-explicit"];
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
