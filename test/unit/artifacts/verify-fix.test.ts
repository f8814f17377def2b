/** The proof that a fix carries: what the search's proof samples showed, and whether TensorRT did as it was told. */
import { describe, expect, it } from "vitest";
import { verifyFix } from "../../../src/artifacts/fix.ts";
import type { Proof, SearchOutcome } from "../../../src/search/outcome.ts";
import { fakeLane } from "../../fakes/lane.ts";
import { measured } from "../../fakes/probes.ts";
import { entryOf } from "../../fakes/settings.ts";

const judging = (lane: "implicit" | "simulate" = "implicit") => ({
  entry: entryOf("tolerance: {sqnr-db: {fail: 20}}"),
  lane: fakeLane({ lane, output: () => ({ reference: [1], candidate: [1] }) }),
  seed: 1,
  today: "2026-11-24",
});
const searched = (state: Proof["state"], keep: readonly string[] = ["Conv:t1"]): { outcome: SearchOutcome } => ({
  outcome: {
    kind: "prefix",
    method: "ranked",
    message: "",
    units: [],
    rankings: [],
    probes: [],
    prefix: [],
    keep,
    oneMinimal: false,
    proof: { state, samples: 24, message: `It is ${state}.` },
    advice: [],
    builds: 1,
    seconds: 1,
    seed: 1,
  },
});

describe("the proof of a fix", () => {
  it.each([
    ["proved", true],
    ["likely", true],
    ["missed", false],
    ["none", false],
  ] as const)("that is %s passes: %s", async (state, passes) => {
    expect(verifyFix(judging(), searched(state))).toMatchObject({ by: "engine", passes, message: `It is ${state}.` });
  });

  it("says that no engine was asked where it was simulated", async () => {
    const verified = verifyFix(judging("simulate"), searched("proved"));
    expect(verified).toMatchObject({ by: "simulated", message: "It is proved. (Simulated; not verified on an engine.)" });
  });

  it.each([
    [["conv_1"], 'ran 1 layer of kept units in a lower precision nevertheless, first "conv_1"'],
    [["conv_1", "conv_2"], 'ran 2 layers of kept units in a lower precision nevertheless, first "conv_1"'],
  ])("is none where TensorRT ran %j in less than they are kept in", async (ignored, words) => {
    const engine = await fakeLane({ facts: () => ({ ignored }), output: () => ({ reference: [1], candidate: [1] }) }).build({
      keep: new Set(["Conv:t1"]),
    });
    const { outcome } = searched("proved");
    const proof = { ...outcome.proof, result: { ...measured(30), engine } };
    expect(verifyFix(judging(), { outcome: { ...outcome, proof } })).toMatchObject({
      passes: false,
      message: expect.stringContaining(words),
    });
  });
});
