/** The hardware checks themselves, as their command runs them, on the fake TensorRT: what they ask must not rot between two visits to a GPU. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { GpuRecord } from "../../gpu/record.ts";
import { headerWord, writeCache } from "../../src/calibration/cache.ts";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { floatTensor, intsAttr, makeNode } from "../../src/onnx/model.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { modelBytes, node } from "../fakes/onnx-models.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

/** Two convolutions on a picture with channels last and an open batch, as converters from TensorFlow write them. */
function pictureModel(): Uint8Array {
  const wave = (name: string, shape: readonly number[]) =>
    floatTensor(
      name,
      shape,
      Float32Array.from({ length: shape.reduce((product, dim) => product * dim, 1) }, (_, i) => Math.sin(i * 0.7)),
    );
  return modelBytes({
    inputs: { picture: ["N", 8, 12, 3] },
    outputs: ["y"],
    weights: [wave("w1", [4, 3, 3, 3]), wave("w2", [2, 4, 3, 3])],
    nodes: [
      makeNode({ opType: "Transpose", input: ["picture"], output: ["x"], attribute: [intsAttr("perm", [0, 3, 1, 2])] }),
      node("Conv", ["x", "w1"], ["a"], "first"),
      node("Relu", ["a"], ["b"], "relu"),
      node("Conv", ["b", "w2"], ["y"], "second"),
    ],
  });
}

/** Flags for a small model that regresses against 15 dB, with its cache and pictures in the machine's folder. */
function regressing(): string[] {
  const at = (name: string) => join(machine.run.folder, name);
  writeFileSync(at("m.onnx"), outlierModel());
  writeFileSync(at("calibration.npz"), writeNpz([outlierData(24)]));
  writeFileSync(at("pictures.npz"), writeNpz([outlierData(96, 4, 4, 100)]));
  const scales = new Map(["x", "t1", "t2", "t3", "t4", "y"].map((tensor) => [tensor, (tensor === "t1" ? 300 : 4) / 127]));
  writeFileSync(at("m.cache"), writeCache({ version: "8601", algorithm: headerWord.minmax, scales }));
  const model = ["--second", at("m.onnx"), "--cache", at("m.cache"), "--input", "x", "--shape", "1,8,4,4", "--limit", "15"];
  return [...model, "--calibration", at("calibration.npz"), "--pictures", at("pictures.npz")];
}

/** The command on a second model, in a folder of its own: its exit code and its record. */
async function checked(stages: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  machine = await fakeMachine(variables);
  const second = join(machine.run.folder, "picture.onnx");
  writeFileSync(second, pictureModel());
  return runChecks(stages, ["--second", second]);
}

function runChecks(stages: readonly string[], flags: readonly string[]) {
  const out = join(machine.run.folder, "record");
  const words = ["gpu/check.ts", "--out", out, "--python", machine.python, "--stages", stages.join(), ...flags];
  const { status } = spawnSync(process.execPath, words, { env: { ...process.env, ...machine.effects.env }, encoding: "utf8" });
  const record: GpuRecord = JSON.parse(readFileSync(join(out, "record.json"), "utf8"));
  return { status, record, failed: record.checks.filter(({ pass }) => !pass) };
}

describeWithPython("the hardware checks", () => {
  it("pass on a second model in both lanes, and on agreement with Polygraphy", async () => {
    const stages = ["machine", "second-implicit", "second-explicit", "agreement"];
    const { status, record, failed } = await checked(stages);
    expect(failed).toEqual([]);
    expect(status).toBe(0);
    expect(Object.keys(record.stages)).toEqual(stages);
    expect(record.checks.map(({ stage }) => stage)).toContain("picture-explicit");
  });

  it("pass on a small model that regresses: shipped fix, the implicit lane's word, and Polygraphy's commands beside them", async () => {
    machine = await fakeMachine({ FAKE_TRT_NOISE: "0", FAKE_TRT_FREE: "0" });
    const few = ["--runs", "1", "--rebuilds", "1", "--bisect-seconds", "1", "--beside", join(machine.run.folder, "record")];
    const { record, failed, status } = runChecks(["second-ship", "truth", "third"], [...regressing(), "--placement", "core", ...few]);
    // Builds take no time here, so the gate cannot be three times as fast as the commands.
    expect(failed.map(({ name }) => name)).toEqual(["check, search and proof against the sum of the Polygraphy commands"]);
    expect(status).toBe(1);
    const figures = new Map(record.checks.map(({ name, figure }) => [name, figure]));
    expect(figures.get("fix is proved")).toBe("proved");
    expect(figures.get("fix at its limit again")).toHaveLength(1);
    expect(figures.get("implicit-default-1 says what ran")).toMatchObject({ units: { int8: 0, other: 5 } });
  });

  it("pass on that model in the implicit lane, whose fix is a Q/DQ model", async () => {
    machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
    const { record, failed, status } = runChecks(["ship-implicit"], [...regressing(), "--level", "0", "--rebuilds", "1"]);
    expect(failed).toEqual([]);
    expect(status).toBe(0);
    const figures = new Map(record.checks.map(({ name, figure }) => [name, figure]));
    expect(figures.get("fix is proved")).toBe("proved");
    expect(figures.get("fix at its limit again")).toHaveLength(1);
  });

  it("pass on that model with Polygraphy's search and with scales of other algorithms", async () => {
    machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
    const { record, failed, status } = runChecks(["bisect", "calibration"], [...regressing(), "--level", "0"]);
    expect(failed).toEqual([]);
    expect(status).toBe(0);
    const figures = new Map(record.checks.map(({ name, figure }) => [name, figure]));
    expect(figures.get("outcome")).toMatch(/^bisect over 5 network layers found no part to keep: only all layers together passed/);
    expect(figures.get("m-minmax calibrates")).toMatchObject({ algorithm: "minmax" });
  });

  it("pass on faults, where a build lasts until its worker is killed", async () => {
    const { status, record, failed } = await checked(["faults"], { FAKE_TRT_BUILD_SECONDS: "1" });
    expect(failed).toEqual([]);
    expect(status).toBe(0);
    expect(record.checks.filter(({ stage }) => stage === "faults").length).toBeGreaterThan(4);
  });
});
