/** The implicit lane with the real worker and the real Polygraphy on the fake TensorRT: engines, marks, precisions, failures. */
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { parseCache } from "../../src/calibration/cache.ts";
import { ConfigError } from "../../src/effects/failure.ts";
import { writeRunResults } from "../../src/formats/polygraphy-writer.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import type { TensorPair } from "../../src/model/engine.ts";
import type { EngineJob, QuantizationSource } from "../../src/model/job.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { plainCandidate } from "../../src/model/unit.ts";
import { type FakeMachine, fakeMachine, recordedCache } from "../fakes/fake-tensorrt.ts";
import { allOf, pairsOf } from "../fakes/simulate-job.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let open: PreparedLane | undefined;
afterEach(async () => {
  await open?.close();
  open = undefined;
  await machine.end();
});

interface Start {
  readonly fake?: Readonly<Record<string, string>>;
  readonly quantization?: (machine: FakeMachine) => Promise<Partial<QuantizationSource>>;
  readonly change?: Partial<EngineJob>;
}
async function prepared({ fake = {}, quantization, change }: Start = {}): Promise<PreparedLane> {
  machine = await fakeMachine(fake);
  const { prepared: lane } = await prepareLane("implicit", await machine.job(await quantization?.(machine), change));
  open = lane;
  return lane;
}
const unitOf = (lane: PreparedLane, node: string) => lane.units.find(({ nodes }) => nodes[0] === node)?.id ?? "";

/** What Polygraphy itself reads from the reference's outputs saved as RunResults: runner and number of iterations. */
async function readByPolygraphy(pairs: readonly TensorPair[]): Promise<string> {
  const path = join(machine.run.folder, "reference.json");
  async function* iterations() {
    for (const { reference } of pairs) yield reference === undefined ? [] : [reference];
  }
  await writeRunResults(path, "reference", iterations(), machine.effects.files);
  const script = "import sys; from polygraphy.comparator import RunResults; r = RunResults.load(sys.argv[1]); print(r[0][0], len(r[0][1]))";
  const env = { PATH: process.env.PATH ?? "" };
  const { stdout } = await machine.effects.exec.run({ file: machine.python, args: ["-c", script, path], env, timeoutMs: 60_000 });
  return stdout.trim().split("\n").at(-1) ?? "";
}

/** The recorded cache with another text in its place. */
const cacheWith = (change: (text: string) => string) => async (at: FakeMachine) => {
  const cachePath = join(at.run.folder, "changed.cache");
  await writeFile(cachePath, change(await readFile(recordedCache, "utf8")));
  return { cachePath };
};

describeWithPython("the implicit lane", () => {
  it("runs FP16 against INT8 and says of each engine what it was", async () => {
    const lane = await prepared();
    const pairs = await pairsOf(lane);
    expect(pairs.map(({ sample, tensor, role }) => [sample, tensor, role])).toEqual([
      [0, "softmax_0.tmp_0", "output"],
      [1, "softmax_0.tmp_0", "output"],
    ]);
    expect(pairs[0]?.candidate?.data).not.toEqual(pairs[0]?.reference?.data);
    expect(machine.built.map(({ role, what }) => [role, what])).toEqual([
      ["reference", "FP16 engine"],
      ["candidate", "INT8 engine"],
    ]);
    expect(machine.built.every(({ seconds }) => seconds > 0)).toBe(true);
    expect((machine.built.at(-1)?.executed ?? []).filter(({ precision }) => precision === "INT8")).toHaveLength(54);
    expect(machine.built.map(({ repeatIdentical }) => repeatIdentical)).toEqual([true, true]);
    expect(lane.coverage).toMatchObject({ quantizedUnits: 54, totalUnits: 54, missingScales: [] });
    expect(lane.versions).toMatchObject({ tensorrt: "8.6.1", polygraphy: "0.53.6", gpu: "Fake GPU 80GB" });
    expect(await readByPolygraphy(pairs)).toBe("reference 2");
  });

  it("builds a set once, and anew where that is asked for", async () => {
    const lane = await prepared();
    const first = await pairsOf(lane);
    expect((await pairsOf(lane))[0]?.candidate?.data).toEqual(first[0]?.candidate?.data);
    expect(machine.built).toHaveLength(2);
    const fresh = await pairsOf(lane, { fresh: true });
    expect(machine.built).toHaveLength(3);
    expect(fresh[0]?.reference?.data).toEqual(first[0]?.reference?.data);
    expect(fresh[0]?.candidate?.data).not.toEqual(first[0]?.candidate?.data);
  });

  it("keeps units in FP16 as a Q/DQ model of the same scales, and takes them back for the next build", async () => {
    const lane = await prepared();
    const keep = new Set([unitOf(lane, "p2o.Conv.1"), unitOf(lane, "p2o.Conv.2")]);
    await pairsOf(lane, { keep });
    expect(machine.built.at(-1)).toMatchObject({
      what: "Q/DQ engine with 2 units in float16",
      keep,
      int8: { int8: 52, other: 0, unknown: 0 },
    });
    expect(machine.built.at(-1)?.ignored).toBeUndefined();
    expect((machine.built.at(-1)?.executed ?? []).filter(({ precision }) => precision === "INT8")).toHaveLength(52);
    await pairsOf(lane);
    expect((machine.built.at(-1)?.executed ?? []).filter(({ precision }) => precision === "INT8")).toHaveLength(54);
  });

  it.each([
    ["as a Q/DQ model", "8.6.1"],
    ["by layer precisions", "8.5.3"],
  ])("keeps units in FP32 that run in FP32: %s", async (_, version) => {
    const data = async (at: FakeMachine) => ({ data: await at.feeds("calibration", 4), algorithm: "minmax" as const });
    const lane = await prepared({ fake: { FAKE_TRT_VERSION: version }, quantization: data, change: { keepPrecision: "float32" } });
    const { facts } = await lane.build({ keep: new Set([unitOf(lane, "p2o.Conv.1")]) });
    const precisionOf = (node: string) => facts.executed?.find(({ nodes }) => nodes[0] === node)?.precision;
    expect([precisionOf("p2o.Conv.1"), precisionOf("p2o.Conv.2")]).toEqual(["FP32", "INT8"]);
    expect(facts.ignored).toBeUndefined();
  });

  it("holds no memory of an engine while it builds another", async () => {
    const lane = await prepared();
    await pairsOf(lane);
    await pairsOf(lane, { keep: new Set([unitOf(lane, "p2o.Conv.1")]) });
    await (await lane.build(plainCandidate)).layers([0]);
    const held = (await machine.builds()).map(({ heldBytes }) => heldBytes);
    expect(held.length).toBeGreaterThan(4);
    expect(new Set(held)).toEqual(new Set([0]));
  });

  it("names kept layers that run in INT8 all the same: their fix is then not verified", async () => {
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: "claim-int8" } });
    await pairsOf(lane, { keep: new Set([unitOf(lane, "p2o.Conv.1")]) });
    expect(machine.built.at(-1)?.ignored).toEqual(["p2o.Conv.1"]);
  });

  it("counts the units that the builder left in float", async () => {
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: "no-int8" } });
    await pairsOf(lane);
    expect(machine.built.at(-1)).toMatchObject({ what: "INT8 engine", int8: { int8: 0, other: 54, unknown: 0 } });
  });

  it("keeps units by layer precisions before 8.6, where Q/DQ are not dependable", async () => {
    const lane = await prepared({
      fake: { FAKE_TRT_VERSION: "8.5.3" },
      quantization: async (at) => ({ data: await at.feeds("calibration", 4), algorithm: "minmax" }),
    });
    await pairsOf(lane, { keep: new Set([unitOf(lane, "p2o.Conv.1")]), samples: [0] });
    expect(machine.built.at(-1)).toMatchObject({ what: "INT8 engine with 1 unit in float16", int8: { int8: 53, other: 0, unknown: 0 } });
    expect((await machine.builds()).at(-1)?.flags).toContain("OBEY_PRECISION_CONSTRAINTS");
  });

  it("takes layers in smaller batches where the GPU's memory is short, and drops none", async () => {
    const small = await prepared({ fake: { FAKE_TRT_FAULT: "oom-over:30" } });
    const { pairs, dropped, markingDb } = await (await small.build(plainCandidate)).layers([0]);
    expect((await allOf(pairs)).filter(({ role, candidate, reference }) => role === "layer" && candidate && reference)).toHaveLength(54);
    expect(dropped).toEqual([]);
    expect(markingDb).toBeGreaterThan(10);
    expect(machine.built.filter(({ role }) => role === "marked").length).toBeGreaterThan(2);
    expect(machine.built.at(-1)?.notes.join()).toMatch(/marking moved the output by/);
  });

  it("says which build failed where a unit has no kernel, and builds other sets afterwards", async () => {
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: "no-kernel:p2o.Conv.1" } });
    const set = (node: string) => ({ keep: new Set([unitOf(lane, node)]) });
    await expect(pairsOf(lane, set("p2o.Conv.1"))).rejects.toMatchObject({
      reason: "build-failed",
      message: expect.stringContaining("p2o.Conv.1"),
    });
    expect(await pairsOf(lane, set("p2o.Conv.2"))).toHaveLength(2);
  });

  it("ends a build that hangs at the run's deadline", async () => {
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: "hang-build" }, change: { deadlineMs: performance.now() + 4000 } });
    await expect(pairsOf(lane)).rejects.toMatchObject({ reason: "timeout", message: expect.stringContaining("timeout-minutes") });
  });

  it("goes on with a second worker after one was killed in a build", async () => {
    const mark = join(await mkdtemp(join(tmpdir(), "killed-")), "once");
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: `kill-build-once:${mark}` } });
    await expect(pairsOf(lane)).rejects.toMatchObject({ reason: "tool-killed", message: expect.stringContaining("SIGKILL") });
    expect(await pairsOf(lane)).toHaveLength(2);
    await rm(dirname(mark), { recursive: true });
  });

  it("fails as gpu-faulty where memory errors were counted during the run", async () => {
    const lane = await prepared({ fake: { FAKE_SMI: "ecc" } });
    await expect(pairsOf(lane)).rejects.toMatchObject({ reason: "gpu-faulty" });
  });
});

describeWithPython("scales of the implicit lane", () => {
  const data = (algorithm: QuantizationSource["algorithm"]) => async (at: FakeMachine) => ({
    data: await at.feeds("calibration", 4),
    algorithm,
  });

  it.each([
    ["entropy", "TRT-8601-EntropyCalibration2"],
    ["minmax", "TRT-8601-MinMaxCalibration"],
    ["percentile", "TRT-8601-EntropyCalibration2"],
  ] as const)("come from calibrating with %s on all samples, in a cache that later builds read", async (algorithm, header) => {
    const lane = await prepared({ quantization: data(algorithm) });
    const cache = parseCache(await readFile(lane.cachePath ?? "", "utf8"), "cache");
    expect(cache.header).toBe(header);
    expect(cache.entries.length).toBeGreaterThan(54);
    expect(lane.coverage.missingScales).toEqual([]);
    await pairsOf(lane);
    expect((machine.built.at(-1)?.executed ?? []).some(({ precision }) => precision === "INT8")).toBe(true);
    expect(machine.run.lines.join("\n")).toContain(algorithm);
    // The engine that calibrated is the candidate: one INT8 and one FP16 engine, told of once each.
    expect((await machine.builds()).map(({ flags }) => flags.includes("INT8")).toSorted()).toEqual([false, true]);
    expect(machine.built.map(({ what }) => what)).toEqual(["FP16 engine", "INT8 engine"]);
  });

  it("come with an engine that is built once more, from the cache, where memory was short while it calibrated", async () => {
    const lane = await prepared({ fake: { FAKE_TRT_FAULT: "skip-tactics" }, quantization: data("entropy") });
    await pairsOf(lane);
    const int8 = (await machine.builds()).filter(({ flags }) => flags.includes("INT8"));
    expect(int8.map(({ calibrated }) => calibrated.length)).toEqual([4, 0]);
  });

  it("come with another engine where one is asked for afresh", async () => {
    const lane = await prepared({ quantization: data("entropy") });
    await lane.build(plainCandidate);
    await lane.build(plainCandidate, { fresh: true });
    expect((await machine.builds()).filter(({ flags }) => flags.includes("INT8"))).toHaveLength(2);
  });

  it("are refused where calibration was cut short", async () => {
    await expect(prepared({ fake: { FAKE_TRT_FAULT: "short-calibration" }, quantization: data("entropy") })).rejects.toMatchObject({
      reason: "calibration-truncated",
      message: expect.stringContaining("1 of 4 samples"),
    });
  });

  it.each([
    ["another TensorRT", (text: string) => text.replace("TRT-8601", "TRT-8503"), "reads only TRT-8601"],
    ["another model", (text: string) => text.replaceAll("batch_norm_", "other_"), "belongs to another model"],
    ["an algorithm nobody knows", (text: string) => text.replace("EntropyCalibration2", "Guessed"), "does not know"],
  ] as const)("are refused from a cache of %s, which TensorRT would replace unseen", async (_, change, words) => {
    await expect(prepared({ quantization: cacheWith(change) })).rejects.toMatchObject({
      reason: "stale-cache",
      message: expect.stringContaining(words),
    });
  });

  it("are renewed from data where the cache is stale, the user's file unchanged", async () => {
    const stale = cacheWith((text) => text.replace("TRT-8601", "TRT-8503"));
    const lane = await prepared({ quantization: async (at) => ({ ...(await stale(at)), ...(await data("minmax")(at)) }) });
    expect((await readFile(lane.cachePath ?? "", "utf8")).split("\n")[0]).toBe("TRT-8601-MinMaxCalibration");
    expect(await readFile(join(machine.run.folder, "changed.cache"), "utf8")).toMatch(/^TRT-8503/);
    expect(machine.run.lines.filter((line) => line.startsWith("notice: ")).join()).toContain("renewed from");
  });

  it("are asked for where there is no source, and not taken from a Q/DQ model", async () => {
    await expect(prepared({ quantization: async () => ({}) })).rejects.toThrow(/'cache', 'data' or 'loader'/);
    await machine.end();
    const qdq = prepared({ quantization: async () => ({ qdqPath: "model.qdq.onnx" }) });
    await expect(qdq).rejects.toThrow(ConfigError);
    await expect(qdq).rejects.toThrow(/lane: explicit/);
  });

  it("come from a loader script, which calibrates like data", async () => {
    const lane = await prepared({
      quantization: async (at) => {
        const loaderPath = join(at.run.folder, "load.py");
        const body =
          "import numpy\ndef load_data():\n    for i in range(3):\n        yield {'x': numpy.random.RandomState(i).rand(1, 3, 48, 192).astype(numpy.float32)}\n";
        await writeFile(loaderPath, body);
        return { loaderPath };
      },
    });
    expect(machine.run.lines.join("\n")).toContain("entropy calibration on 3 samples of load.py (3 samples)");
    expect((await pairsOf(lane)).length).toBe(2);
  });
});
