/** Ranking probes that are answered while engines are built. */
import { describe, expect, it } from "vitest";
import { prefetch } from "../../../src/probes/prefetch.ts";
import type { ProbeResult, Ranker } from "../../../src/search/probe.ts";

type Ask = Ranker["probe"];

const measured = (sqnrDb: number): ProbeResult => ({ kind: "measured", passes: true, marginDb: 0, lowDb: 0, sqnrDb, sdDb: 0, seconds: 0 });
const sets = ["a", "b", "c"].map((id) => new Set([id]));
const slice = { from: 0, count: 2 };
const questions = sets.map((keep) => ({ keep, slice }));
const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** A probe whose questions end when the test says so. */
function heldProbe() {
  const asked: { readonly keep: string; readonly answer: (result: ProbeResult) => void; readonly fail: (error: Error) => void }[] = [];
  const probe: Ask = (keep) =>
    new Promise((answer, fail) => {
      asked.push({ keep: [...keep].join(), answer, fail });
    });
  return { probe, asked, names: () => asked.map(({ keep }) => keep) };
}

describe("asking ahead", () => {
  it("asks the sets in their order, one at a time, before anybody wants them", async () => {
    const { probe, asked, names } = heldProbe();
    prefetch(probe, questions);
    await turn();
    expect(names()).toEqual(["a"]);
    asked[0]?.answer(measured(1));
    await turn();
    expect(names()).toEqual(["a", "b"]);
  });

  it("answers from memory what was asked before", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = prefetch(probe, questions);
    for (const [i] of sets.entries()) {
      await turn();
      asked[i]?.answer(measured(i));
    }
    await turn();
    expect(await ahead.probe(new Set(["b"]), slice)).toEqual(measured(1));
    expect(names()).toEqual(["a", "b", "c"]);
  });

  it("asks no more once the answers have taken as long as they may, and answers what is wanted later all the same", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = prefetch(probe, questions, 5);
    await turn();
    asked[0]?.answer({ ...measured(1), seconds: 4 });
    await turn();
    asked[1]?.answer({ ...measured(2), seconds: 2 });
    await turn();
    expect(names()).toEqual(["a", "b"]);
    const wanted = ahead.probe(new Set(["c"]), slice);
    await turn();
    asked[2]?.answer(measured(3));
    expect(await wanted).toEqual(measured(3));
  });

  it("leaves the rest to whoever asks what nobody has asked yet", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = prefetch(probe, questions);
    await turn();
    const wanted = ahead.probe(new Set(["x"]), slice);
    asked[0]?.answer(measured(1));
    await turn();
    expect(names()).toEqual(["a", "x"]);
    asked[1]?.answer(measured(7));
    expect(await wanted).toEqual(measured(7));
    await turn();
    expect(names()).toEqual(["a", "x"]);
    void ahead.probe(new Set(["b"]), slice);
    await turn();
    expect(names()).toEqual(["a", "x", "b"]);
  });

  it("takes other samples for a question of its own", async () => {
    let calls = 0;
    const ahead = prefetch(async () => measured(++calls), [{ keep: new Set(["a"]), slice }]);
    const keep = new Set(["a"]);
    await turn();
    expect(await ahead.probe(keep, slice)).toEqual(measured(1));
    expect(await ahead.probe(keep, { from: 2, count: 2 })).toEqual(measured(2));
    expect(await ahead.probe(keep, slice)).toEqual(measured(1));
  });

  it("keeps a failure from whoever did not ask, and asks again where somebody does", async () => {
    const times = new Map<string, number>();
    const probe: Ask = async (keep) => {
      const id = [...keep].join();
      times.set(id, (times.get(id) ?? 0) + 1);
      if (id === "a" && times.get(id) === 1) throw new Error("the tool broke");
      return id === "b" && times.get(id) === 1 ? { kind: "unknown", why: "busy", seconds: 0 } : measured(5);
    };
    const ahead = prefetch(probe, questions);
    await turn();
    for (const keep of sets) expect(await ahead.probe(keep, slice)).toEqual(measured(5));
    expect(Object.fromEntries(times)).toEqual({ a: 2, b: 2, c: 1 });
  });

  it("hands a failure to whoever waits for that very question", async () => {
    const { probe, asked } = heldProbe();
    const ahead = prefetch(probe, questions);
    await turn();
    const wanted = ahead.probe(new Set(["a"]), slice);
    asked[0]?.fail(new Error("the tool broke"));
    await expect(wanted).rejects.toThrow("the tool broke");
  });

  it("asks nothing more once stopped, and waits for what is under way", async () => {
    const { probe, asked, names } = heldProbe();
    const ahead = prefetch(probe, questions);
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
