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

describeWithPython("the hardware checks", () => {
  it("pass where TensorRT does what they want: a second model in both lanes, agreement with Polygraphy, faults", async () => {
    // The worker is killed in a build, which has to last until then.
    machine = await fakeMachine({ FAKE_TRT_BUILD_SECONDS: "1" });
    const { folder } = machine.run;
    const [out, second] = [join(folder, "record"), join(folder, "picture.onnx")];
    writeFileSync(second, pictureModel());
    const stages = ["machine", "second-implicit", "second-explicit", "agreement", "faults"];
    const words = ["gpu/check.ts", "--out", out, "--python", machine.python, "--second", second, "--stages", stages.join()];
    const run = spawnSync(process.execPath, words, { env: { ...process.env, ...machine.effects.env }, encoding: "utf8" });
    const record: GpuRecord = JSON.parse(readFileSync(join(out, "record.json"), "utf8"));
    expect(record.checks.filter(({ pass }) => !pass)).toEqual([]);
    expect(run.status).toBe(0);
    expect(Object.keys(record.stages)).toEqual(stages);
    expect(record.checks.map(({ stage }) => stage)).toContain("picture-explicit");
  });
});
