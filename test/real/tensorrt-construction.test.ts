/** The hardware check of network construction (gpu/construction-stage.ts) on the fake TensorRT: it passes on every version, and it can fail. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { constructionStage } from "../../gpu/construction-stage.ts";
import { type CheckResult, openRecord } from "../../gpu/record.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import { helloSchema } from "../../src/lanes/tensorrt/protocol.ts";
import { Worker } from "../../src/lanes/tensorrt/worker.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

async function run(version: string, fault = ""): Promise<readonly CheckResult[]> {
  machine = await fakeMachine({ FAKE_TRT_VERSION: version, FAKE_TRT_FAULT: fault });
  const recorder = openRecord(join(machine.run.folder, "record"), () => {});
  const { effects, python } = machine;
  await constructionStage({
    effects,
    folder: machine.run.folder,
    python,
    gate: [],
    recorder,
    second: undefined,
    pictures: undefined,
    limitDb: 22,
  });
  return recorder.record.checks;
}
const failed = (checks: readonly CheckResult[]) => checks.filter(({ pass }) => !pass).map(({ name }) => name);
const named = (checks: readonly CheckResult[], start: string) => checks.filter(({ name }) => name.startsWith(start)).length;

describeWithPython("the construction checks", () => {
  it.each([
    ["8.6.1", { "weak ": 18, "typed ": 0, implicit: 3 }],
    ["10.15.1", { "weak ": 18, "typed ": 11, implicit: 3 }],
    ["11.2.0", { "weak ": 0, "typed ": 11, implicit: 0 }],
  ])("pass on TensorRT %s, with the typings that it has", async (version, expected) => {
    const checks = await run(version);
    expect(failed(checks)).toEqual([]);
    expect(Object.fromEntries(Object.keys(expected).map((start) => [start, named(checks, start)]))).toEqual(expected);
  });

  it("pass where the builder's kernels are missing: each build says so, and one worker answers to the end", async () => {
    const checks = await run("10.15.1", "no-builder");
    expect(failed(checks)).toEqual([]);
    const builds = checks.filter(({ name }) => name.endsWith(": build"));
    expect(builds.length).toBe(12);
    expect(builds.filter(({ figure }) => !JSON.stringify(figure).includes("libnvinfer_builder_resource_sm90.so.10.15.1"))).toEqual([]);
  });

  it("fail where TensorRT builds some networks and not others", async () => {
    expect(failed(await run("10.15.1", "oom-over:20"))).toEqual(["weak classifier, all marked: build"]);
  });

  it("fail where a network cannot be built that must be, and go on with the others", async () => {
    expect(failed(await run("8.6.1", "no-kernel:p2o.Conv.0"))).toContain("weak classifier, INT8 with kept units: build");
  });
});

describeWithPython("a driver that is too old for TensorRT", () => {
  it("makes the lane unavailable, and is no fault of the model", async () => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: "10.15.1", FAKE_TRT_FAULT: "no-cuda" });
    await expect(prepareLane("implicit", await machine.job())).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(
        /^Parsing the model with TensorRT failed: createInferBuilder: .*CUDA initialization failure.*driver is new enough/,
      ),
    });
  });
});

describeWithPython("the fake TensorRT 10.15.1", () => {
  it("has the features that NVIDIA's own module was recorded with", async () => {
    machine = await fakeMachine({ FAKE_TRT_VERSION: "10.15.1" });
    const worker = new Worker(machine.effects, machine.python);
    const { features } = await worker.hello();
    await worker.close();
    const recorded = readFileSync(join(import.meta.dirname, "../fixtures/tensorrt-10.15.1/hello.json"), "utf8");
    expect(features).toEqual(helloSchema.parse(JSON.parse(recorded)).features);
  });
});
