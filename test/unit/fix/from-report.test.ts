/** A fix made again from report.json says what the check's own fix says. */
import { expect, it } from "vitest";
import { formatsFor } from "../../../src/fix/artifact.ts";
import { fixFromReport } from "../../../src/fix/from-report.ts";
import { sampleModel, sampleSearch, sampleUnit } from "../../fakes/report.ts";

const tool = { name: "trt-gate" as const, version: "1", commit: "c" };
const proof = { state: "proved" as const, samples: 24, message: "Proved on 24 samples that nothing was searched on." };

it("says why the units are kept without the proof, which it carries beside it", () => {
  const search = { ...sampleSearch(), message: `Keeping 2 of 54 units meets the limits. ${proof.message}`, proof };
  expect(fixFromReport(sampleModel({ search }), tool)?.why).toBe("Keeping 2 of 54 units meets the limits.");
});

it("counts units that were kept already among those that it could keep", () => {
  const search = { ...sampleSearch(), units: 3, keep: [sampleUnit(4)] };
  const kept = { file: "m.keep.json", precision: "float16" as const, units: [sampleUnit(0), sampleUnit(1)] };
  const fix = fixFromReport(sampleModel({ search, kept }), tool);
  expect([fix?.kept.length, fix?.totalUnits]).toEqual([3, 5]);
});

it("has a form for ModelOpt only where ModelOpt quantises ONNX files to what the model holds", () => {
  const formats = (precision: string | undefined) => {
    const { quantization } = sampleModel();
    const fix = fixFromReport(sampleModel({ quantization: { ...quantization, precision } }), tool);
    return fix && formatsFor(fix).includes("modelopt");
  };
  expect([undefined, "INT8", "FP8", "INT4", "FP4", "INT8 and FP8"].map(formats)).toEqual([true, true, true, true, false, false]);
});
