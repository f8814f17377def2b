/** One timing cache for every build of a model and run, on the fake TensorRT, whose free choices hang on it: a build that goes around it chooses otherwise. */
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FakeMachine } from "../fakes/fake-tensorrt.ts";
import { runGate, smallEntry } from "../fakes/gate-run.ts";
import { useMachines } from "../support/machines.ts";
import { describeWithPython } from "../support/needs.ts";

const machineWith = useMachines();

const entry = (...more: readonly string[]) => [...smallEntry({ level: 1 }), ...more];
/** ModelOpt's placement leaves convolutions of so few channels in float. */
const core = entry().map((line) => line.replace("algorithm: minmax", "algorithm: minmax, placement: core"));
const choicesOf = async (machine: FakeMachine) => (await machine.builds()).map(({ choices }) => choices);

describeWithPython("the timing cache of a run", () => {
  it.each([
    ["implicit", "with a calibrating build, marks, a search, its fix and an FP32 reference", { entry: entry("reference: fp32") }, {}],
    ["implicit", "by Polygraphy's bisect", { search: "{method: bisect}" }, {}],
    [
      "implicit",
      "by Polygraphy's linear, the kept layers in FP32",
      { search: "{method: linear, direction: reverse, precision: float32}" },
      {},
    ],
    ["implicit", "before 8.6, by layer precisions", {}, { FAKE_TRT_VERSION: "8.5.3" }],
    ["explicit", "weakly typed", { entry: core }, {}],
    [
      "explicit",
      "strongly typed, the kept units in FP32",
      { entry: core, search: "{precision: float32}" },
      { FAKE_TRT_VERSION: "10.15.1" },
    ],
  ])("is that of every build in the %s lane, %s", async (lane, _, wanted, fake) => {
    const machine = await machineWith({ FAKE_TRT_NOISE: "0", ...fake });
    const { model } = await runGate(machine, { entry: entry(), inputs: { lane }, ...wanted });
    expect(model).toMatchObject({ verdict: "regression", lane, search: { outcome: expect.stringMatching(/^(found|prefix)$/) } });
    expect(model.layers.length).toBeGreaterThan(0);
    const choices = await choicesOf(machine);
    // Reference, candidate, marked engines, and what the search and its proof built.
    expect(choices.length).toBeGreaterThan(4);
    expect(new Set(choices).size).toBe(1);
    // Timings hold for the GPU that they were taken on.
    const gpus = (await machine.builds()).map(({ cuda }) => cuda);
    expect(new Set(gpus.map((cuda) => JSON.stringify(cuda))).size).toBe(1);
    expect(gpus[0]).toMatchObject({ CUDA_VISIBLE_DEVICES: expect.stringMatching(/^GPU-/) });
  });

  it("is that of all but the rebuilds where rebuilds ship", async () => {
    const machine = await machineWith({ FAKE_TRT_NOISE: "0" });
    await runGate(machine, { entry: smallEntry({ level: 1, ship: "rebuild" }) });
    const [shared, ...others] = await choicesOf(machine);
    const own = others.filter((one) => one !== shared);
    // The second build that votes, and the one that proves the fix.
    expect([own.length, new Set(own).size]).toEqual([2, 2]);
  });

  it("is none at a level that respects none", async () => {
    const machine = await machineWith({ FAKE_TRT_NOISE: "0" });
    const { outcome, model } = await runGate(machine, { entry: smallEntry(), inputs: { search: "off" } });
    expect(model.engines?.map(({ role }) => role)).toEqual(["reference", "candidate"]);
    expect(model.reproduce.join("\n")).not.toContain("timing");
    expect(await readdir(join(outcome.reportFolder, "engines"), { recursive: true })).toHaveLength(3);
  });

  it("is that of every printed command that builds, and of the script that measures again", async () => {
    const machine = await machineWith({ FAKE_TRT_NOISE: "0" });
    const { outcome, model } = await runGate(machine, { entry: entry() });
    const [shared] = await choicesOf(machine);
    const before = (await machine.builds()).length;
    const files = model.fix?.files ?? [];
    const printed = [...model.reproduce, ...files.flatMap(({ command }) => command ?? [])];
    const builds = printed.filter((line) => line.startsWith("polygraphy convert"));
    // Reference, candidate, the script of layer precisions, the Q/DQ model.
    expect(builds).toHaveLength(4);
    for (const line of [...builds, `sh ${join(outcome.reportFolder, model.reproduction?.script ?? "")}`]) {
      const gate = `TRT_GATE='${process.execPath} ${join(import.meta.dirname, "../../src/cli.ts")}'`;
      const ran = await machine.byHand(`export ${gate}; ${line}`, machine.effects.cwd);
      // The script ends as the comparison does: 1, a regression.
      expect([line, ran.exitCode, ran.tail.slice(-5)]).toEqual([line, line.startsWith("sh ") ? 1 : 0, expect.anything()]);
    }
    expect((await choicesOf(machine)).slice(before)).toEqual(Array(6).fill(shared));
  });

  it("is that of every printed trtexec command", async () => {
    const machine = await machineWith({ FAKE_TRT_NOISE: "0" });
    // trtexec reads no other cache than one of entropy calibration.
    const { outcome, model } = await runGate(machine, { entry: entry().map((line) => line.replace("minmax", "entropy")) });
    const script = model.fix?.files.find(({ path }) => path.endsWith("trtexec.sh"))?.path ?? "";
    const printed = [...model.reproduce, await readFile(join(outcome.reportFolder, script), "utf8")];
    const builds = printed.flatMap((text) => text.match(/^(exec )?trtexec .*/gm) ?? []);
    // The candidate, and the script of layer precisions.
    expect(builds).toHaveLength(2);
    for (const line of builds) expect(line).toContain("--timingCacheFile=trt-gate-report/engines/");
  });
});
