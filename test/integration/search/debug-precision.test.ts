import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { checkScript, type DebugPrecisionRequest, debugPrecisionArgs } from "../../../src/debug-precision/command.ts";
import { type DebugPrecisionRun, parseIterations, readDebugPrecision } from "../../../src/debug-precision/result.ts";
import { answerChecks } from "../../../src/debug-precision/run.ts";
import { realClock } from "../../../src/effects/clock.ts";
import { realFiles } from "../../../src/effects/files.ts";
import { syntheticUnits } from "../../fakes/probes.ts";

const fakes = fileURLToPath(new URL("../../fixtures/fake-polygraphy", import.meta.url));
const recording = fileURLToPath(new URL("../../fixtures/tensorrt-8.6.1-h100/polygraphy_debug_precision.log", import.meta.url));

/** 305 layers as in the recording; every fifth is a compute node. */
const layerNames = Array.from({ length: 305 }, (_, i) => (i % 5 === 0 ? `node${i / 5}` : `other${i}`));
const units = syntheticUnits(61);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "debug-precision-"));
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Plan {
  readonly mode?: "bisect" | "linear";
  readonly direction?: "forward" | "reverse";
  readonly fake?: object;
  /** Process that answers checks; nobody where it is not this one. */
  readonly gate?: number;
}

function requestFor({ mode = "bisect", direction = "forward", gate = process.pid }: Plan): DebugPrecisionRequest {
  writeFileSync(join(folder, "check.sh"), checkScript);
  return {
    model: "model.onnx",
    mode,
    direction,
    precision: "float16",
    cachePath: "cls.cache",
    calibrator: "IInt8MinMaxCalibrator",
    shapes: new Map([["x", { min: [1, 3, 48, 192], opt: [1, 3, 48, 192], max: [1, 3, 48, 192] }]]),
    builder: [],
    timingCache: "timing.cache",
    artifactsFolder: "artifacts",
    check: {
      script: join(folder, "check.sh"),
      resultsFile: "results.txt",
      inputs: "in.json",
      candidate: "candidate.json",
      answer: "answer",
      gate,
    },
  };
}

/** What the stand-in saves of an engine is the word itself. */
const judge = async (path: string) => ({ good: "pass", bad: "fail" })[readFileSync(path, "utf8")] ?? "undecided: not a number";

async function runFake(plan: Plan) {
  const over = new AbortController();
  const at = (name: string) => join(folder, name);
  const files = realFiles(folder, { record: () => {} });
  const paths = { candidate: at("candidate.json"), answer: at("answer") };
  const answering = plan.gate === undefined && answerChecks(paths, judge, { files, clock: realClock }, over.signal);
  const done = await spawned(debugPrecisionArgs(requestFor(plan)), plan.fake ?? {});
  over.abort();
  await answering;
  const results = join(folder, "results.txt");
  const run: DebugPrecisionRun = {
    log: done.log,
    checks: existsSync(results) ? readFileSync(results, "utf8") : "",
    endedWell: done.status === 0,
    timedOut: false,
    mode: plan.mode ?? "bisect",
    direction: plan.direction ?? "forward",
    units,
    layerNames,
    seconds: 200,
    seed: 1,
  };
  return { done, run, read: readDebugPrecision(run) };
}

function spawned(args: readonly string[], fake: object): Promise<{ log: string; status: number | null; signal: string | null }> {
  const env = { PATH: `${fakes}:${process.env.PATH}`, FAKE_POLYGRAPHY: JSON.stringify(fake) };
  const child = spawn("polygraphy", args, { cwd: folder, env, timeout: 60_000 });
  let log = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (text) => (log += text));
  return new Promise((resolve, reject) => {
    child.on("error", reject).on("close", (status, signal) => resolve({ log, status, signal }));
  });
}

describe("the arguments of polygraphy debug precision", () => {
  it("end with the check, which takes all words behind it", () => {
    const args = debugPrecisionArgs(requestFor({ mode: "linear", direction: "reverse" }));
    expect(args.slice(0, 3)).toEqual(["debug", "precision", "model.onnx"]);
    expect(args).toContain("x:[1,3,48,192]");
    for (const [flag, value] of [
      ["--mode", "linear"],
      ["--dir", "reverse"],
      ["--precision", "float16"],
      ["--calibration-cache", "cls.cache"],
      ["--calib-base-cls", "IInt8MinMaxCalibrator"],
      ["--fail-returncode", "1"],
      ["--load-timing-cache", "timing.cache"],
      ["--save-timing-cache", "timing.cache"],
    ] as const)
      expect(args[args.indexOf(flag) + 1]).toBe(value);
    expect(args.slice(args.indexOf("--check") + 1, args.indexOf("--check") + 3)).toEqual(["sh", join(folder, "check.sh")]);
  });

  it("name no timing cache where the level respects none", () => {
    expect(debugPrecisionArgs({ ...requestFor({}), timingCache: undefined }).join(" ")).not.toContain("timing");
  });

  it("leave out --fp16 where kept layers are float32", () => {
    expect(debugPrecisionArgs({ ...requestFor({}), precision: "float32" })).not.toContain("--fp16");
  });
});

describe("the recorded run", () => {
  it("reads as nine builds from 305 down to 115 layers", () => {
    const iterations = parseIterations(readFileSync(recording, "utf8"));
    expect(iterations.map(({ marked }) => marked)).toEqual([305, 152, 76, 114, 133, 123, 118, 116, 115]);
    expect(iterations.every(({ checked, seconds }) => checked && seconds > 15)).toBe(true);
  });

  it("ends in the first 116 of 305 layers, with the results our check would have written", () => {
    const checks = "pass pass fail fail pass pass pass pass fail".split(" ").join("\n");
    const base = {
      endedWell: true,
      timedOut: false,
      mode: "bisect",
      direction: "forward",
      units,
      layerNames: [],
      seconds: 212,
      seed: 1,
    } as const;
    const { outcome, layersMarked, layersTotal } = readDebugPrecision({
      ...base,
      log: readFileSync(recording, "utf8"),
      checks: `${checks}\n`,
    });
    expect([outcome.kind, layersMarked, layersTotal, outcome.builds]).toEqual(["prefix", 116, 305, 9]);
    expect(outcome.message).toContain("first 116 of 305 network layers");
  });
});

describe("a run of the stand-in program", () => {
  it("goes the recorded way and names the units among the marked layers", async () => {
    const { read, done } = await runFake({});
    expect(done.status).toBe(0);
    expect([read.outcome.kind, read.layersMarked, read.layersTotal]).toEqual(["prefix", 116, 305]);
    expect(read.outcome.keep).toHaveLength(24);
    expect(read.outcome.keep.at(-1)).toBe("u23");
    expect(readdirSync(join(folder, "artifacts", "good"))).toHaveLength(6);
  });

  it("takes the last layers in reverse", async () => {
    const { read } = await runFake({ direction: "reverse" });
    expect(read.outcome.message).toContain("last 116");
    expect(read.outcome.keep[0]).toBe("u38");
  });

  it("stops linear search at the first that passes", async () => {
    const { read } = await runFake({ mode: "linear", fake: { passing: [3] } });
    expect([read.outcome.kind, read.layersMarked, read.outcome.builds]).toEqual(["prefix", 3, 4]);
  });

  it("finds none where no engine passes, though polygraphy exits 0", async () => {
    const { read, done } = await runFake({ fake: { neverPass: true } });
    expect(done.status).toBe(0);
    expect(read.outcome.kind).toBe("none");
  });

  it.each([
    ["an engine that cannot run", { breakRunAt: 152 }, "polygraphy run ended with 1"],
    ["a run that writes nothing", { silentAt: 152 }, "wrote no outputs"],
    ["outputs that cannot be judged", { nonsenseAt: 152 }, "undecided: not a number"],
  ])("is stopped by the check at %s, which polygraphy would count as good", async (_, fake, words) => {
    const { read, done, run } = await runFake({ fake });
    expect(done.signal).toBe("SIGTERM");
    expect(run.checks.trim().split("\n")).toHaveLength(2);
    expect(read.outcome.kind).toBe("tool-failing");
    expect(read.outcome.message).toContain(words);
    expect(read.outcome.keep).toEqual([]);
  });

  it("is stopped where the gate that shall answer is gone", async () => {
    const gone = spawn("true");
    await new Promise((resolve) => gone.on("close", resolve));
    const { read, done } = await runFake({ gate: gone.pid ?? 0 });
    expect(done.signal).toBe("SIGTERM");
    expect(read.outcome).toMatchObject({ kind: "tool-failing", message: expect.stringContaining("the gate is gone") });
  });

  it("claims nothing when a build failed, which polygraphy counts as bad accuracy", async () => {
    const { read } = await runFake({ fake: { failBuildAt: 76 } });
    expect(read.outcome.kind).toBe("tool-failing");
    expect(read.outcome.message).toContain("with 76 layers marked failed");
    expect(read.outcome.probes[2]?.result.kind).toBe("unknown");
  });
});

describe("reading a run", () => {
  const whole = async () => (await runFake({})).run;

  it.each([
    [
      "another answer in the log",
      (run: DebugPrecisionRun) => ({ ...run, log: run.log.replace("first 116 layer(s) in", "first 117 layer(s) in") }),
      "tool-failing",
    ],
    ["a lost check", (run: DebugPrecisionRun) => ({ ...run, checks: run.checks.slice(5) }), "tool-failing"],
    ["an exit of 1", (run: DebugPrecisionRun) => ({ ...run, endedWell: false }), "tool-failing"],
    ["an empty log", (run: DebugPrecisionRun) => ({ ...run, log: "", checks: "" }), "tool-failing"],
    ["a time limit", (run: DebugPrecisionRun) => ({ ...run, endedWell: false, timedOut: true }), "budget"],
  ])("claims nothing with %s", async (_, change, kind) => {
    const { outcome, layersMarked } = readDebugPrecision(change(await whole()));
    expect(outcome.kind).toBe(kind);
    expect(outcome.keep).toEqual([]);
    expect(layersMarked).toBeUndefined();
  });

  it("takes usage errors for failed tools", async () => {
    const log = readFileSync(
      fileURLToPath(new URL("../../fixtures/tensorrt-8.6.1-h100/polygraphy_usage_error.log", import.meta.url)),
      "utf8",
    );
    expect(readDebugPrecision({ ...(await whole()), log, checks: "", endedWell: false }).outcome.kind).toBe("tool-failing");
  });
});
