/**
 * A builder that leaves layers in float by its own choice, from the failed candidate to the proved fix, on the fake TensorRT. What the report says of each
 * engine is what its shipped plan gives, run by Polygraphy and measured by numpy.
 */
import { join } from "node:path";
import { expect, it } from "vitest";
import type { FakeMachine } from "../fakes/fake-tensorrt.ts";
import { type GateRun, runGate, smallEntry } from "../fakes/gate-run.ts";
import { brokenNode } from "../fakes/outlier-model.ts";
import { useMachines } from "../support/machines.ts";
import { describeWithPython } from "../support/needs.ts";

const machineWith = useMachines();

const script = `
import json, sys
import numpy
from polygraphy.backend.trt import TrtRunner, engine_from_bytes

def outputs(plan, samples):
    with open(plan, "rb") as file, TrtRunner(engine_from_bytes(file.read())) as runner:
        return numpy.concatenate([runner.infer({"x": sample[None]})["y"].copy() for sample in samples]).astype(numpy.float64)

reference, candidate, inputs, indices = sys.argv[1:]
samples = numpy.load(inputs)["x"]
chosen = json.loads(indices)
samples = samples if chosen is None else samples[chosen]
a, b = outputs(reference, samples), outputs(candidate, samples)
print("SQNR", 20 * numpy.log10(numpy.linalg.norm(a) / numpy.linalg.norm(a - b)))
`;

/** What the calibrator takes for the input, and what the model quantises it by. */
const scales = `
import sys
import numpy, onnx
from onnx import numpy_helper
model = onnx.load(sys.argv[1])
held = {one.name: numpy_helper.to_array(one) for one in model.graph.initializer}
(node,) = [node for node in model.graph.node if node.op_type == "QuantizeLinear" and node.input[0] == "x"]
print("SCALES", float(held[node.input[1]]), numpy.abs(numpy.load(sys.argv[2])["x"]).max() / 127)
`;

type Ran = Awaited<ReturnType<typeof runGate>>;

/** SQNR in dB of a shipped plan against the shipped reference, on these samples of the validation file or on all. */
async function sqnrOf(machine: FakeMachine, { outcome, model }: Ran, role: "candidate" | "fix", indices: readonly number[] | null) {
  const plan = (wanted: string) => join(outcome.reportFolder, model.engines?.find((one) => one.role === wanted)?.path ?? "");
  const samples = join(machine.effects.cwd, "validation.npz");
  return Number(await said(machine, "SQNR", [script, plan("reference"), plan(role), samples, JSON.stringify(indices)]));
}

/** What a Python script with these arguments says behind a word. */
async function said(machine: FakeMachine, word: string, [code = "", ...args]: readonly string[]): Promise<string | undefined> {
  const env = { PATH: process.env.PATH ?? "" };
  const { stdout } = await machine.effects.exec.run({ file: machine.python, args: ["-c", code, ...args], env, timeoutMs: 60_000 });
  return new RegExp(`^${word} (.*)$`, "m").exec(stdout)?.[1];
}

async function run(fake: Readonly<Record<string, string>>, wanted: Partial<GateRun> = {}) {
  const machine = await machineWith({ FAKE_TRT_FREE: "0.5", ...fake });
  return { machine, ran: await runGate(machine, { entry: smallEntry({ level: 1 }), ...wanted }) };
}
const sqnr = (outputs: readonly { readonly metrics: { readonly sqnrDb?: unknown } }[] | undefined) => Number(outputs?.[0]?.metrics.sqnrDb);

/** Of the seeds below the stand-in's builder takes INT8 for c2, c4 and c5, or for c3 and c5. */
const withBroken = { FAKE_TRT_SEED: "7" };
const withoutBroken = { FAKE_TRT_SEED: "1" };
const core = smallEntry({ level: 1 }).map((line) => line.replace("algorithm: minmax", "algorithm: minmax, placement: core"));

describeWithPython("a builder that leaves layers in float by its own choice", () => {
  it.each([
    ["implicit lane", "implicit", {}, { int8: 3, other: 2, unknown: 0 }],
    ["explicit lane, where Q/DQ leave it none", "explicit", { entry: core }, { int8: 5, other: 0, unknown: 0 }],
  ])(
    "is failed, searched and fixed by Q/DQ, and what is shipped gives the figures of the report: %s",
    async (_, lane, wanted, int8Units) => {
      const { machine, ran } = await run(withBroken, { inputs: { lane }, ...wanted });
      const { model } = ran;
      expect(model).toMatchObject({ verdict: "regression", lane, coverage: { int8Units }, search: { keep: [{ nodes: [brokenNode] }] } });
      expect(sqnr(model.outputs)).toBeCloseTo(await sqnrOf(machine, ran, "candidate", null), 3);
      expect(model.fix?.verified).toMatchObject({ by: "engine", passes: true, form: { format: "qdq", typed: false } });
      const proved = model.search?.proof?.indices ?? [];
      expect(proved.length).toBeGreaterThan(4);
      expect(sqnr(model.fix?.verified?.outputs)).toBeCloseTo(await sqnrOf(machine, ran, "fix", proved), 3);
      const fixedModel = model.fix?.files.find(({ path }) => path.endsWith("fixed.qdq.onnx"))?.path ?? "";
      const words = [scales, join(ran.outcome.reportFolder, fixedModel), join(machine.effects.cwd, "calibration.npz")];
      const [held, calibrated] = (await said(machine, "SCALES", words))?.split(" ").map(Number) ?? [];
      expect(held).toBeCloseTo(calibrated ?? Number.NaN, 7);
      // The fix leaves it no choice: every unit that is not kept runs in INT8.
      const fixed = model.builds.find(({ what }) => what.startsWith("Q/DQ engine with 1 unit"));
      expect(fixed?.precisions?.INT8).toEqual(expect.arrayContaining(["c1", "c3", "c4", "c5"]));
      expect(fixed?.precisions?.INT8).not.toContain(brokenNode);
    },
  );

  it("passes with the figure of that very plan where the layer that INT8 breaks is among them", async () => {
    const { machine, ran } = await run(withoutBroken);
    expect(ran.model).toMatchObject({ verdict: "pass", coverage: { int8Units: { int8: 2, other: 3, unknown: 0 } } });
    expect(sqnr(ran.model.outputs)).toBeCloseTo(await sqnrOf(machine, ran, "candidate", null), 3);
    expect(sqnr(ran.model.outputs)).toBeGreaterThan(15);
  });
});
