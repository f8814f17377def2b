import { describe, expect, it } from "vitest";
import { parseJournal } from "../../../src/search/journal.ts";
import type { SearchOutcome } from "../../../src/search/outcome.ts";
import type { Probe } from "../../../src/search/probe.ts";
import { searchUnits } from "../../../src/search/ranked.ts";
import { additiveProbe, energiesWith, failed, MemoryJournal, request, syntheticUnits } from "../../fakes/probes.ts";

const units = syntheticUnits(12);
const probe = additiveProbe(energiesWith(12, [2, 9]));
const answer = ({ kind, keep, probes, prefix, builds, oneMinimal }: SearchOutcome) => ({ kind, keep, probes, prefix, builds, oneMinimal });

describe("a search that was killed", () => {
  it("asks nothing again that stands in the journal", async () => {
    const journal = new MemoryJournal();
    await searchUnits(request(units, probe, { journal }));
    let asked = 0;
    const counting: Probe = async (keep, samples) => {
      // What is proved is an engine of this run.
      if (samples !== "prove") asked++;
      return probe(keep, samples);
    };
    await searchUnits(request(units, counting, { journal }));
    expect(asked).toBe(0);
  });

  it("keeps failed probes and their retries apart", async () => {
    const journal = new MemoryJournal();
    let broken = true;
    const flaky: Probe = async (keep, samples) => {
      if (keep.size === 1 && keep.has("u2") && broken) {
        broken = false;
        return failed();
      }
      return probe(keep, samples);
    };
    const whole = answer(await searchUnits(request(units, flaky, { journal })));
    const resumed = answer(await searchUnits(request(units, probe, { journal })));
    expect(resumed).toEqual(whole);
  });

  it.each([
    ["other inputs", (text: string) => text, "b", "other inputs"],
    ["a damaged line", (text: string) => text.replace('"kind":"measured"', '"kind":"guessed"'), "a", "damaged"],
    ["no head", (text: string) => text.slice(text.indexOf("\n") + 1), "a", "no readable first line"],
  ])("starts anew with a notice for a journal with %s", async (_, damage, inputsHash, words) => {
    const journal = new MemoryJournal();
    const whole = answer(await searchUnits(request(units, probe, { journal, inputsHash: "a" })));
    const notices: string[] = [];
    const damaged = new MemoryJournal(damage(journal.text ?? ""));
    const outcome = await searchUnits(request(units, probe, { journal: damaged, inputsHash, notice: (text) => notices.push(text) }));
    expect(notices.join()).toContain(words);
    expect(answer(outcome)).toEqual(whole);
    expect(damaged.text?.split("\n").length).toBe(journal.text?.split("\n").length);
  });

  it("writes numbers that JSON cannot hold and reads them back", () => {
    const head = '{"format":"trt-gate search journal 3","inputs":"a"}\n';
    const line =
      '{"key":"k","result":{"kind":"measured","passes":true,"marginDb":"Infinity","lowDb":"-Infinity","sqnrDb":"NaN","sdDb":0,"nearest":"cosine 0.9 of y","seconds":1},"waitedSeconds":0.5}\n';
    expect(parseJournal(head + line, "a")).toEqual([
      {
        key: "k",
        result: {
          kind: "measured",
          passes: true,
          marginDb: Number.POSITIVE_INFINITY,
          lowDb: Number.NEGATIVE_INFINITY,
          sqnrDb: Number.NaN,
          sdDb: 0,
          nearest: "cosine 0.9 of y",
          seconds: 1,
        },
        waitedSeconds: 0.5,
      },
    ]);
  });

  it("counts what it waited for, not what answers took that were there already: else its time would be over sooner", async () => {
    const dear: Probe = async (keep, samples) => ({ ...(await probe(keep, samples)), seconds: 3600 });
    const journal = new MemoryJournal();
    const searched = () => searchUnits(request(units, dear, { journal, inputsHash: "a", budgetMs: 60_000_000 }));
    const whole = await searched();
    const resumed = await searched();
    expect(answer(resumed)).toEqual(answer(whole));
    expect(resumed.seconds).toBeLessThan(3600);
  });
});
