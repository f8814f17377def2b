/** Engines as artefacts, on the fake TensorRT: what lies in the report, and what the timing cache pins. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { hashFile } from "../../src/effects/file-hash.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { type GateRun, runGate, smallEntry } from "../fakes/gate-run.ts";
import { brokenNode } from "../fakes/outlier-model.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

async function run(wanted: Partial<GateRun> = {}) {
  machine = await fakeMachine(wanted.fake);
  return await runGate(machine, { entry: smallEntry({ level: 1 }), ...wanted });
}

describeWithPython("the engines of a report", () => {
  it("are the plans that were judged, with their hashes, and the timing cache of all builds", async () => {
    const { outcome, model } = await run();
    expect(model.verdict).toBe("regression");
    expect(model.engines?.map(({ role }) => role)).toEqual(["timing-cache", "reference", "candidate", "fix"]);
    for (const { path = "", sha256, sizeBytes } of model.engines ?? [])
      expect(await hashFile(join(outcome.reportFolder, path), machine.effects.files)).toEqual({ sha256, sizeBytes });
    const built = await machine.builds();
    expect(built.length).toBeGreaterThan(4);
    // One choice for all: no build went around the cache, marked ones included.
    expect(new Set(built.map(({ choices }) => choices)).size).toBe(1);
  });

  it("are named by hash alone where the workflow keeps them out", async () => {
    const { model } = await run({ inputs: { "artifact-engines": "false", search: "off" } });
    expect(model.engines?.map(({ role, path }) => [role, path])).toEqual([
      ["timing-cache", undefined],
      ["reference", undefined],
      ["candidate", undefined],
    ]);
    expect(model.reproduce.join("\n")).not.toContain("timing");
  });

  it("come out again, byte for byte, from the printed commands", async () => {
    const { outcome, model } = await run({ inputs: { search: "off" } });
    const builds = model.reproduce.filter((line) => line.startsWith("polygraphy convert"));
    expect(builds).toHaveLength(2);
    for (const command of builds) expect(command).toContain("--load-timing-cache trt-gate-report/engines/");
    const candidate = builds[1] ?? "";
    const ran = await machine.byHand(candidate, machine.effects.cwd);
    expect([candidate, ran.exitCode, ran.exitCode === 0 ? [] : ran.tail.slice(-5)]).toEqual([candidate, 0, []]);
    const byHand = await readFile(join(machine.effects.cwd, candidate.split(" ").at(-1) ?? ""));
    const kept = model.engines?.find(({ role }) => role === "candidate")?.path ?? "";
    expect(byHand.equals(await readFile(join(outcome.reportFolder, kept)))).toBe(true);
  });
});

describeWithPython("the fix", () => {
  it("is a Q/DQ model whose printed command gives, byte for byte, the plan that was proved", async () => {
    const { outcome, model } = await run();
    expect(model.fix?.verified).toMatchObject({ passes: true, form: { format: "qdq", typed: false } });
    const file = model.fix?.files.find(({ path }) => path.endsWith("fixed.qdq.onnx"));
    const ran = await machine.byHand(file?.command ?? "", machine.effects.cwd);
    expect([file?.command, ran.exitCode, ran.exitCode === 0 ? [] : ran.tail.slice(-5)]).toEqual([file?.command, 0, []]);
    const plan = model.engines?.find(({ role }) => role === "fix")?.path ?? "";
    const byHand = await readFile(join(machine.effects.cwd, "fixed.engine"));
    expect(byHand.equals(await readFile(join(outcome.reportFolder, plan)))).toBe(true);
  });

  it("claims its proof for that file alone, and names every other unit in the forms of layer precisions", async () => {
    const { outcome, model } = await run();
    const textOf = async (name: string) => {
      const file = model.fix?.files.find(({ path }) => path.endsWith(name));
      return await readFile(join(outcome.reportFolder, file?.path ?? ""), "utf8");
    };
    expect(await textOf("fix_qdq.py")).not.toContain("not built in this form");
    for (const name of ["fix_precision.py", "fix_trtexec.sh", "fix_modelopt.sh"])
      expect(await textOf(name)).toContain("Verified: not built in this form. The same units were proved as fixed.qdq.onnx");
    const script = model.fix?.files.find(({ path }) => path.endsWith("fix_precision.py"));
    expect(script?.command).toContain("--precision-constraints prefer");
    const ran = await machine.byHand(script?.command ?? "", machine.effects.cwd);
    expect([ran.exitCode, ran.exitCode === 0 ? [] : ran.tail.slice(-5)]).toEqual([0, []]);
    const { flags, int8, kept } = (await machine.builds()).at(-1) ?? {};
    expect(flags).toContain("PREFER_PRECISION_CONSTRAINTS");
    expect(int8).toHaveLength(4);
    expect(kept).toEqual([brokenNode]);
  });
});

describeWithPython("what ships", () => {
  it("is the judged engine: nothing is built to vote on it", async () => {
    const { model } = await run({ inputs: { search: "off" } });
    expect(model.builds.map(({ what }) => what).filter((what) => !what.includes("marked"))).toEqual(["FP16 engine", "INT8 engine"]);
    expect(model.noise).toMatchObject({ rebuilds: 0, guardDb: 0, betweenBuildsDb: [], votes: ["regression"] });
  });

  it("is a rebuild where the configuration says so: two real builds, each with timings of its own", async () => {
    const { model } = await run({ entry: smallEntry({ level: 1, ship: "rebuild" }), inputs: { search: "off" } });
    expect(model.noise).toMatchObject({ rebuilds: 1, votes: ["regression", "regression"] });
    expect(model.noise.betweenBuildsDb).toHaveLength(1);
    const [, , first, second] = await machine.builds();
    expect(first?.choices).not.toBe(second?.choices);
  });
});

describeWithPython("what ships, where that is a rebuild", () => {
  it("is undecided where two builds of a free builder fall on both sides of the limit, and each is in the report", async () => {
    // A builder that takes every second layer: whether the one that INT8 breaks is among them is chance.
    const seeds = ["1", "2", "3", "4", "5", "6", "7", "8"];
    const ends: { readonly votes: string; readonly verdict: string; readonly reason: string }[] = [];
    for (const seed of seeds) {
      const { model } = await run({
        fake: { FAKE_TRT_FREE: "0.5", FAKE_TRT_SEED: seed },
        entry: smallEntry({ level: 1, ship: "rebuild" }),
        inputs: { search: "off" },
      });
      const { votes } = model.noise;
      expect(votes).toHaveLength(2);
      ends.push({ votes: votes.join(" "), verdict: model.verdict, reason: model.reason });
      if (votes[0] !== votes[1]) break;
      await machine.end();
    }
    expect(ends.at(-1)).toEqual({
      votes: expect.stringMatching(/^(pass regression|regression pass)$/),
      verdict: "undecided",
      reason: "inside-guard",
    });
  });

  it("is what proves a fix: another build of it, with timings of its own", async () => {
    const { model } = await run({ entry: smallEntry({ level: 1, ship: "rebuild" }) });
    expect(model.fix?.verified?.passes).toBe(true);
    const built = await machine.builds();
    const shared = built[0]?.choices;
    expect(built.at(-1)?.choices).not.toBe(shared);
  });
});

describeWithPython("an engine that is one Myelin region", () => {
  it("has units whose precision is unknown: no reason to call INT8 unused, FP16 not applied or a fix unproved", async () => {
    const { model } = await run({ fake: { FAKE_TRT_FAULT: "myelin", FAKE_TRT_NOISE: "0" } });
    expect(model).toMatchObject({ verdict: "regression", coverage: { int8Units: { int8: 0, other: 0, unknown: 5 } } });
    expect(model.layers.map(({ executedPrecision }) => executedPrecision)).toEqual(Array(4).fill(undefined));
    // The search predicts as if all units were in INT8, as the plain engine was asked to.
    expect(model.search).toMatchObject({ builds: 1, keep: [{ nodes: [brokenNode] }] });
    expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true });
    await machine.end();
    const loose = smallEntry({ level: 1 }).map((line) => line.replace("fail: 15", "fail: -30"));
    expect((await run({ entry: loose, fake: { FAKE_TRT_FAULT: "myelin" } })).model.verdict).toBe("pass");
  });
});

describeWithPython("a builder that takes next to no INT8", () => {
  it("makes a pass undecided, with the count and both latencies", async () => {
    const { report, model } = await run({ fake: { FAKE_TRT_FREE: "0" } });
    expect(report).toMatchObject({ verdict: "undecided", exitCode: 4 });
    expect(model).toMatchObject({ reason: "int8-not-used", coverage: { int8Units: { int8: 0, other: 5, unknown: 0 } } });
    expect(model.message).toMatch(
      /The builder chose INT8 for 0 of 5 compute layers with scales; 10 % are asked for\. Ship the FP16 engine, it is as fast: 50\.000 ms \(.*\) against 50\.000 ms \(.*\)\./,
    );
  });
});
