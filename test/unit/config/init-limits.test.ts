import { expect, it } from "vitest";
import type { OutputFacts } from "../../../src/config/init-facts.ts";
import { toleranceLines } from "../../../src/config/init-limits.ts";
import { limitsFor } from "../../../src/gate/limits.ts";
import { settleYaml } from "./settle-samples.ts";

const output = (name: string, holds: OutputFacts["holds"] = "quantities", scores = false): OutputFacts => ({ name, holds, scores });
const toleranceOn = (samples: number, ...outputs: OutputFacts[]) => {
  const entry = ["version: 1", "models:", "  - path: m.onnx", "    quantization: {cache: c}", "    validation: {data: v.npz}"];
  const tolerance = settleYaml([...entry, ...toleranceLines(outputs, samples), ""].join("\n")).models[0]?.tolerance;
  if (tolerance === undefined) throw new Error("no entry");
  return tolerance;
};
const toleranceOf = (...outputs: OutputFacts[]) => toleranceOn(128, ...outputs);

it("gives only those outputs a limit on best classes that hold classes, and all of them the others", () => {
  const hostile = '"a": b # c\n*';
  const tolerance = toleranceOf(output("boxes"), output("probs", "classes", true), output(hostile, "class map"), output("ids", "indices"));
  const metrics = (tensor: string, kind: "quantity" | "index" = "quantity") =>
    Object.keys(limitsFor({ tensor, role: "output", kind }, tolerance) ?? {});
  expect(metrics("boxes")).toEqual(["sqnrDb", "cosine"]);
  expect(metrics("probs")).toEqual(["sqnrDb", "cosine", "top1Agreement"]);
  expect(metrics(hostile)).toEqual(["sqnrDb", "cosine", "argmaxAgreement"]);
  expect(metrics("ids", "index")).toEqual(["agreement"]);
  expect(tolerance.score).toEqual({ sqnrDb: { fail: 5, warn: 10 } });
});

it("is that of quantities where nothing is known of the outputs, or nothing decides", () => {
  for (const outputs of [[], [output("y")]]) {
    expect(toleranceOf(...outputs)).toMatchObject({
      limits: { sqnrDb: { fail: 20, warn: 25 }, cosine: { fail: 0.997 } },
      score: {},
      tensors: [],
    });
  }
});

it.each([
  [99, { fail: 0.8, warn: 0.95 }],
  [100, { fail: 0.9, warn: 0.95 }],
])("on %i samples limits the share of equal best classes to what they can tell", (samples, expected) => {
  const { limits, indices } = toleranceOn(samples, output("probs", "classes"), output("label", "index"));
  expect({ ...limits, ...indices }).toMatchObject({ top1Agreement: expected, agreement: expected });
});

it("keeps the close limit for outputs of many indices, beside one that has one a sample", () => {
  const tolerance = toleranceOn(96, output("label", "index"), output("kept", "indices"));
  const limits = (tensor: string) => limitsFor({ tensor, role: "output", kind: "index" }, tolerance);
  expect(limits("label")).toMatchObject({ agreement: { fail: 0.8, warn: 0.95 } });
  expect(limits("kept")).toMatchObject({ agreement: { fail: 0.99 } });
  expect(toleranceOn(96, output("kept", "indices")).indices).toMatchObject({ agreement: { fail: 0.99 } });
});
