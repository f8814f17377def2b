/** Faults of engines and of the tool that builds them, through the whole gate on the TensorRT that runs on ONNX Runtime (test/fixtures/fake-tensorrt). */
import { spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { lockGpu } from "../../src/effects/gpu-lock.ts";
import { inspectMachine } from "../../src/lanes/tensorrt/machine.ts";
import { renderComment } from "../../src/report/comment.ts";
import { renderHtml } from "../../src/report/html/page.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import type { FakeMachine } from "../fakes/fake-tensorrt.ts";
import { type GateRun, runGate, smallEntry } from "../fakes/gate-run.ts";
import { outlierModel } from "../fakes/outlier-model.ts";
import { useMachines } from "../support/machines.ts";
import { describeWithPython } from "../support/needs.ts";

/** Temporary files of this file's runs alone: what is left there, a run has left. */
let own = "";
const before = process.env.TMPDIR;
beforeAll(async () => {
  own = await mkdtemp(join(tmpdir(), "faults-"));
  process.env.TMPDIR = own;
});
afterAll(async () => {
  if (before === undefined) delete process.env.TMPDIR;
  else process.env.TMPDIR = before;
  await rm(own, { recursive: true });
});

const machineWith = useMachines();
const off = { inputs: { search: "off" } } as const;
const check = async (fake: Readonly<Record<string, string>>, { entry = smallEntry(), ...more }: Partial<GateRun> = {}) => {
  const machine = await machineWith(fake);
  return { machine, ...(await runGate(machine, { entry, ...off, ...more })) };
};
const temporary = async () => (await readdir(own)).filter((name) => name.startsWith("trt-gate-"));

/** Holds the lock by which Polygraphy guards the timing cache of a run, from before its first build on. */
async function holdTimingLock() {
  const script = [
    "import fcntl, glob, time",
    "while not (found := glob.glob('trt-gate-model-*')): time.sleep(0.005)",
    "lock = open(found[0] + '/timing.cache.lock', 'wb+')",
    "fcntl.lockf(lock, fcntl.LOCK_EX)",
    "print('held', flush=True)",
    "time.sleep(60)",
  ];
  const holder = spawn(oraclePython(), ["-c", script.join("\n")], { cwd: own, stdio: ["ignore", "pipe", "inherit"] });
  await once(holder.stdout, "data");
  return holder;
}

describeWithPython("engines", () => {
  it.each([
    ["worker killed in a build", { FAKE_TRT_FAULT: "kill-build" }, "tool-killed", /SIGKILL/],
    ["worker that crashes", { FAKE_TRT_FAULT: "exit-build" }, "worker-failed", /code 3/],
    ["GPU memory exhausted", { FAKE_TRT_FAULT: "oom-over:-1" }, "gpu-oom", /memory/],
    ["builder's kernels that are not installed", { FAKE_TRT_FAULT: "no-builder" }, "lane-unavailable", /libnvinfer_builder_resource/],
    ["driver too old for TensorRT", { FAKE_TRT_FAULT: "no-cuda" }, "lane-unavailable", /driver/i],
    ["lane asked for that TensorRT 11 does not have", { FAKE_TRT_VERSION: "11.2.0" }, "lane-unavailable", /lane: explicit/],
    ["calibration cut short", { FAKE_TRT_FAULT: "short-calibration" }, "calibration-truncated", /calibration used \d of 8 samples/],
    ["INT8 engine without an INT8 layer", { FAKE_TRT_FREE: "0" }, "int8-not-used", /0 of 5/],
    ["memory errors counted during the run", { FAKE_SMI: "ecc" }, "gpu-faulty", /memory errors/],
    ["tool's result that is not there", { FAKE_TRT_FAULT: "lose-outputs" }, "no-result", /not there/],
    ["tool's result that is half written", { FAKE_TRT_FAULT: "cut-outputs" }, "bad-dump", /damaged/],
  ])("%s", async (_, fake, reason, message) => {
    const { report, model } = await check(fake);
    expect({ verdict: model.verdict, reason: model.reason }, model.message).toEqual({ verdict: "undecided", reason });
    expect(model.message).toMatch(message);
    expect(report).toMatchObject({ verdict: "undecided", exitCode: 4, complete: true });
    expect(await temporary()).toEqual([]);
  });

  it.each([
    ["FP8 model whose engine runs no FP8", { FAKE_TRT_VERSION: "11.2.0", FAKE_TRT_FAULT: "no-fp8" }, "int8-not-used", /chose FP8 for 0 of/],
    ["FP8 model on a TensorRT without FP8", { FAKE_TRT_VERSION: "8.6.1" }, "lane-unavailable", /holds FP8, and this TensorRT/],
  ])("%s", async (_, fake, reason, message) => {
    const machine = await machineWith(fake);
    const forms = join(import.meta.dirname, "../fixtures/modelopt-forms");
    for (const name of ["float.onnx", "fp8.onnx", "x.npz"]) await copyFile(join(forms, name), join(machine.effects.cwd, name));
    const entry = ["path: float.onnx", "quantization: {qdq: fp8.onnx}", "validation: {data: x.npz}"];
    const { report, model } = await runGate(machine, { entry, inputs: { search: "off", lane: "explicit" } });
    expect({ verdict: model.verdict, reason: model.reason }, model.message).toEqual({ verdict: "undecided", reason });
    expect(model.message).toMatch(message);
    expect(report.exitCode).toBe(4);
  });

  it("worker that hangs", async () => {
    const { report, model } = await check({ FAKE_TRT_FAULT: "hang-build" }, { inputs: { search: "off", "timeout-minutes": "0.1" } });
    expect(model).toMatchObject({ verdict: "undecided", reason: "timeout", message: expect.stringContaining("timeout-minutes") });
    expect(report.exitCode).toBe(4);
    expect(await temporary()).toEqual([]);
  });

  it("Python that is not there", async () => {
    const machine = await machineWith();
    const { report, model } = await runGate(machine, { entry: smallEntry(), inputs: { search: "off", python: "/none/python" } });
    expect(model).toMatchObject({ verdict: "undecided", reason: "lane-unavailable", message: expect.stringContaining("/none/python") });
    expect(report.exitCode).toBe(4);
  });

  it("TensorRT or Polygraphy missing", async () => {
    const machine = await machineWith();
    const bare = join(machine.run.folder, "bin/bare");
    // Isolated and without site-packages: only the standard library is left.
    await writeFile(bare, `#!/bin/sh\nexec python3 -I -S "$@"\n`, { mode: 0o755 });
    const { report, model } = await runGate(machine, { entry: smallEntry(), inputs: { search: "off", python: bare } });
    expect(model).toMatchObject({ verdict: "undecided", reason: "lane-unavailable" });
    expect(model.message).toMatch(/no module tensorrt and no module polygraphy/);
    expect(report.exitCode).toBe(4);
  });

  it("GPU held by another run", async () => {
    const machine = await machineWith();
    const lock = await lockGpu("GPU-00000000-1111-2222-3333-444444444444", machine.effects, { waitMs: 0 });
    // The clock runs fast, so that the six seconds of the limit are soon over.
    const clock = { ...machine.effects.clock, monotonicMs: () => performance.now() * 20 };
    const hurried = { ...machine, effects: { ...machine.effects, clock } };
    const { report, model } = await runGate(hurried, { entry: smallEntry(), inputs: { search: "off", "timeout-minutes": "0.1" } });
    expect(model).toMatchObject({ verdict: "undecided", reason: "gpu-busy", outputs: [] });
    expect(model.message).toContain(`in use by process ${process.pid}`);
    expect(report.exitCode).toBe(4);
    expect(await machine.builds()).toEqual([]);
    await lock.release();
  });

  it.each([
    ["plan of another TensorRT", { FAKE_TRT_VERSION: "8.5.3" }, "Serialized Engine Version: 8.6.1"],
    ["plan of another GPU", { FAKE_TRT_DEVICE: "8.6" }, "expecting compute 8.6 got compute 9.0"],
  ])("%s", async (_, fake, words) => {
    const made = await check({}, { entry: smallEntry({ level: 1 }) });
    const machine = await machineWith(fake);
    const path = made.model.engines?.find(({ role }) => role === "candidate")?.path ?? "";
    await copyFile(join(made.outcome.reportFolder, path), join(machine.effects.cwd, "candidate.plan"));
    const entry = [...smallEntry({ level: 1 }), "engine: {candidate: candidate.plan}"];
    const { report, model } = await runGate(machine, { entry, ...off });
    expect(model).toMatchObject({ verdict: "undecided", reason: "engine-mismatch", message: expect.stringContaining(words) });
    expect(report.exitCode).toBe(4);
  });

  it("timing cache of another job", async () => {
    const entry = smallEntry({ level: 1 });
    const alone = await check({ FAKE_TRT_SEED: "1" }, { entry });
    const other = await check({ FAKE_TRT_SEED: "2" }, { entry });
    const choices = async (machine: FakeMachine) => (await machine.builds()).map((build) => build.choices);
    expect(await choices(other.machine)).not.toEqual(await choices(alone.machine));
    const cache = other.model.engines?.find(({ role }) => role === "timing-cache")?.path ?? "";
    const machine = await machineWith({ FAKE_TRT_SEED: "1" });
    // Wherever an earlier job, a cache step or the change itself could have left it.
    for (const path of [join("trt-gate-report", cache), "timing.cache", "m.onnx.timing", "m.timing.cache"]) {
      const target = join(machine.effects.cwd, path);
      await mkdir(join(target, ".."), { recursive: true });
      await copyFile(join(other.outcome.reportFolder, cache), target);
    }
    const { model } = await runGate(machine, { entry, ...off });
    expect(await choices(machine)).toEqual(await choices(alone.machine));
    expect(model.outputs.map(({ metrics }) => metrics)).toEqual(alone.model.outputs.map(({ metrics }) => metrics));
  });

  it("timing cache lock that another process holds", async () => {
    const machine = await machineWith();
    const run = runGate(machine, { entry: smallEntry({ level: 1 }), inputs: { search: "off", "timeout-minutes": "0.1" } });
    const holder = await holdTimingLock();
    const { report, model } = await run;
    holder.kill("SIGKILL");
    expect(model).toMatchObject({ verdict: "undecided", reason: "timeout", outputs: [] });
    expect(model.message).toMatch(/^Building the .*timeout-minutes/);
    expect(report.exitCode).toBe(4);
    expect(await temporary()).toEqual([]);
  });

  it("trtexec of another version than the module", async () => {
    const machine = await machineWith();
    const trtexec = join(machine.run.folder, "bin/trtexec");
    const started = join(machine.run.folder, "trtexec-started");
    const banner = "&&&& RUNNING TensorRT.trtexec [TensorRT v101501] [b29] # trtexec --help";
    await writeFile(trtexec, `#!/bin/sh\necho "$@" >> '${started}'\necho "${banner}"\n`, { mode: 0o755 });
    const { report, model } = await runGate(machine, { entry: smallEntry() });
    expect(model).toMatchObject({ verdict: "regression", reason: "limit-exceeded", fix: { verified: { by: "engine" } } });
    expect(report).toMatchObject({ exitCode: 1, environment: { tensorrt: "8.6.1" } });
    const warning = expect.stringMatching(
      /^The trtexec on the PATH is of TensorRT 10\.15\.1, and the Python module is 8\.6\.1: .*Run printed/,
    );
    expect(model.warnings).toContainEqual(warning);
    const { notes, trtexec: found } = await inspectMachine(machine.effects, machine.python);
    expect({ notes, found }).toEqual({ notes: expect.arrayContaining([warning]), found: "10.15.1" });
    // Asked for its version, and for nothing else.
    expect(new Set((await readFile(started, "utf8")).trim().split("\n"))).toEqual(new Set(["--help"]));
    await writeFile(trtexec, `#!/bin/sh\necho "${banner.replace("v101501", "v8601")}"\n`, { mode: 0o755 });
    expect((await inspectMachine(machine.effects, machine.python)).notes).not.toContainEqual(warning);
  });

  it("kept layers that run in INT8 all the same", async () => {
    const { model } = await check({ FAKE_TRT_FAULT: "claim-int8", FAKE_TRT_NOISE: "0" }, { inputs: {} });
    expect(model).toMatchObject({ verdict: "regression", search: { keep: [{ nodes: ["c2"] }] }, fix: { verified: { passes: false } } });
    expect(model.fix?.verified?.message).toMatch(/not verified.*"?c2/i);
  });

  it("tactics skipped for lack of memory", async () => {
    const { machine, model, report } = await check({ FAKE_TRT_FAULT: "skip-tactics" });
    expect(model).toMatchObject({ verdict: "regression", reason: "limit-exceeded" });
    // Calibration, then the reference twice: memory that stays short is found out once, not with every engine.
    const isInt8 = (await machine.builds()).map(({ flags }) => flags.includes("INT8"));
    expect(isInt8.slice(0, 4)).toEqual([true, false, false, true]);
    expect(model.builds.flatMap(({ notes }) => notes).join("\n")).toContain("degraded build: Skipping tactic");
    expect(report.exitCode).toBe(1);
  });

  /** Writes k.json, which keeps this node of this model. */
  const keepFile = async (machine: FakeMachine, node: string, sha256: string) => {
    const model = { name: "m", path: "m.onnx", sha256 };
    const units = [{ unit: `Conv:${node}`, nodes: [node] }];
    const keep = { format: "trt-gate-keep", version: 1, model, precision: "float16", units };
    await writeFile(join(machine.effects.cwd, "k.json"), JSON.stringify(keep));
  };

  it("keep file of another model", async () => {
    const machine = await machineWith();
    await keepFile(machine, "other", "0".repeat(64));
    const { report, model } = await runGate(machine, { entry: [...smallEntry(), "keep: k.json"], ...off });
    expect(model).toMatchObject({
      verdict: "undecided",
      reason: "keep-mismatch",
      message: expect.stringContaining("k.json keeps 1 of 1 units"),
    });
    expect(report.exitCode).toBe(4);
  });

  it("build without an implementation", async () => {
    const machine = await machineWith({ FAKE_TRT_FAULT: "no-kernel:c2" });
    await keepFile(machine, "c2", createHash("sha256").update(outlierModel()).digest("hex"));
    const { report, model } = await runGate(machine, { entry: [...smallEntry(), "keep: k.json"], ...off });
    expect(model).toMatchObject({ verdict: "undecided", reason: "build-failed", outputs: [] });
    expect(model.message).toContain("Could not find any implementation for node c2");
    expect(report.exitCode).toBe(4);
  });
});

describeWithPython("engine that is not faster than the reference", () => {
  const slow = { FAKE_TRT_INT8_MS: "12", FAKE_TRT_JITTER: "0.02" };

  it("fix slower than the reference", async () => {
    const machine = await machineWith(slow);
    const { report, model } = await runGate(machine, { entry: smallEntry({ level: 1 }) });
    const figures = /FP16 engine \d+\.\d{3} ms \(\d+\.\d{3} to \d+\.\d{3}\), INT8 engine \d+\.\d{3} ms \(\d+\.\d{3} to \d+\.\d{3}\)/;
    // Report, comment, page and terminal say so, with figures and spreads.
    expect(model.latency?.engines.map(({ role, speed }) => [role, speed])).toEqual([
      ["reference", undefined],
      ["candidate", "slower"],
      ["fix", "slower"],
    ]);
    expect(model.latency?.message).toMatch(figures);
    expect(model.fix?.latency).toMatchObject({
      pointless: true,
      message: expect.stringMatching(/^Pointless: the fixed engine is not faster/),
    });
    const slower = /The INT8 engine is slower than the FP16 engine: 1\.[12]\d times as long/;
    const texts = {
      comment: renderComment(report, { jobKey: "j", fixScripts: [] }),
      page: renderHtml(report),
      terminal: renderTerminal(report, { ansi: false }).replaceAll(/\s+/g, " "),
    };
    expect(Object.entries(texts).filter(([, text]) => !(slower.test(text) && figures.test(text)))).toEqual([]);
    expect(texts.comment).toMatch(/· the fix slower than FP16: \d+(\.\d)? ms \(\d+(\.\d)? to \d+(\.\d)?\) against (49|50)(\.\d)? ms/);
    expect(texts.comment).toContain("This fix is pointless");
    // Of what the search tried, the chosen set is timed too.
    const chosen = model.search?.probes.find(({ kept, kind }) => kind === "measured" && kept === model.search?.keep.length);
    expect(chosen?.latencyMs).toBeGreaterThan(50);
  });

  it("the sound limits do not hide it", async () => {
    const machine = await machineWith(slow);
    const { report, model } = await runGate(machine, {
      entry: [...smallEntry({ level: 1 }).filter((line) => !line.startsWith("tolerance")), "tolerance: {sqnr-db: {fail: -30}}"],
    });
    expect(model.verdict).toBe("pass");
    expect(renderTerminal(report, { ansi: false }).replaceAll(/\s+/g, " ")).toContain("The INT8 engine is slower than the FP16 engine");
    expect(model.advice.map(({ rule }) => rule)).toContain("slow");
  });
});
