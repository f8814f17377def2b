import { describe, expect, it } from "vitest";
import { ToolError } from "../../../src/effects/failure.ts";
import { latencyOfFix, latencyReport, speedOf, timeEngines, withLatency } from "../../../src/evaluate/latency.ts";
import type { Verdict } from "../../../src/gate/verdict.ts";
import type { TimingRun } from "../../../src/model/engine.ts";
import { engineAs, notTimed, plainRun, steady, timedAs } from "../../fakes/timed.ts";

const pass: Verdict = { kind: "pass", reason: "within-limits", message: "fine" };
/** The two sides wander together: what lies between them is told by rounds alone. */
const drifting = (ms: number) => Array.from({ length: 99 }, (_, r) => ms * (1 + r / 100));

describe("timing the engines", () => {
  /** What was asked for, and what a failing or succeeding lane then gives. */
  const asked = async (fixed: boolean, tried: number, timePlans: (plans: readonly string[]) => Promise<TimingRun>) => {
    const wanted: (readonly string[])[] = [];
    const lane = {
      timePlans: (plans: readonly string[]) => {
        wanted.push(plans);
        return timePlans(plans);
      },
    };
    const timed = await timeEngines(lane, {
      plain: engineAs("INT8 engine"),
      ...(fixed ? { fixed: engineAs("fixed engine") } : {}),
      tried: [engineAs("fixed engine"), ...Array.from({ length: tried }, (_, i) => engineAs(`tried ${i}`))],
    });
    return { wanted, timed };
  };
  const roundOf = async (plans: readonly string[]) => ({
    rounds: [plans.map((_, i) => i + 1)],
    launches: plans.map(() => 1),
    graphs: plans.map(() => true),
    ...plainRun,
  });

  it("asks for FP16, candidate, fix and a few tried ones in one go, each plan once", async () => {
    const { wanted, timed } = await asked(true, 9, roundOf);
    expect(wanted).toEqual([["FP16 engine.plan", "INT8 engine.plan", "fixed engine.plan", "tried 0.plan", "tried 1.plan", "tried 2.plan"]]);
    expect(timed.fixed).toMatchObject({ what: "fixed engine", ms: { median: 3 }, ratio: { median: 3 } });
    expect(timed.byPlan.get("tried 2.plan")?.ms.median).toBe(6);
  });

  it("leaves the tried ones out where all together do not fit", async () => {
    const { wanted, timed } = await asked(true, 1, async (plans) => {
      if (plans.length > 3) throw new ToolError("gpu-oom", "Out of memory.");
      return await roundOf(plans);
    });
    expect(wanted.map(({ length }) => length)).toEqual([4, 3]);
    expect(timed.fixed?.ms.median).toBe(3);
  });

  it("says why there are no times where the tool failed, and goes on; a cancelled run ends", async () => {
    const failing = (reason: string) => async (): Promise<TimingRun> => {
      throw new ToolError(reason, "The worker died.");
    };
    const { timed } = await asked(false, 0, failing("tool-killed"));
    expect(timed).toMatchObject({ half: undefined, why: "The worker died." });
    expect(latencyReport(timed)).toEqual({ engines: [], message: "Latency was not measured: The worker died." });
    await expect(asked(false, 0, failing("cancelled"))).rejects.toMatchObject({ reason: "cancelled" });
  });

  it("times nothing in a lane without engines", async () => {
    expect(latencyReport(await timeEngines({}, { plain: engineAs("INT8 engine") }))).toBeUndefined();
  });
});

describe("who is faster", () => {
  it("is told by the ratio within each round, not by the spread of both sides", async () => {
    const { candidate } = await timedAs({ half: drifting(1), candidate: drifting(0.98) });
    // The two spreads overlap almost whole.
    expect(candidate?.ms.p95).toBeGreaterThan(1.8);
    expect(candidate?.ratio?.p95).toBeCloseTo(0.98, 10);
    expect(speedOf(candidate?.ratio ?? { median: 1, p05: 1, p95: 1 })).toBe("faster");
  });

  it("needs 95 of 100 rounds", async () => {
    const mixed = (slow: number) => Array.from({ length: 100 }, (_, r) => (r < slow ? 1.2 : 0.9));
    const speed = async (slow: number) => {
      const { candidate } = await timedAs({ half: steady(1).concat(steady(1), steady(1)).slice(0, 100), candidate: mixed(slow) });
      return speedOf(candidate?.ratio ?? { median: 1, p05: 1, p95: 1 });
    };
    expect([await speed(0), await speed(3), await speed(8), await speed(97)]).toEqual(["faster", "faster", "as-fast", "slower"]);
  });

  it("is in the report with both figures and spreads, the clocks and how it was timed", async () => {
    const timed = await timedAs(
      { half: drifting(1), candidate: drifting(1.5) },
      { smClockMHz: { min: 1755, max: 1980 }, throttle: "power cap" },
    );
    const report = latencyReport(timed);
    expect(report).toMatchObject({
      engines: [
        { role: "reference", what: "FP16 engine" },
        { role: "candidate", what: "INT8 engine", speed: "slower", vsReference: { median: expect.closeTo(1.5, 9) } },
      ],
      rounds: 99,
    });
    expect(report?.message).toBe(
      "Latency, median (5th to 95th percentile) of 99 alternating rounds: FP16 engine 1.490 ms (1.040 to 1.940), INT8 engine 2.235 ms (1.560 to 2.910). " +
        "The INT8 engine is slower than the FP16 engine: 1.50 times as long (1.50 to 1.50). " +
        "GPU time by CUDA events, CUDA graphs; SM clock 1755 to 1980 MHz, slowed down by power cap.",
    );
  });

  it("says so where the GPU tells no clocks, and where no graph could be used", async () => {
    const none = latencyReport(
      await timedAs({ half: steady(1), candidate: steady(1) }, { smClockMHz: undefined, usedGraphs: false, graphs: [true, false] }),
    );
    expect(none?.message).toContain("The INT8 engine is no faster than the FP16 engine");
    expect(none?.message).toContain("no CUDA graphs, since not every engine allows one; the GPU does not tell its clocks.");
  });
});

describe("the latency limit of an entry", () => {
  it("turns a pass into a regression beyond it, with both times and spreads", async () => {
    const verdict = withLatency(pass, await timedAs({ half: steady(0.61), candidate: steady(0.98) }), 1);
    expect(verdict).toMatchObject({ kind: "regression", reason: "latency" });
    expect(verdict.message).toContain(
      "0.980 ms (0.980 to 0.980) against the FP16 engine's 0.610 ms (0.610 to 0.610), 1.61 times as long; 1 is allowed",
    );
  });

  it("leaves a pass alone within it, and every verdict where none is set", async () => {
    expect(withLatency(pass, await timedAs({ half: steady(1), candidate: steady(1.1) }), 1.1001)).toBe(pass);
    expect(withLatency(pass, await timedAs({ half: steady(0.61), candidate: steady(0.98) }), undefined)).toBe(pass);
  });

  it("is undecided where engines gave no time, never a pass, and says why", () => {
    expect(withLatency(pass, notTimed, 2)).toMatchObject({ kind: "undecided", reason: "no-latency" });
    expect(withLatency(pass, { ...notTimed, why: "The worker died." }, 2).message).toContain("no latency was measured (The worker died.)");
  });

  it("changes no other verdict", async () => {
    const regression: Verdict = { kind: "regression", reason: "limit-exceeded", message: "bad" };
    expect(withLatency(regression, await timedAs({ half: steady(1), candidate: steady(2) }), 1)).toBe(regression);
  });
});

describe("the latency of a fix", () => {
  const fixOf = async (fixed: readonly number[], maxSlowdown?: number) =>
    latencyOfFix(await timedAs({ half: steady(1), candidate: steady(0.5), fixed }), maxSlowdown);

  it("calls one pointless that is not faster than FP16, or slower than the entry allows", async () => {
    expect(await fixOf(steady(1.2))).toMatchObject({ pointless: true });
    expect(await fixOf(steady(1))).toMatchObject({ pointless: true });
    expect(await fixOf(steady(0.99))).toMatchObject({ pointless: false });
    expect(await fixOf(steady(1.2), 1.5)).toMatchObject({ pointless: false });
    expect(await fixOf(steady(0.9), 0.8)).toMatchObject({ pointless: true });
    expect(latencyOfFix(notTimed, 1)).toBeNull();
  });

  it("says so with all figures and their spreads", async () => {
    const noisy = steady(1).map((ms, r) => ms + (r % 2) / 10);
    expect((await fixOf(noisy))?.message).toBe(
      "Pointless: the fixed engine is not faster than the FP16 engine (FP16 engine 1.000 ms (1.000 to 1.000), INT8 engine 0.500 ms (0.500 to 0.500), " +
        "fixed engine 1.050 ms (1.000 to 1.100)). Ship that one instead.",
    );
  });
});
