/** The commands that a report prints are run as they stand, by the real Polygraphy on the fake TensorRT, in a folder with the user's files. */
import { copyFile, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { writeInputs } from "../../src/formats/polygraphy-writer.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import { measure } from "../../src/measure/measure.ts";
import { type FakeMachine, fakeMachine, recordedCache } from "../fakes/fake-tensorrt.ts";
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
});
