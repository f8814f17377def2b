/** Searches whose tool fails, whose premise is wrong, or that were killed half way: synthetic units whose errors add up; the whole gate for its journals. */
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { main } from "../../src/main.ts";
import type { SearchOutcome } from "../../src/search/outcome.ts";
import type { Probe } from "../../src/search/probe.ts";
import { searchUnits } from "../../src/search/ranked.ts";
import { outlierData, outlierModel } from "../fakes/outlier-model.ts";
import { additiveProbe, energiesWith, failed, MemoryJournal, measured, rankerOf, request, syntheticUnits } from "../fakes/probes.ts";
import { runEffects } from "../fakes/run-effects.ts";

const units = syntheticUnits(40);

describe("a search", () => {
  it("probe whose tool fails", async () => {
    let broken = true;
    const probe: Probe = async (keep, samples) => {
      if (samples === "choose" && keep.size === 1 && broken) {
        broken = false;
        return failed();
      }
      return additiveProbe(energiesWith(40, [7]))(keep, samples);
    };
    const outcome = await searchUnits(request(units, probe, { ranker: rankerOf(additiveProbe(energiesWith(40, [7]))) }));
    expect(outcome.keep).toEqual(["u7"]);
    expect(outcome.probes.every(({ result }) => result.kind === "measured")).toBe(true);
    expect(broken).toBe(false);
  });

  it("tool that fails three times in a row", async () => {
    let asked = 0;
    const probe: Probe = async (keep, samples) =>
      asked++ < 3 ? additiveProbe(energiesWith(40, [7]))(keep, samples) : failed("killed by SIGKILL");
    const outcome = await searchUnits(request(units, probe, { ranker: rankerOf(additiveProbe(energiesWith(40, [7, 8, 9]))) }));
    expect(outcome.kind).toBe("tool-failing");
    expect(outcome.message).toContain("killed by SIGKILL");
    expect(asked).toBe(3 + 6);
  });

  it("everything kept still fails", async () => {
    const outcome = await searchUnits(request(units, async () => measured(12)));
    expect(outcome.kind).toBe("premise-fails");
    expect(outcome.message).toContain("missed by 8.00 dB");
    expect(outcome.message).toContain("loosen the limit");
  });

  it("quantisers that no unit holds", async () => {
    const outcome = await searchUnits(request(units, async () => measured(12), { heldByNoUnit: ["q1", "q2"] }));
    expect(outcome.message).toContain("2 quantisers (first 'q1') stay: no unit holds them");
    expect(outcome.message).not.toContain("loosen");
  });
});

describe("the journal", () => {
  const twelve = syntheticUnits(12);
  const probe = additiveProbe(energiesWith(12, [2, 9]));
  const answer = ({ kind, keep, probes, prefix, builds, oneMinimal }: SearchOutcome) => ({
    kind,
    keep,
    probes,
    prefix,
    builds,
    oneMinimal,
  });

  it("search journal of a killed search", async () => {
    const journal = new MemoryJournal();
    const whole = answer(await searchUnits(request(twelve, probe, { journal, inputsHash: "a" })));
    const text = journal.text ?? "";
    const lines = text.split("\n").length;
    expect(lines).toBeGreaterThan(20);
    for (let cut = 0; cut <= text.length; cut += 97) {
      const resumed = await searchUnits(request(twelve, probe, { journal: new MemoryJournal(text.slice(0, cut)), inputsHash: "a" }));
      expect(answer(resumed)).toEqual(whole);
    }
  });
});

it("two entries of one file in one journal", async () => {
  const effects = await runEffects();
  const at = (name: string) => join(effects.cwd, name);
  await mkdir(at(".github"));
  await writeFile(at("m.onnx"), outlierModel());
  await writeFile(at("x.npz"), writeNpz([outlierData(8)]));
  const entry = (name: string) => `
  - name: ${name}
    path: m.onnx
    quantization: {data: x.npz, algorithm: minmax, min-samples: 8}
    validation: {data: x.npz}
    tolerance: {sqnr-db: {fail: 15}}`;
  await writeFile(
    at(".github/trt-gate.yml"),
    `version: 1\nmodels:${["a b", "a/b", "other"].map(entry).join("")}\nsearch: {budget-minutes: 0.00001}\n`,
  );
  const { report, reportFolder } = await main({ inputs: { lane: "simulate" } }, effects);
  expect(report.models.map(({ search }) => search?.outcome)).toEqual(["budget", "budget", "budget"]);
  const journals = await readdir(join(reportFolder, "journal"));
  expect(journals).toHaveLength(3);
  const heads = await Promise.all(
    journals.map(async (name) => (await readFile(join(reportFolder, "journal", name), "utf8")).split("\n")[0]),
  );
  expect(heads.every((head) => head?.includes("trt-gate search journal"))).toBe(true);
  await effects.end();
});
