/** Ranking probes that are answered while engines are built. */
import { describe, expect, it } from "vitest";
import { askAhead } from "../../../src/check/ask-ahead.ts";
import type { Probe, ProbeResult } from "../../../src/search/search.ts";

const measured = (sqnrDb: number): ProbeResult => ({ kind: "measured", passes: true, marginDb: 0, sqnrDb, sdDb: 0, seconds: 0 });
const sets = ["a", "b", "c"].map((id) => new Set([id]));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A probe whose questions end when the test says so. */
function heldProbe() {
  const asked: { readonly keep: string; readonly answer: (result: ProbeResult) => void; readonly fail: (error: Error) => void }[] = [];
  const probe: Probe = (keep) =>
    new Promise((answer, fail) => {
      asked.push({ keep: [...keep].join(), answer, fail });
    });
  return { probe, asked, names: () => asked.map(({ keep }) => keep) };
}

describe("asking ahead", () => {
  it("asks the sets in their order, one at a time, before anybody wants them", async () => {
    const { probe, asked, names } = heldProbe();
    askAhead(probe, sets, "search");
    await turn();
    expect(names()).toEqual(["a"]);
    asked[0]?.answer(measured(1));
    await turn();
    expect(names()).toEqual(["a", "b"]);
  });

  it("answers from memory what was asked before", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = askAhead(probe, sets, "search");
    for (const [i] of sets.entries()) {
      await turn();
      asked[i]?.answer(measured(i));
    }
    await turn();
    expect(await ahead.probe(new Set(["b"]), "search")).toEqual(measured(1));
    expect(names()).toEqual(["a", "b", "c"]);
  });

  it("puts another question right after the one under way, before the sets that nobody waits for", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = askAhead(probe, sets, "search");
    await turn();
    const wanted = ahead.probe(new Set(["x"]), "search");
    asked[0]?.answer(measured(1));
    await turn();
    expect(names()).toEqual(["a", "x"]);
    asked[1]?.answer(measured(7));
    expect(await wanted).toEqual(measured(7));
  });

  it("takes the other half and a fresh build for questions of their own", async () => {
    const probe: Probe = async (_keep, half, options) => measured(half === "accept" ? 2 : options?.fresh ? 3 : 1);
    const ahead = askAhead(probe, sets, "search");
    const keep = new Set(["a"]);
    expect([
      await ahead.probe(keep, "search"),
      await ahead.probe(keep, "accept"),
      await ahead.probe(keep, "search", { fresh: true }),
    ]).toEqual([measured(1), measured(2), measured(3)]);
  });

  it("keeps a failure from whoever did not ask, and asks again where somebody does", async () => {
    const times = new Map<string, number>();
    const probe: Probe = async (keep) => {
      const id = [...keep].join();
      times.set(id, (times.get(id) ?? 0) + 1);
      if (id === "a" && times.get(id) === 1) throw new Error("the tool broke");
      return id === "b" && times.get(id) === 1 ? { kind: "unknown", why: "busy", seconds: 0 } : measured(5);
    };
    const ahead = askAhead(probe, sets, "search");
    await turn();
    for (const keep of sets) expect(await ahead.probe(keep, "search")).toEqual(measured(5));
    expect(Object.fromEntries(times)).toEqual({ a: 2, b: 2, c: 1 });
  });

  it("hands a failure to whoever waits for that very question", async () => {
    const { probe, asked } = heldProbe();
    const ahead = askAhead(probe, sets, "search");
    await turn();
    const wanted = ahead.probe(new Set(["a"]), "search");
    asked[0]?.fail(new Error("the tool broke"));
    await expect(wanted).rejects.toThrow("the tool broke");
  });

  it("asks nothing more once stopped, and waits for what is under way", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = askAhead(probe, sets, "search");
    await turn();
    let isStopped = false;
    const stopping = ahead.stop().then(() => {
      isStopped = true;
    });
    await turn();
    expect(isStopped).toBe(false);
    asked[0]?.answer(measured(1));
    await stopping;
    expect(names()).toEqual(["a"]);
  });
});
