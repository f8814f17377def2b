/** What the details say of the engines that a verdict is about. */
import { expect, it } from "vitest";
import { facts } from "../../../src/report/sections/details.ts";
import { sampleReport } from "../../fakes/report.ts";

it("names plans by hash and place, FP16 beside INT8, and how many units ran in INT8", () => {
  const [model] = sampleReport().models;
  if (model === undefined) throw new Error("the sample report has a model");
  const rows = new Map(
    facts({
      ...model,
      coverage: { ...model.coverage, int8Units: { int8: 3, other: 50, unknown: 1 } },
      half: { verdict: "pass", message: "FP16 against FP32 engine: SQNR 60.0 dB, pass.", outputs: [] },
      engines: [
        { role: "candidate", sha256: "ab".repeat(32), sizeBytes: 5, path: "engines/m/candidate.plan" },
        { role: "fix", sha256: "cd".repeat(32), sizeBytes: 5, why: "`artifact-engines` is false" },
      ],
    }),
  );
  expect(rows.get("Engines")).toBe("candidate abababababab (engines/m/candidate.plan); fix cdcdcdcdcdcd (`artifact-engines` is false)");
  expect(rows.get("FP16")).toBe("FP16 against FP32 engine: SQNR 60.0 dB, pass.");
  expect(rows.get("Coverage")).toContain("3 of 54 units ran in INT8, 1 unknown");
});
