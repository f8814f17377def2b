/** The whole gate on a fake machine and a small model: five convolutions of which INT8 breaks one. */
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import type { FakeMachine } from "./fake-tensorrt.ts";
import { outlierData, outlierModel } from "./outlier-model.ts";

export interface GateRun {
  /** Lines of the one entry of `models:`. */
  readonly entry: readonly string[];
  readonly search?: string;
  readonly fake?: Readonly<Record<string, string>>;
  readonly inputs?: Readonly<Record<string, string>>;
}

/** `level`: the builder's; 0 respects no timing cache. */
export const smallEntry = ({ level = 0, ship = "engine" }: { level?: number; ship?: string } = {}): string[] => [
  "path: m.onnx",
  "quantization: {data: calibration.npz, algorithm: minmax, min-samples: 8}",
  "validation: {data: validation.npz}",
  "tolerance: {sqnr-db: {fail: 15}}",
  `tensorrt: {optimization-level: ${level}, tactic-sources: none, ship: ${ship}}`,
];

/** Writes the model and its samples into the workspace, then runs the gate on a configuration with that one entry. */
export async function runGate(machine: FakeMachine, { entry, search = "{}", inputs = {} }: GateRun) {
  const at = (name: string) => join(machine.effects.cwd, name);
  await writeFile(at("m.onnx"), outlierModel());
  await writeFile(at("calibration.npz"), writeNpz([outlierData(8)]));
  await writeFile(at("validation.npz"), writeNpz([outlierData(24, 4, 4, 100)]));
  const lines = ["version: 1", "models:", "  - name: m", ...entry.map((line) => `    ${line}`), `search: ${search}`, ""];
  await mkdir(at(".github"), { recursive: true });
  await writeFile(at(".github/trt-gate.yml"), lines.join("\n"));
  const outcome = await main({ inputs: { lane: "implicit", python: machine.python, ...inputs } }, machine.effects);
  const [model] = outcome.report.models;
  if (model === undefined) throw new Error("no model was checked");
  return { outcome, report: outcome.report, model };
}
