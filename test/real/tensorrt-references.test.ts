/** Plans that were built elsewhere, and references that are no FP16 engine, on the fake TensorRT. */
import { copyFile, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FakeMachine } from "../fakes/fake-tensorrt.ts";
import { runGate, smallEntry } from "../fakes/gate-run.ts";
import { useMachines } from "../support/machines.ts";
import { describeWithPython } from "../support/needs.ts";

const machineWith = useMachines();

const off = { inputs: { search: "off" } };
const entry = (...more: readonly string[]) => [...smallEntry({ level: 1 }), ...more];
const sqnrDb = (model: Awaited<ReturnType<typeof runGate>>["model"]) => model.outputs.map(({ metrics }) => metrics.sqnrDb);

/** Builds both engines on one machine and lays their plans into the workspace of another. */
async function plansFor(target: FakeMachine, fake: Readonly<Record<string, string>> = {}) {
  const made = await runGate(await machineWith(fake), { entry: entry(), ...off });
  for (const role of ["reference", "candidate"] as const) {
    const path = made.model.engines?.find((one) => one.role === role)?.path ?? "";
    await copyFile(join(made.outcome.reportFolder, path), join(target.effects.cwd, `${role}.plan`));
  }
  return made;
}
const given = entry("engine: {reference: reference.plan, candidate: candidate.plan}");

describeWithPython("plans that were built elsewhere", () => {
  it("are judged without a build, and bit for bit as by the run that built them", async () => {
    const machine = await machineWith();
    const made = await plansFor(machine);
    const { model } = await runGate(machine, { entry: given, ...off });
    expect(await machine.builds()).toEqual([]);
    expect(model).toMatchObject({ verdict: made.model.verdict, reason: made.model.reason });
    expect(model.outputs.map(({ metrics }) => metrics)).toEqual(made.model.outputs.map(({ metrics }) => metrics));
    const hashes = (engines: typeof model.engines = []) =>
      engines.flatMap(({ role, sha256 }) => (role === "timing-cache" ? [] : [[role, sha256]]));
    expect(hashes(model.engines)).toEqual(hashes(made.model.engines));
    expect(model.engines?.map(({ path }) => path)).toEqual([undefined, undefined]);
  });

  it("are judged the same where the entry has the scales too, and searched with them", async () => {
    const first = await machineWith({ FAKE_TRT_NOISE: "0" });
    const machine = await machineWith({ FAKE_TRT_NOISE: "0" });
    const made = await runGate(first, { entry: entry() });
    const lay = (path: string, name: string) => copyFile(join(made.outcome.reportFolder, path), join(machine.effects.cwd, name));
    for (const role of ["reference", "candidate"] as const) {
      const path = made.model.engines?.find((one) => one.role === role)?.path ?? "";
      await lay(path, `${role}.plan`);
    }
    await lay(made.model.fix?.files.find(({ format }) => format === "cache")?.path ?? "", "m.cache");
    const scaled = given.map((line) => line.replace(/^quantization:.*/, "quantization: {cache: m.cache}"));
    const { model } = await runGate(machine, { entry: scaled });
    expect(model).toMatchObject({ verdict: "regression", search: { keep: made.model.search?.keep } });
    expect(model.builds.slice(0, 2).map(({ what }) => what)).toEqual(["plan reference.plan", "plan candidate.plan"]);
    expect(model.outputs.map(({ metrics }) => metrics)).toEqual(made.model.outputs.map(({ metrics }) => metrics));
  });

  it("are no pass where they hold no INT8 layer", async () => {
    const machine = await machineWith();
    await plansFor(machine, { FAKE_TRT_FREE: "0" });
    const { model } = await runGate(machine, { entry: given, ...off });
    expect(model).toMatchObject({
      verdict: "undecided",
      reason: "int8-not-used",
      message: expect.stringContaining("INT8 for 0 of 5 compute layers"),
    });
  });

  it("leave the other side to be built", async () => {
    const machine = await machineWith();
    await plansFor(machine);
    const { model } = await runGate(machine, { entry: entry("engine: {candidate: candidate.plan}"), ...off });
    expect(model.builds.map(({ what }) => what)).toEqual(["FP16 engine", "plan candidate.plan"]);
  });

  it.each([
    ["another version", { FAKE_TRT_VERSION: "8.5.3" }, "Current Version: 8.5.3, Serialized Engine Version: 8.6.1"],
    ["another GPU", { FAKE_TRT_DEVICE: "8.6" }, "expecting compute 8.6 got compute 9.0"],
  ])("are undecided where they are for %s, with TensorRT's own words", async (_, fake, words) => {
    const machine = await machineWith(fake);
    await plansFor(machine);
    const { report, model } = await runGate(machine, { entry: given, ...off });
    expect(report.exitCode).toBe(4);
    expect(model).toMatchObject({ verdict: "undecided", reason: "engine-mismatch", message: expect.stringContaining(words) });
  });

  it("are an error where they are not there", async () => {
    const machine = await machineWith();
    const { report, model } = await runGate(machine, { entry: given, ...off });
    expect(report.exitCode).toBe(2);
    expect(model.message).toContain('"reference.plan", which is not there');
  });
});

describeWithPython("a reference that is not the FP16 engine", () => {
  it.each([
    ["fp32", "FP32 engine"],
    ["onnxruntime", "FP32 in ONNX Runtime"],
  ])("is %s, and FP16 is judged beside INT8", async (reference, what) => {
    // FP16 is FP32 inside this TensorRT: the figures of INT8 are those against FP16, and FP16 itself is exact.
    const half = await runGate(await machineWith(), { entry: entry(), ...off });
    const { model } = await runGate(await machineWith(), { entry: entry(`reference: ${reference}`), ...off });
    expect(Number(sqnrDb(model)[0])).toBeCloseTo(Number(sqnrDb(half.model)[0]), 4);
    expect(model.builds.map((build) => build.what)).toContain(what);
    expect(model.half).toMatchObject({ verdict: "pass", message: expect.stringContaining(`FP16 against ${what}: SQNR`) });
    expect(Number(model.half?.outputs[0]?.metrics.sqnrDb)).toBeGreaterThan(100);
    expect(half.model.half).toBeUndefined();
  });

  it("is FP32 in every form: without TF32, also where the configuration allows it, and without FP16", async () => {
    const machine = await machineWith();
    const lines = entry("reference: fp32").map((line) => line.replace("tensorrt: {", "tensorrt: {tf32: true, "));
    const { model } = await runGate(machine, { entry: lines, ...off });
    expect(model.verdict).toBe("regression");
    const words = (await machine.builds()).map(({ flags }) => flags.filter((flag) => /^(TF32|FP16|INT8)$/.test(flag)).join(" "));
    expect([...new Set(words)].toSorted()).toEqual(["", "FP16 INT8 TF32", "FP16 TF32"]);
    expect(Object.keys(model.builds.find(({ what }) => what === "FP32 engine")?.precisions ?? {})).toEqual(["FP32"]);
  });

  it("is a file of saved outputs of the same samples", async () => {
    const first = await machineWith();
    const half = await runGate(first, { entry: entry(), inputs: { search: "off", "save-outputs": "out" } });
    const machine = await machineWith();
    await mkdir(join(machine.effects.cwd, "saved"));
    await copyFile(join(first.effects.cwd, "out/m.reference.json"), join(machine.effects.cwd, "saved/reference.json"));
    const { model } = await runGate(machine, { entry: entry("reference: {outputs: saved/reference.json}"), ...off });
    expect(sqnrDb(model)).toEqual(sqnrDb(half.model));
    expect(model.half?.message).toContain("FP16 against outputs of saved/reference.json");
  });

  it("is an error where the file holds no outputs of these samples", async () => {
    const machine = await machineWith();
    await writeFile(join(machine.effects.cwd, "few.json"), "{}");
    const { report } = await runGate(machine, { entry: entry("reference: {outputs: few.json}"), ...off });
    expect(report.exitCode).toBe(2);
  });
});
