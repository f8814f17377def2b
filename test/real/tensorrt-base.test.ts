/** Engine lanes beside their base: the figures of a report of the same files, no second build for them, and the cause in any case. */
import { copyFile, mkdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import type { FakeMachine } from "../fakes/fake-tensorrt.ts";
import { smallEntry } from "../fakes/gate-run.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { openRepository } from "../fakes/repository.ts";
import { useMachines } from "../support/machines.ts";
import { describeWithPython } from "../support/needs.ts";

const openMachine = useMachines();

async function check({ effects, python }: FakeMachine, inputs: Readonly<Record<string, string>> = {}) {
  const { report } = await main({ inputs: { lane: "implicit", python, search: "off", ...inputs } }, effects);
  await writeFile(join(effects.cwd, "trt-gate-report/report.json"), JSON.stringify(report));
  const [model] = report.models;
  if (model === undefined) throw new Error("no model was checked");
  return model;
}

/** `main` with the model and its samples, and the entry with these further lines. */
async function commitBase({ effects: { cwd } }: FakeMachine, ...more: readonly string[]) {
  const repository = openRepository(cwd);
  repository.git("init", "-q", "-b", "main");
  const config = ["version: 1", "models:", "  - name: m", ...[...smallEntry(), ...more].map((line) => `    ${line}`), ""].join("\n");
  await mkdir(join(cwd, ".github"));
  await writeFile(join(cwd, ".github/trt-gate.yml"), config);
  await writeFile(join(cwd, "m.onnx"), outlierModel());
  await writeFile(join(cwd, "calibration.npz"), writeNpz([outlierData(8)]));
  await writeFile(join(cwd, "validation.npz"), writeNpz([outlierData(24, 4, 4, 100)]));
  repository.git("add", ".github", "m.onnx", "calibration.npz", "validation.npz");
  repository.git("commit", "-q", "-m", "base");
  return repository;
}

/** Other calibration samples: all that the change brings. */
async function change({ effects: { cwd } }: FakeMachine): Promise<void> {
  await writeFile(join(cwd, "calibration.npz"), writeNpz([outlierData(8, 4, 4, 50)]));
}

describeWithPython("an engine lane with a base", () => {
  it("takes the base's figures from the report of its run, builds nothing for them, and says what changed", async () => {
    const machine = await openMachine({ FAKE_TRT_NOISE: "0" });
    const repository = await commitBase(machine);
    const before = await check(machine);
    expect(before.baseline?.source).toBe("same");
    const builds = (await machine.builds()).length;
    repository.git("checkout", "-q", "-b", "topic");
    await change(machine);
    const after = await check(machine);
    expect(after.baseline).toMatchObject({ source: "report", name: "the last commit", causes: ["the calibration samples changed"] });
    expect(after.baseline?.outputs.map(({ tensor, metrics }) => [tensor, metrics])).toEqual(
      before.outputs.map(({ tensor, metrics }) => [tensor, metrics]),
    );
    expect(after.outputs[0]?.metrics.sqnrDb).not.toBe(before.outputs[0]?.metrics.sqnrDb);
    expect((await machine.builds()).length).toBe(2 * builds);
  });

  it("says that engines are not built again where no report is at hand, and gives the same verdict", async () => {
    const machine = await openMachine({ FAKE_TRT_NOISE: "0" });
    await commitBase(machine);
    const { verdict, reason } = await check(machine);
    const builds = (await machine.builds()).length;
    await rm(join(machine.effects.cwd, "trt-gate-report"), { recursive: true });
    await change(machine);
    const after = await check(machine);
    expect([after.verdict, after.reason]).toEqual([verdict, reason]);
    expect(after.baseline).toMatchObject({ source: "unknown", verdict: null, outputs: [], causes: ["the calibration samples changed"] });
    expect(after.baseline?.message).toMatch(
      /^No figure of the last commit \([0-9a-f]{7}\): engines of it are not built again for a figure, .*Keep its report \(baseline: FILE\), or build them in the same job \(baseline: true\)\.$/,
    );
    expect((await machine.builds()).length).toBe(2 * builds);
  });

  it("takes them from the report that the entry names, but not where it is one of other files", async () => {
    const machine = await openMachine({ FAKE_TRT_NOISE: "0" });
    const { cwd } = machine.effects;
    await commitBase(machine, "baseline: kept/report.json");
    const before = await check(machine);
    await mkdir(join(cwd, "kept"));
    await copyFile(join(cwd, "trt-gate-report/report.json"), join(cwd, "kept/report.json"));
    await rm(join(cwd, "trt-gate-report"), { recursive: true });
    await change(machine);
    const { baseline } = await check(machine);
    expect([baseline?.source, baseline?.outputs[0]?.metrics]).toEqual(["report", before.outputs[0]?.metrics]);
    await rm(join(cwd, "trt-gate-report"), { recursive: true });
    const other = { ...before, inputsSha256: "0".repeat(64), baseline: null };
    await writeFile(join(cwd, "kept/report.json"), JSON.stringify({ models: [other] }));
    const unknown = await check(machine);
    expect(unknown.baseline?.message).toContain("also not kept/report.json");
  });

  it("builds the base's engines in the same job where a limit needs them, though this run holds the GPU", async () => {
    const machine = await openMachine({ FAKE_TRT_NOISE: "0" });
    const repository = await commitBase(machine, "baseline: true");
    await change(machine);
    repository.git("checkout", "-q", "-b", "topic");
    const after = await check(machine);
    expect(after.baseline, machine.run.lines.join("\n")).toMatchObject({ source: "measured", name: "the last commit" });
    const builds = (await machine.builds()).length;
    await rm(join(machine.effects.cwd, "trt-gate-report"), { recursive: true });
    repository.git("checkout", "-q", "calibration.npz");
    const before = await check(machine);
    // Both runs build the base's engines and their own.
    expect((await machine.builds()).length).toBe(2 * builds);
    expect(after.baseline?.outputs[0]?.metrics).toEqual(before.outputs[0]?.metrics);
  });
});
