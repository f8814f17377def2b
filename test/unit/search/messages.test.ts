import { describe, expect, it } from "vitest";
import { outcomeMessage } from "../../../src/search/messages.ts";
import type { SampleCounts } from "../../../src/search/outcome.ts";
import type { ProbeResult } from "../../../src/search/probe.ts";
import { notAsked, proofOf } from "../../../src/search/proof.ts";

const told = { kept: 2, of: 30, what: "units", proof: notAsked("Nothing was asked.") };
const counts: SampleCounts = { all: 90, rank: 30, choose: 30, prove: 30, apart: true };
const result = (marginDb: number, lowDb: number): ProbeResult => ({
  kind: "measured",
  sqnrDb: 20 + marginDb,
  marginDb,
  lowDb,
  sdDb: 1,
  passes: marginDb >= 0,
  seconds: 0,
});

describe("what is said of a set of units", () => {
  it("that holds on the samples that chose it alone, in the order that reads so", () => {
    expect(outcomeMessage({ ...told, kind: "not-confirmed" })).toBe(
      "Keeping 2 of 30 units meets the limits only on the samples that it was chosen on. Nothing was asked.",
    );
  });

  it("of one unit is in the singular", () => {
    expect(outcomeMessage({ ...told, kind: "found", kept: 1, of: 1 })).toContain("Keeping 1 of 1 unit in higher precision");
    expect(outcomeMessage({ ...told, kind: "found", kept: 1, of: 54 })).toContain("without it they are not safely met");
    expect(outcomeMessage({ ...told, kind: "found", kept: 2, of: 54 })).toContain("without any one of them they are not safely met");
  });

  it("that keeps everything is no fix", () => {
    expect(outcomeMessage({ ...told, kind: "found", kept: 4, of: 4 })).toMatch(/^The limits are met only with all 4 units .*no fix/);
    expect(outcomeMessage({ ...told, kind: "found", kept: 1, of: 1 })).toMatch(/^Keeping 1 of 1 unit /);
  });

  it("that is diffuse leads to a file that there is", () => {
    expect(outcomeMessage({ ...told, kind: "diffuse" })).toContain("`trt-gate fix report.json --keep N`");
  });
});

describe("what is said of its proof", () => {
  it("where the limit is missed is where to find a larger set", () => {
    const { state, message } = proofOf(result(-0.5, -2), counts);
    expect([state, message]).toEqual([
      "missed",
      expect.stringMatching(/Keep more units \(a later row of the curve\), or give more validation samples\.$/),
    ]);
  });

  it.each([
    ["too few samples", { ...counts, apart: false }, "Give 72 distinct validation samples or more (validation.max-samples caps them)."],
    // The interval is six times as wide as the margin: as many samples again, squared by the root's law.
    [
      "a limit inside the interval",
      counts,
      "About 810 validation samples in all would settle it (90 now; validation.max-samples caps them).",
    ],
  ])("where it is likely names the key that caps the samples: %s", (_, samples, next) => {
    const { state, message } = proofOf(result(1, -2), samples);
    expect(state).toBe("likely");
    expect(message.endsWith(next), message).toBe(true);
  });
});
