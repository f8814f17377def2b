/** Latency on the fake TensorRT, whose GPU has a time of its own (test/fixtures/fake-tensorrt/README.md, "Time"): what goes around CUDA events, graphs, fixed addresses or turns comes out wrong there. */
import { afterEach, expect, it } from "vitest";
import { latencyReport, timeEngines } from "../../src/evaluate/latency.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { renderComment } from "../../src/report/comment.ts";
import { renderHtml } from "../../src/report/html/page.ts";
import { renderTerminal } from "../../src/report/terminal.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { runGate, smallEntry } from "../fakes/gate-run.ts";
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

describeWithPython("an INT8 engine that is not faster than FP16", () => {
  const slow = { FAKE_TRT_INT8_MS: "12", FAKE_TRT_JITTER: "0.02" };

  it("is called so in report, comment, page and terminal, the fix too, with figures and spreads", async () => {
    machine = await fakeMachine(slow);
    const { report, model } = await runGate(machine, { entry: smallEntry({ level: 1 }), fake: slow });
    const figures = /FP16 engine \d+\.\d{3} ms \(\d+\.\d{3} to \d+\.\d{3}\), INT8 engine \d+\.\d{3} ms \(\d+\.\d{3} to \d+\.\d{3}\)/;
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

  it("is called so where it meets its limits, too", async () => {
    machine = await fakeMachine(slow);
    const { report, model } = await runGate(machine, {
      entry: [...smallEntry({ level: 1 }).filter((line) => !line.startsWith("tolerance")), "tolerance: {sqnr-db: {fail: -30}}"],
      fake: slow,
    });
    expect(model.verdict).toBe("pass");
    expect(renderTerminal(report, { ansi: false }).replaceAll(/\s+/g, " ")).toContain("The INT8 engine is slower than the FP16 engine");
    expect(model.advice.map(({ rule }) => rule)).toContain("slow");
  });
});
