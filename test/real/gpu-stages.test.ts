/** The hardware checks themselves, as their command runs them, on the fake TensorRT: what they ask must not rot between two visits to a GPU. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { GpuRecord } from "../../gpu/record.ts";
import { floatTensor, intsAttr, makeNode } from "../../src/onnx/model.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { modelBytes, node } from "../fakes/onnx-models.ts";
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

/** The command in a folder of its own: its exit code and its record. */
async function checked(stages: readonly string[], variables: Readonly<Record<string, string>> = {}) {
  machine = await fakeMachine(variables);
  const { folder } = machine.run;
  const [out, second] = [join(folder, "record"), join(folder, "picture.onnx")];
  writeFileSync(second, pictureModel());
  const words = ["gpu/check.ts", "--out", out, "--python", machine.python, "--second", second, "--stages", stages.join()];
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

  it("pass on faults, where a build lasts until its worker is killed", async () => {
    const { status, record, failed } = await checked(["faults"], { FAKE_TRT_BUILD_SECONDS: "1" });
    expect(failed).toEqual([]);
    expect(status).toBe(0);
    expect(record.checks.filter(({ stage }) => stage === "faults").length).toBeGreaterThan(4);
  });
});
