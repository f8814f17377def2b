import { describe, expect, it, test } from "vitest";
import { ToolError } from "../../../src/effects/failure.ts";
import { decideOutputs, judgeOutputs } from "../../../src/evaluate/outputs.ts";
import { plainCandidate } from "../../../src/model/unit.ts";
import { makeProbe } from "../../../src/probes/probe.ts";
import { splitSamples } from "../../../src/search/sample-split.ts";
import { fakeClock } from "../../fakes/clock.ts";
import { type FakeLane, fakeLane } from "../../fakes/lane.ts";
import { entryOf } from "../../fakes/settings.ts";

const reference = (sample: number) => [1 + sample, -2, 3, 0.5];
const worse = (values: readonly number[], share: number) => values.map((value, i) => value * (1 + (i % 2 === 0 ? share : -share)));
const judging = (lane: FakeLane, yaml = "tolerance: {sqnr-db: {fail: 20}}") => ({
  entry: entryOf(yaml),
  lane,
  seed: 1,
  today: "2026-11-24",
});
const all = [0, 1, 2, 3, 4, 5, 6, 7];
const judged = async (lane: FakeLane, samples = all) =>
  (await judgeOutputs(judging(lane), await lane.build(plainCandidate), samples)).judgement;

describe("the verdict on outputs", () => {
  it("passes what meets its limit and fails what does not", async () => {
    const good = fakeLane({ output: (sample) => ({ reference: reference(sample), candidate: worse(reference(sample), 0.01) }) });
    const bad = fakeLane({ output: (sample) => ({ reference: reference(sample), candidate: worse(reference(sample), 0.2) }) });
    expect((await judged(good)).verdict).toMatchObject({ kind: "pass", reason: "within-limits" });
    expect((await judged(bad)).verdict).toMatchObject({ kind: "regression", reason: "limit-exceeded" });
  });

  it.each([
    ["no sample", fakeLane({ output: () => ({ reference: [1], candidate: [1] }) }), [], "nothing-compared"],
    ["no tensor in common", fakeLane({ output: () => ({ reference: [1], candidate: undefined }) }), [0], "nothing-compared"],
    ["only NaN", fakeLane({ output: () => ({ reference: [Number.NaN], candidate: [Number.NaN] }) }), [0], "nonfinite-both"],
    ["an empty tensor", fakeLane({ output: () => ({ reference: [], candidate: [] }) }), [0], "empty-tensor"],
  ])("is undecided with %s, never a pass", async (_, lane, samples, reason) => {
    expect((await judged(lane, samples)).verdict).toMatchObject({
      kind: "undecided",
      reason,
    });
  });

  it("calls NaN in the candidate alone a regression", async () => {
    const lane = fakeLane({ output: (sample) => ({ reference: reference(sample), candidate: [Number.NaN, 1, 1, 1] }) });
    expect((await judged(lane)).verdict).toMatchObject({ kind: "regression", reason: "nonfinite-candidate" });
  });
});

test("one part that got worse than the base is a regression, where the whole and all limits hide it", async () => {
  const parts = [
    { name: "boxes", where: "[:, 0:2]" },
    { name: "scores", where: "[:, 2:4]" },
  ];
  const forms = new Map([["y", { parts: { shape: [1, 4], labels: Uint8Array.of(1, 1, 2, 2), parts } }]]);
  const lane = (candidate: number[]) => fakeLane({ forms, output: () => ({ reference: [400, 300, 0.5, 0.25], candidate }) });
  const yaml = "tolerance: {sqnr-db: {fail: 10}, baseline: {sqnr-db: {drop: 3}}}";
  const run = async (candidate: number[], baseline?: NonNullable<Parameters<typeof judgeOutputs>[0]["baseline"]>) => {
    const own = lane(candidate);
    return await judgeOutputs({ ...judging(own, yaml), ...(baseline ? { baseline } : {}) }, await own.build(plainCandidate), all);
  };
  const base = await run([401, 300, 0.5, 0.2578125]);
  const baseline = new Map(base.measured.measurements.map((one) => [one.tensor, one]));
  const { judgement, measured } = await run([401, 300, 0.5, 0.28125], baseline);
  // numpy: 10 log10 of sum r^2 / sum (r-c)^2: 53.979 dB of the whole before and 53.975 dB now; of the scores 37.093 and 25.051 dB.
  const figures = [base.measured, measured].map(({ measurements: [y] }) => [y?.metrics.sqnrDb, y?.parts?.[1]?.metrics.sqnrDb]);
  expect(figures.flat()).toEqual([53.979, 37.093, 53.975, 25.051].map((value) => expect.closeTo(value, 2)));
  expect(judgement.verdict).toMatchObject({
    kind: "regression",
    reason: "baseline-drop",
    message: expect.stringContaining('part "scores"'),
  });
});

describe("noise between builds", () => {
  /** 20 dB is an error of 10 %: builds alternate around it. */
  const noisy = (shares: readonly number[]) =>
    fakeLane({
      deterministic: false,
      output: (sample, _, build) => ({
        reference: reference(sample),
        candidate: worse(reference(sample), shares[build % shares.length] ?? 0),
      }),
    });

  it("decides by the one engine that was built, also beside the limit", async () => {
    const { decision, guardDb, betweenBuildsDb } = await decideOutputs(judging(noisy([0.0999, 0.2])), all);
    expect(decision).toMatchObject({ kinds: ["pass"], verdict: { kind: "pass" } });
    expect([guardDb, betweenBuildsDb]).toEqual([0, []]);
  });

  const rebuild = (builds: number) => `tolerance: {sqnr-db: {fail: 20}}\ntensorrt: {ship: rebuild, rebuilds: ${builds}}`;

  it("judges further builds where a rebuild is what ships, at least one, and says how far they are apart", async () => {
    const { decision, betweenBuildsDb } = await decideOutputs(judging(noisy([0.03, 0.031]), rebuild(0)), all);
    expect(decision).toMatchObject({ kinds: ["pass", "pass"], verdict: { kind: "pass" } });
    expect(betweenBuildsDb).toHaveLength(1);
    expect(Math.min(...betweenBuildsDb)).toBeGreaterThan(40);
  });

  it("is undecided where such builds disagree", async () => {
    const { decision } = await decideOutputs(judging(noisy([0.098, 0.103, 0.098]), rebuild(2)), all);
    expect(decision).toMatchObject({ kinds: ["pass", "regression", "pass"], verdict: { kind: "undecided", reason: "inside-guard" } });
  });
});

describe("a probe of the search", () => {
  const split = splitSamples(["a", "b", "c", "d", "e", "f", "g", "h"], { seed: 3 });
  const lane = fakeLane({
    output: (sample, keep) => ({ reference: reference(sample), candidate: worse(reference(sample), keep.has("Conv:t1") ? 0.01 : 0.2) }),
  });

  it("measures the samples that were asked for and says by how much it passes", async () => {
    const probe = makeProbe(judging(lane), split, fakeClock());
    expect(await probe(new Set(["Conv:t1"]), "prove")).toMatchObject({ kind: "measured", passes: true });
    expect(lane.asked.at(-1)?.samples).toEqual(split.prove);
    const failing = await probe(new Set(), "choose");
    expect(failing).toMatchObject({ kind: "measured", passes: false });
    expect(failing.kind === "measured" && failing.marginDb).toBeLessThan(0);
  });

  it("holds the engine that answered, whatever was built since", async () => {
    const timed = fakeLane({
      output: (sample) => ({ reference: reference(sample), candidate: reference(sample) }),
      facts: (keep) => ({ what: `${keep.size} kept` }),
    });
    const probe = makeProbe(judging(timed), split, fakeClock());
    const two = probe(new Set(["Conv:t0", "Conv:t1"]), "choose");
    const one = probe(new Set(["Conv:t1"]), "choose");
    expect(await two).toMatchObject({ engine: { facts: { what: "2 kept" } } });
    expect(await one).toMatchObject({ engine: { facts: { what: "1 kept" } } });
  });

  it("takes units for float where the engine says so, and none inside a Myelin region, of which only the ends are shown", async () => {
    const layer = (name: string, layerType: string, nodes: readonly string[]) => ({ layer: name, layerType, nodes, precision: "FP16" });
    const shown = fakeLane({
      output: (sample) => ({ reference: reference(sample), candidate: reference(sample) }),
      facts: () => ({
        executed: [layer("conv_0", "CaskConvolution", ["conv_0"]), layer("{ForeignNode[conv_1...conv_2]}", "Myelin", ["conv_1", "conv_2"])],
      }),
    });
    expect(await makeProbe(judging(shown), split, fakeClock())(new Set(), "choose")).toMatchObject({ floatUnits: ["Conv:t0"] });
  });

  it("calls a tool's failure unknown and never bad accuracy", async () => {
    const broken = {
      ...lane,
      build: () => {
        throw new ToolError("build-failed", "no implementation");
      },
    };
    expect(await makeProbe(judging(broken), split, fakeClock())(new Set(), "all")).toMatchObject({
      kind: "unknown",
      why: "build-failed: no implementation",
    });
  });

  it("lets a bug and a cancelled run through", async () => {
    const bug = {
      ...lane,
      build: () => {
        throw new TypeError("x");
      },
    };
    await expect(makeProbe(judging(bug), split, fakeClock())(new Set(), "all")).rejects.toThrow(TypeError);
    const cancelled = {
      ...lane,
      build: () => {
        throw new ToolError("cancelled", "stop");
      },
    };
    await expect(makeProbe(judging(cancelled), split, fakeClock())(new Set(), "all")).rejects.toThrow("stop");
  });
});
