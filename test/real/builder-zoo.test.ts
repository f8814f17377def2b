/**
 * NVIDIA's strongly typed builder takes every explicit model that the gate writes from the zoo's float models, in both placements, wherever it takes the float
 * model itself; and what it says of the zoo's own quantised files. One process asks about all of them.
 */
import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builderPython } from "../../scripts/python-env.ts";
import { ConfigError } from "../../src/effects/failure.ts";
import { readModel } from "../../src/onnx/read.ts";
import { unknownOperators } from "../../src/onnx/tensorrt-operators.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { describeWithBuilder } from "../support/needs.ts";
import { asItStands, type ExplicitModel, writeExplicit } from "../zoo/explicit.ts";
import { type ZooEntry, zoo, zooFile } from "../zoo/zoo.ts";

interface Answer {
  readonly taken: boolean;
  readonly messages: readonly string[];
}

const script = fileURLToPath(new URL("../oracle/builder_many.py", import.meta.url));
const floats = zoo.filter(({ float }) => float === undefined);
const own = zoo.filter(({ float }) => float !== undefined);

/** Float models that the builder refuses itself: branches in an If whose scope it cannot tell, an operator of scikit-learn. */
const notForTensorRt: Readonly<Record<string, RegExp>> = {
  "torch-voice-op15": /graphScope/,
  "torch-voice-half": /graphScope/,
  "sklearn-classifier": /Plugin not found/,
};
/** Of opset 6, from which nothing can be raised. */
const tooOld = zoo.filter(({ producer }) => producer === "PyTorch exporter of 2018").map(({ name }) => name);
/** Nothing outside bodies computes. */
const inBodies = ["torch-voice-op18", "spox-voice-in-if"];
/** ModelOpt's placement leaves all of it in float. */
const allSmall = ["functions-mlp", "sklearn-regressor", "sklearn-classifier"];
/** Quantised files that it refuses: INT32 bias behind DequantizeLinear, INT16, operators of ONNX Runtime. */
const refusedFiles: Readonly<Record<string, RegExp>> = {
  "ort-qdq-u8s8": /input has type Int32/,
  "ort-qdq-s8s8": /input has type Int32/,
  "ort-qdq-per-channel": /input has type Int32/,
  "ort-qdq-only-conv": /input has type Int32/,
  "ort-qdq-int16": /x_zero_point/,
  "ort-qoperator": /Plugin not found|false/,
  "ort-dynamic": /false/,
};

let effects: RunEffects;
let written: readonly ExplicitModel[] = [];
const faults = new Map<string, string>();
const answers = new Map<string, Answer>();

async function write(entry: ZooEntry): Promise<readonly ExplicitModel[]> {
  try {
    return await writeExplicit(entry, effects);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    faults.set(entry.name, error.message);
    return [];
  }
}

function ask(models: readonly ExplicitModel[]): void {
  const [jobs, results] = [join(effects.folder, "jobs.json"), join(effects.folder, "answers.jsonl")];
  writeFileSync(jobs, JSON.stringify(models.map(({ path, shapes }) => ({ model: path, shapes }))));
  execFileSync(builderPython(), [script, jobs, results], { stdio: "pipe", timeout: 600_000 });
  const lines = readFileSync(results, "utf8").trim().split("\n");
  for (const [i, { name }] of models.entries()) answers.set(name, JSON.parse(lines[i] ?? "null") as Answer);
}

const saidOf = (name: string): string => answers.get(name)?.messages.join("\n") ?? "";

describeWithBuilder("the strongly typed builder on the zoo", () => {
  beforeAll(async () => {
    effects = await runEffects();
    const all: ExplicitModel[] = [];
    for (const entry of floats) all.push(...(await write(entry)));
    written = all;
    ask([...written, ...own.map(asItStands), ...floats.filter(({ name }) => name in notForTensorRt).map(asItStands)]);
  }, 900_000);
  afterAll(() => effects.end());

  it("is asked about both placements of every float model that has something to quantise", () => {
    const schemes = new Map(floats.map(({ name }) => [name, written.filter((one) => one.name.startsWith(`${name} (`)).length]));
    expect([...faults.keys()].toSorted()).toEqual(tooOld.toSorted());
    expect([...faults.values()].every((message) => /uses opset 6; Q\/DQ need opset 13/.test(message))).toBe(true);
    for (const { name } of floats) {
      const none = tooOld.includes(name) || inBodies.includes(name);
      expect([name, schemes.get(name)]).toEqual([name, none ? 0 : allSmall.includes(name) ? 1 : 2]);
    }
    expect(written.length).toBeGreaterThan(30);
  });

  it("takes each of them whose float model it takes", () => {
    const refused = written.filter(({ name }) => answers.get(name)?.taken !== true).map(({ name }) => name.split(" ")[0] ?? "");
    expect([...new Set(refused)].toSorted()).toEqual(Object.keys(notForTensorRt).toSorted());
  });

  it.each(Object.entries(notForTensorRt))("refuses %s with and without Q/DQ for the same reason", (name, words) => {
    expect(answers.get(name)?.taken).toBe(false);
    for (const asked of [name, ...written.filter((one) => one.name.startsWith(`${name} (`)).map((one) => one.name)])
      expect(saidOf(asked)).toMatch(words);
  });

  it("has no plugin for the operators that are told to be missing, and none is told of another model", async () => {
    const told: string[] = [];
    for (const entry of zoo) {
      const { graph } = await readModel(zooFile(entry), effects.files, { weights: "left-in-file" });
      if (unknownOperators(graph.node).length > 0) told.push(entry.name);
    }
    expect(told).toEqual(Object.keys(notForTensorRt).filter((name) => notForTensorRt[name]?.source === "Plugin not found"));
    expect(told).toEqual(["sklearn-classifier"]);
  });

  it("takes ModelOpt's files, and says why not of those that only ONNX Runtime takes", () => {
    const refused = own.filter(({ name }) => answers.get(name)?.taken !== true).map(({ name }) => name);
    expect(refused.toSorted()).toEqual(Object.keys(refusedFiles).toSorted());
    for (const name of refused) expect(saidOf(name)).toMatch(refusedFiles[name] ?? /^$/);
    expect(own.filter(({ name }) => name.startsWith("modelopt-") && answers.get(name)?.taken === true)).toHaveLength(5);
  });
});
