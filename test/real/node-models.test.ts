/**
 * The node-test models of the onnx package (1,884 in 1.23.2) through inspect and the whole gate in the simulate lane, in one process. TRT_GATE_NODE_STEP picks
 * every n-th, and every third with a convolution or a matrix product; `npm run test:deep` takes them all.
 */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { inspectFile } from "../../src/commands/inspect-file.ts";
import { fileName } from "../../src/effects/file-name.ts";
import { openSaved } from "../../src/formats/open-saved.ts";
import { readTensor } from "../../src/formats/stored-array.ts";
import { main } from "../../src/main.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import type { ModelReport } from "../../src/report/schema.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { describeWithPython } from "../support/needs.ts";

const step = Number(process.env.TRT_GATE_NODE_STEP ?? "25");
const computeStep = Math.min(step, 3);
const oracle = fileURLToPath(new URL("../oracle/node_models.py", import.meta.url));
/** Models of one run. */
const share = 200;

interface Row {
  readonly name: string;
  /** Holds a convolution or a matrix product. */
  readonly compute: boolean;
  readonly inputs: boolean;
  readonly outputs: boolean;
  /** What right results may differ by (node_models.py): 2e-7, and one unit in the last place of half precision and bfloat16. */
  readonly unit: number;
}
let folder = "";
let rows: readonly Row[] = [];

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "node-models-"));
  rows = JSON.parse(
    execFileSync(oraclePython(), [oracle, folder, String(step), String(computeStep)], { encoding: "utf8", maxBuffer: 2 ** 26 }),
  );
}, 600_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const entryOf = ({ name, inputs }: Row) => `
  - name: ${name}
    path: ${name}/model.onnx
    quantization: {data: ${inputs ? `${name}/inputs.json` : "none.json"}, algorithm: minmax, min-samples: 1}
    validation: ${inputs ? `{inputs: ${name}/inputs.json}` : "{random: {seed: 1, samples: 1}}"}`;

async function checked(models: readonly Row[]): Promise<readonly ModelReport[]> {
  const effects = await runEffects({}, folder);
  mkdirSync(join(folder, ".github"), { recursive: true });
  writeFileSync(join(folder, "none.json"), "[{}]");
  writeFileSync(join(folder, ".github/trt-gate.yml"), `version: 1\nmodels:${models.map(entryOf).join("")}\n`);
  const inputs = { lane: "simulate", search: "off", "changed-only": "false", "save-outputs": "saved" };
  const { report } = await main({ inputs }, effects);
  await effects.end();
  return report.models;
}

async function tensors(path: string): Promise<ReadonlyMap<string, Tensor>> {
  const { files } = await runEffects();
  const saved = await openSaved(path, files);
  const reader = await files.open(path);
  const [arrays] = saved.runners[0]?.iterations ?? [];
  const found = new Map<string, Tensor>();
  for (const [name, array] of arrays ?? []) found.set(name, await readTensor(name, array, reader));
  await reader.close();
  return found;
}

/** Largest difference, against the largest expected magnitude where that is above one. Equal NaN and infinities differ by nothing. */
function difference(ours: Tensor | undefined, theirs: Tensor): number {
  const scale = Math.max(
    1,
    ...Array.from<number | bigint>(theirs.data)
      .map((value) => Math.abs(Number(value)))
      .filter(Number.isFinite),
  );
  if (ours === undefined || ours.data.length !== theirs.data.length) return Number.POSITIVE_INFINITY;
  return Array.from<number | bigint>(theirs.data).reduce<number>((most, wanted, i) => {
    const [a, b] = [Number(ours.data[i]), Number(wanted)];
    return Object.is(a, b) || a === b
      ? most
      : Math.max(most, Number.isNaN(Math.abs(a - b)) ? Number.POSITIVE_INFINITY : Math.abs(a - b) / scale);
  }, 0);
}

describeWithPython("the node-test models of onnx", () => {
  it("are shown by inspect, every one", async () => {
    const effects = await runEffects();
    const refused: string[] = [];
    for (const { name } of rows)
      await inspectFile(join(folder, name, "model.onnx"), effects).catch((error: unknown) => refused.push(`${name}: ${error}`));
    await effects.end();
    expect(rows.length).toBeGreaterThan(100);
    expect(refused).toEqual([]);
  });

  it("each end with a verdict of their own, never as a bug of the gate, and the float side gives what ONNX expects to 2e-7", async () => {
    const reasons = new Map<string, number>();
    const bugs: string[] = [];
    const far: string[] = [];
    let compared = 0;
    for (let at = 0; at < rows.length; at += share) {
      const models = rows.slice(at, at + share);
      const measured = new Set<string>();
      for (const { name, reason, message, outputs } of await checked(models)) {
        if (outputs.length > 0) measured.add(name);
        reasons.set(reason, (reasons.get(reason) ?? 0) + 1);
        if (reason === "internal") bugs.push(`${name}: ${message}`);
      }
      for (const { name, compute, outputs, unit } of models) {
        const path = join(folder, "saved", `${fileName(name)}.reference.json`);
        if (!compute || !outputs || !measured.has(name)) continue;
        compared++;
        const ours = await tensors(path);
        for (const [tensor, expected] of await tensors(join(folder, name, "outputs.json"))) {
          const found = difference(ours.get(tensor), expected);
          if (!(found <= unit)) far.push(`${name} ${tensor}: ${found}`);
        }
      }
    }
    console.log(
      `${rows.length} models, ${rows.filter(({ compute }) => compute).length} with compute nodes, outputs of ${compared} compared; ${[...reasons].map(([reason, count]) => `${reason} ${count}`).join(", ")}`,
    );
    expect(bugs).toEqual([]);
    expect(far).toEqual([]);
    expect(compared).toBeGreaterThan(100 / computeStep);
  }, 1_800_000);
});
