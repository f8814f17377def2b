/** The commands that a report prints are run as they stand, by the real Polygraphy on the fake TensorRT, in a folder with the user's files. */
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { buildWith } from "../../src/artifacts/build-flags.ts";
import { writeCache } from "../../src/calibration/cache.ts";
import { writeInputs } from "../../src/formats/polygraphy-writer.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import { measure } from "../../src/measure/measure.ts";
import type { Tensor } from "../../src/model/tensor.ts";
import { DataType } from "../../src/onnx/model.ts";
import { type FakeMachine, fakeMachine, recordedCache } from "../fakes/fake-tensorrt.ts";
import { encode, modelProto, node, weight } from "../fakes/onnx-models.ts";
import { classifier, pairsOf } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

describeWithPython("the printed polygraphy commands", () => {
  it("build both engines, run them and compare them to the figure that the gate measured", async () => {
    machine = await fakeMachine({ FAKE_TRT_NOISE: "0" });
    const job = await machine.job();
    const { prepared: lane } = await prepareLane("implicit", job);
    const folder = join(machine.run.folder, "by-hand");
    await mkdir(folder);
    await copyFile(classifier, join(folder, "model.onnx"));
    await copyFile(recordedCache, join(folder, "calibration.cache"));
    await writeInputs(join(folder, "inputs.json"), job.validation, machine.effects.files);
    const pairs = await pairsOf(lane);
    const commands = lane.reproduce({ keep: new Set() }).filter((line) => line.startsWith("polygraphy "));
    await lane.close();
    expect(commands).toHaveLength(5);
    for (const command of commands) {
      const ran = await machine.byHand(command, folder);
      // The comparison ends with 1: INT8 misses Polygraphy's default limits, and that is its answer.
      expect([command, ran.exitCode, ran.exitCode === 0 || command.includes("--compare") ? "" : ran.tail.slice(-5)]).toEqual([
        command,
        command.includes("--compare") ? 1 : 0,
        "",
      ]);
    }
    const accuracy = await readFile(join(folder, "accuracy.json"), "utf8");
    async function* first() {
      yield* pairs.filter(({ sample }) => sample === 0);
    }
    const { measurements } = await measure(first(), { topK: 5, atol: 0, rtol: 0, forms: new Map(), seed: 1 });
    const theirs = /"snr":\s*(-?[\d.]+)/.exec(accuracy)?.[1];
    expect(Number(theirs)).toBeCloseTo(measurements[0]?.metrics.sqnrDb ?? Number.NaN, 2);
  });

  it("say of an input that TensorRT takes as a shape what it holds, as the profile of the gate's own builds does", async () => {
    machine = await fakeMachine();
    const { files } = machine.effects;
    const cachePath = join(machine.run.folder, "m.cache");
    await writeFile(cachePath, writeCache({ version: "8601", algorithm: "EntropyCalibration2", scales: new Map([["x", 0.02]]) }));
    const job = await machine.job({ cachePath }, { shapes: new Map() });
    const proto = modelProto({
      inputs: { x: [1, 4], size: [2] },
      outputs: ["y"],
      weights: [weight("w", [4, 6])],
      nodes: [node("MatMul", ["x", "w"], ["a"]), node("Reshape", ["a", "size"], ["y"])],
    });
    const size = proto.graph?.input[1]?.type?.value;
    if (size?.case === "tensorType") size.value.elemType = DataType.INT64;
    await writeFile(job.modelPath, encode(proto));
    const feed = new Map<string, Tensor>([
      ["x", { name: "x", dtype: "float32", shape: [1, 4], data: Float32Array.of(1, 2, 3, 4) }],
      ["size", { name: "size", dtype: "int64", shape: [2], data: BigInt64Array.of(2n, 3n) }],
    ]);
    const validation = { ...job.validation, count: 1, feed: async () => feed };
    const { prepared: lane } = await prepareLane("implicit", { ...job, validation });
    await pairsOf(lane, { samples: [0] });
    const folder = join(machine.run.folder, "by-hand");
    await files.writeBytes(join(folder, "model.onnx"), await readFile(job.modelPath));
    await copyFile(cachePath, join(folder, "calibration.cache"));
    const quantization = { source: "m.cache", algorithm: "entropy", samples: null, cacheHeader: null, stale: null };
    const { polygraphy } = buildWith({ job, lane, quantization }, undefined, undefined);
    const commands = lane.reproduce({ keep: new Set() }).filter((line) => line.startsWith("polygraphy convert"));
    await lane.close();
    expect(commands).toHaveLength(2);
    for (const command of commands) expect([command, (await machine.byHand(command, folder)).exitCode]).toEqual([command, 0]);
    const profiles = (await machine.builds()).map((build) => build.profiles);
    expect(profiles).toHaveLength(4);
    expect(new Set(profiles.map((profile) => JSON.stringify(profile))).size).toBe(1);
    expect(polygraphy.join(" ")).toContain("--trt-opt-shapes x:[1,4] size:[2,3]");
  });
});
