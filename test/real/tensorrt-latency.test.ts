/** Latency on the fake TensorRT, whose GPU has a time of its own (test/fixtures/fake-tensorrt/README.md, "Time"): what goes around CUDA events, graphs, fixed addresses or turns comes out wrong there. */
import { afterEach, expect, it } from "vitest";
import { latencyReport, timeEngines } from "../../src/evaluate/latency.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
let lane: PreparedLane | undefined;
afterEach(async () => {
  await lane?.close();
  lane = undefined;
  await machine.end();
});

/** The classifier's compute layers; each takes 10 ms in float and 5 ms in INT8. */
const units = 54;

async function timed(variables: Readonly<Record<string, string>> = {}) {
  machine = await fakeMachine(variables);
  ({ prepared: lane } = await prepareLane("implicit", await machine.job()));
  const engine = await lane.build({ keep: new Set() });
  const times = await timeEngines(lane, { plain: engine });
  const [half, candidate] = [engine.half?.plan?.path ?? "", engine.facts.plan?.path ?? ""];
  return { times, again: (plans: readonly ("half" | "candidate")[]) => lane?.timePlans?.(plans.map((one) => ({ half, candidate })[one])) };
}

describeWithPython("the latency of engines", () => {
  it("is the GPU's own: CUDA events around a graph whose addresses are fixed", async () => {
    const { times } = await timed();
    expect(times.half?.ms).toMatchObject({ median: expect.closeTo(units * 10, 3), p05: expect.closeTo(units * 10, 3) });
    expect(times.candidate).toMatchObject({ ms: { median: expect.closeTo(units * 5, 3) }, ratio: { median: expect.closeTo(0.5, 5) } });
    expect(times.run).toMatchObject({
      graphs: [true, true],
      usedGraphs: true,
      smClockMHz: { min: 1980, max: 1980 },
      throttle: "power cap",
    });
    expect(times.run?.rounds.length).toBeGreaterThanOrEqual(30);
  });

  it("adds only what the host's start costs where no engine allows a graph", async () => {
    const { times } = await timed({ FAKE_TRT_FAULT: "no-graph" });
    // No allocator and no address that moves: those would cost one more.
    expect([times.half?.ms.median, times.candidate?.ms.median]).toEqual([
      expect.closeTo(units * 10 + 1, 3),
      expect.closeTo(units * 5 + 1, 3),
    ]);
    expect(latencyReport(times)?.message).toContain("no CUDA graphs, which no engine here allows");
  });

  it("compares like with like where one engine alone allows a graph", async () => {
    const { times } = await timed({ FAKE_TRT_FAULT: "no-graph:int8" });
    expect(times.run).toMatchObject({ graphs: [true, false], usedGraphs: false });
    expect(times.half?.ms.median).toBeCloseTo(units * 10 + 1, 3);
    expect(latencyReport(times)?.message).toContain("since not every engine allows one");
  });

  it("is taken in turns: on a GPU that grows slower and slower an engine is as fast as itself", async () => {
    const { again } = await timed({ FAKE_TRT_DRIFT: "0.01" });
    const run = await again(["half", "half", "half"]);
    const ratios = (run?.rounds ?? []).map(([first = 0, , third = 0]) => third / first);
    const middle = ratios.toSorted((a, b) => a - b)[ratios.length >> 1] ?? 0;
    // Whoever comes last alternates, so that neither is always the later one.
    expect(Math.abs(middle - 1)).toBeLessThan(0.02);
    expect([Math.min(...ratios) < 1, Math.max(...ratios) > 1]).toEqual([true, true]);
    // Meanwhile the GPU became slower by more than that.
    const firsts = (run?.rounds ?? []).map(([first = 0]) => first);
    expect((firsts.at(-1) ?? 0) / (firsts[0] ?? 1)).toBeGreaterThan(1.3);
  });

  it("says where the GPU does not tell its clocks", async () => {
    const { times } = await timed({ FAKE_SMI: "na" });
    expect(times.run?.smClockMHz).toBeUndefined();
    expect(latencyReport(times)?.message).toContain("the GPU does not tell its clocks");
  });
});
