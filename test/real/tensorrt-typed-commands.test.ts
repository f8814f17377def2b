/** The printed commands of the explicit lane build the very engines that were judged and proved, run as they stand by the real Polygraphy on the fake TensorRT. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { runGate, smallEntry } from "../fakes/gate-run.ts";
import { describeWithPython } from "../support/needs.ts";

let machine: FakeMachine;
afterEach(() => machine.end());

async function run(version: string, { inputs = {}, search = "{}" }: { inputs?: Readonly<Record<string, string>>; search?: string } = {}) {
  machine = await fakeMachine({ FAKE_TRT_VERSION: version });
  // ModelOpt would leave the small convolution in float that INT8 breaks.
  const entry = smallEntry({ level: 1 }).map((line) => line.replace("min-samples: 8}", "min-samples: 8, placement: core}"));
  const ran = await runGate(machine, { entry, inputs: { lane: "explicit", ...inputs }, search });
  /** Of the engine that a command wrote, and of the plan in the report. */
  const built = async (command: string) => {
    const done = await machine.byHand(command, machine.effects.cwd);
    expect([command, done.exitCode, done.exitCode === 0 ? [] : done.tail.slice(-5)]).toEqual([command, 0, []]);
    return await readFile(join(machine.effects.cwd, command.split(" ").at(-1) ?? ""));
  };
  const plan = async (role: string) =>
    await readFile(join(ran.outcome.reportFolder, ran.model.engines?.find((one) => one.role === role)?.path ?? ""));
  return { ...ran, built, plan };
}

describeWithPython("the printed commands of the explicit lane", () => {
  it.each([
    ["weakly typed", "8.6.1"],
    ["strongly typed", "10.15.1"],
    ["on TensorRT 11", "11.2.0"],
  ])("build reference and candidate byte for byte, from the models that the gate made: %s", async (_, version) => {
    const { model, built, plan } = await run(version, { inputs: { search: "off" } });
    const [reference = "", candidate = ""] = model.reproduce.filter((line) => line.startsWith("polygraphy convert"));
    expect((await built(reference)).equals(await plan("reference"))).toBe(true);
    expect((await built(candidate)).equals(await plan("candidate"))).toBe(true);
    expect(model.reproduction?.files.filter((path) => path.endsWith(".onnx"))).toHaveLength(2);
  });

  it.each([
    ["weakly typed", "8.6.1", "fp16"],
    ["strongly typed", "10.15.1", "fp16"],
    ["weakly typed, kept in FP32", "8.6.1", "fp32"],
    ["strongly typed, kept in FP32", "10.15.1", "fp32"],
  ])("build the fix byte for byte: %s", async (_, version, precision) => {
    const { model, built, plan } = await run(version, { search: `{precision: ${precision}}` });
    expect(model.fix?.verified).toMatchObject({ passes: true, form: { format: "qdq" } });
    const file = model.fix?.files.find(({ path }) => path.endsWith("fixed.qdq.onnx"));
    expect((await built(file?.command ?? "")).equals(await plan("fix"))).toBe(true);
  });
});
