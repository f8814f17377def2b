/**
 * FP8 and INT4 models in the explicit lane, on the fake TensorRT: strongly typed where the type asks for it, and counted by the type that each unit's own Q/DQ asks for.
 * The files are test/fixtures/modelopt-forms, in ModelOpt's forms.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import { withInt8Share } from "../../src/evaluate/int8-share.ts";
import { prepareLane } from "../../src/lanes/prepare.ts";
import type { FeedSource } from "../../src/model/job.ts";
import type { PreparedLane } from "../../src/model/lane.ts";
import { encodeModel } from "../../src/onnx/edit.ts";
import { DataType, type OnnxModel } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import { type FakeMachine, fakeMachine } from "../fakes/fake-tensorrt.ts";
import { pairsOf, sqnrDb } from "../fakes/simulate-job.ts";
import { notTimed } from "../fakes/timed.ts";
import made from "../fixtures/modelopt-forms/figures.json" with { type: "json" };
import { describeWithPython } from "../support/needs.ts";

const folder = join(import.meta.dirname, "../fixtures/modelopt-forms");
const shape = [1, 3, 4, 4];

let machine: FakeMachine;
let open: PreparedLane | undefined;
let validation: FeedSource | undefined;
afterEach(end);

async function end(): Promise<void> {
  await open?.close();
  await validation?.close();
  [open, validation] = [undefined, undefined];
  await machine.end();
}

/** The float model with this file as its Q/DQ, in the lane that the gate picks by itself. */
async function prepare(
  qdq: string,
  fake: Readonly<Record<string, string>>,
  { typing, change }: { readonly typing?: "weak"; readonly change?: (model: OnnxModel) => void } = {},
): Promise<PreparedLane> {
  machine = await fakeMachine(fake);
  const qdqPath = join(machine.run.folder, `${qdq}.onnx`);
  await copyFile(join(folder, `${qdq}.onnx`), qdqPath);
  if (change !== undefined) {
    const model = await readModel(qdqPath, machine.effects.files);
    change(model);
    await machine.effects.files.writeBytes(qdqPath, encodeModel(model));
  }
  const inputs = [{ name: "x", dtype: "float32" as const, shape }];
  validation = await openFeeds({ kind: "data", path: join(folder, "x.npz") }, inputs, machine.effects);
  const job = await machine.job({ qdqPath }, { validation, shapes: new Map([["x", { min: shape, opt: shape, max: shape }]]) });
  await copyFile(join(folder, "float.onnx"), job.modelPath);
  open = (await prepareLane("auto", typing === undefined ? job : { ...job, tensorrt: { ...job.tensorrt, typing } })).prepared;
  return open;
}
function withHalfInput({ graph }: OnnxModel): void {
  const type = graph.input[0]?.type?.value;
  if (type?.case === "tensorType") type.value.elemType = DataType.FLOAT16;
}
const messageOf = (work: Promise<unknown>): Promise<string> => work.then(() => "prepared").catch(String);

describeWithPython.each(["10.0.1", "11.2.0"])("on TensorRT %s", (version) => {
  it.each(["fp8", "int4"] as const)("%s is built strongly typed, byte for byte, and has ONNX Runtime's figure", async (name) => {
    const lane = await prepare(name, { FAKE_TRT_VERSION: version, FAKE_TRT_NOISE: "0" });
    const pairs = await pairsOf(lane);
    expect(lane.coverage.variant).toBe("explicit, strongly typed");
    expect(machine.built.at(-1)?.built).toEqual({ modelPath: join(machine.run.folder, `${name}.onnx`), typed: true });
    expect((await machine.builds()).flatMap(({ flags }) => flags).filter((flag) => /FP16|INT8/.test(flag))).toEqual([]);
    // The reference is the float model in half precision here: what it rounds is far below FP8's error.
    expect(Math.abs(sqnrDb(pairs) - made.sqnrDb[name])).toBeLessThan(0.1);
  });

  it("a unit whose Q/DQ says FP8 counts as quantised where it ran in FP8, and not where it ran in half precision", async () => {
    const lane = await prepare("fp8", { FAKE_TRT_VERSION: version });
    const { facts } = await lane.build({ keep: new Set() });
    expect(facts.int8).toMatchObject({ int8: 1, precision: "FP8" });
    await end();
    const without = await prepare("fp8", { FAKE_TRT_VERSION: version, FAKE_TRT_FAULT: "no-fp8" });
    const { facts: half } = await without.build({ keep: new Set() });
    expect(half.int8).toMatchObject({ int8: 0, precision: "FP8" });
    expect(withInt8Share({ kind: "pass", reason: "within-limits", message: "" }, half.int8, 0.1, notTimed)).toMatchObject({
      reason: "int8-not-used",
      message: expect.stringContaining("The builder chose FP8 for 0 of"),
    });
  });

  it("INT4 weights alone ask for no share: their units compute in float", async () => {
    const lane = await prepare("int4", { FAKE_TRT_VERSION: version });
    expect((await lane.build({ keep: new Set() })).facts.int8).toEqual({ int8: 0, other: 0, unknown: 0 });
  });
});

describeWithPython("a quantised file of half-precision inputs", () => {
  it("is fed the samples of its float model, rounded", async () => {
    const lane = await prepare("int8.half", { FAKE_TRT_VERSION: "11.2.0" }, { change: withHalfInput });
    expect(Math.abs(sqnrDb(await pairsOf(lane)) - made.sqnrDb["int8.half"])).toBeLessThan(0.1);
  });
});

describeWithPython("where strong typing is not to be had", () => {
  it.each([
    ["fp8", "FP8"],
    ["int4", "INT4"],
  ])("TensorRT 8.6.1 cannot build %s, and the message names the type and what would", async (name, word) => {
    const message = await messageOf(prepare(name, { FAKE_TRT_VERSION: "8.6.1" }));
    expect(message).toContain(
      `the model holds ${word}, and this TensorRT has no strongly typed networks (they came with 9.1): use TensorRT 10`,
    );
  });

  it("`typing: weak` is not replaced", async () => {
    const message = await messageOf(prepare("fp8", { FAKE_TRT_VERSION: "10.15.1" }, { typing: "weak" }));
    expect(message).toContain("the model holds FP8, which is built strongly typed: leave out `typing: weak`");
  });
});
