/** NVIDIA's own strongly typed builder as judge: every kind of explicit model that the gate writes must be one that it takes. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { builderPython } from "../../scripts/python-env.ts";
import { parseCache } from "../../src/calibration/cache.ts";
import { checkBuilder } from "../../src/evaluate/builder-check.ts";
import { calibrateModel } from "../../src/lanes/simulate/calibrate-model.ts";
import { prepareSimulate } from "../../src/lanes/simulate/simulate.ts";
import { askBuilder } from "../../src/lanes/tensorrt/builder-check.ts";
import { toHalf } from "../../src/lanes/tensorrt/half-network.ts";
import { withSingle } from "../../src/lanes/tensorrt/single-islands.ts";
import type { ShapeRange } from "../../src/model/job.ts";
import { encodeModel, insertQdq, removeUnitQdq } from "../../src/onnx/edit.ts";
import type { OnnxModel } from "../../src/onnx/model.ts";
import { encodeNetwork, toNetwork } from "../../src/onnx/network.ts";
import { toQdqForm } from "../../src/onnx/qdq-form.ts";
import { withoutQdq } from "../../src/onnx/qdq-units.ts";
import { readModel } from "../../src/onnx/read.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";
import { classifier, recorded, simulateJob } from "../fakes/simulate-job.ts";
import { describeWithBuilder } from "../support/needs.ts";

const fixtures = join(import.meta.dirname, "../fixtures/onnxruntime-quantizer");
const sizes: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>> = {
  classifier: { x: [1, 3, 48, 192] },
  pictures: { x: [1, 3, 8, 8] },
  words: { ids: [1, 6] },
};
const pathOf = (name: string) => (name === "classifier" ? classifier : join(fixtures, `${name}.onnx`));
const shapesOf = (name: string) =>
  new Map(Object.entries(sizes[name] ?? {}).map(([input, shape]): [string, ShapeRange] => [input, { min: shape, opt: shape, max: shape }]));

let effects: RunEffects;
beforeAll(async () => {
  effects = await runEffects();
});
afterAll(() => effects.end());

const open = (name: string): Promise<OnnxModel> => readModel(pathOf(name), effects.files);

async function scalesOf(name: string): Promise<ReadonlyMap<string, number>> {
  if (name === "classifier") {
    const cache = join(recorded, "cls.calibration.cache");
    return parseCache(await effects.files.readText(cache), cache).scales;
  }
  const { job, effects: own } = await simulateJob({
    model: pathOf(name),
    shapes: sizes[name] ?? {},
    validation: join(fixtures, `${name}.npz`),
  });
  const shapes = shapesOf(name);
  const calibration = await calibrateModel({
    modelPath: job.modelPath,
    data: job.validation,
    algorithm: "minmax",
    percentile: 99.9,
    shapes,
    effects: own,
  });
  await own.end();
  return calibration.scales;
}

const quantized = async (name: string, keep: ReadonlySet<string> = new Set()) =>
  insertQdq(await open(name), await scalesOf(name), effects.files, { keep });

/** What is written and from which model; each is one file of the kind that a user's builder is given. */
const written: Readonly<Record<string, (name: string) => Promise<Uint8Array>>> = {
  "Q/DQ from scales": async (name) => encodeModel((await quantized(name)).model),
  "Q/DQ from scales, two units kept": async (name) => {
    const { units } = await quantized(name);
    return encodeModel((await quantized(name, new Set(units.slice(0, 2).map(({ id }) => id)))).model);
  },
  "Q/DQ of two units taken out again": async (name) => {
    const { model, units } = await quantized(name);
    return encodeModel(
      await removeUnitQdq(
        model,
        units.slice(0, 2).map(({ id }) => id),
        effects.files,
        await open(name),
      ),
    );
  },
  "Q/DQ in FP16": async (name) => encodeNetwork(await toHalf(toNetwork((await quantized(name)).model), effects.files)),
  "Q/DQ in FP16, two units kept in FP32 between Casts": async (name) => {
    const { model, units } = await quantized(name);
    const nodes = new Set(units.slice(0, 2).map((unit) => unit.nodes[0] ?? ""));
    const network = toNetwork(model);
    return encodeNetwork(await withSingle(await toHalf(network, effects.files), nodes, effects.files, network.constants));
  },
  "the float reference in FP16": async (name) => encodeNetwork(await toHalf(toNetwork(await open(name)), effects.files)),
  "the float reference of a Q/DQ model": async (name) => encodeNetwork(withoutQdq(toNetwork((await quantized(name)).model))),
};
const cases = Object.keys(written).flatMap((what) => Object.keys(sizes).map((name) => [what, name] as const));

let asked = 0;
async function ask(bytes: Uint8Array, shapes: ReadonlyMap<string, ShapeRange>) {
  const folder = join(effects.folder, `question-${asked++}`);
  await effects.files.makeFolder(folder);
  const modelPath = join(folder, "model.onnx");
  writeFileSync(modelPath, bytes);
  return await askBuilder({ modelPath, shapes, python: builderPython(), folder, timeoutMs: 300_000, effects });
}

describeWithBuilder("the strongly typed builder", () => {
  it.each(cases)("takes %s: %s", async (what, name) => {
    expect(await ask((await written[what]?.(name)) ?? new Uint8Array(), shapesOf(name))).toMatchObject({ kind: "taken" });
  });

  it.each(["pictures.s8", "pictures.s8.channel"])("takes what the quantizer writes for TensorRT, and the fix of it: %s", async (name) => {
    const model = await readModel(join(fixtures, `${name}.onnx`), effects.files);
    const float = await open("pictures");
    const edited = await removeUnitQdq(model, ["Conv:c3", "Add:a3", "Identity:y"], effects.files, float);
    expect(await ask(encodeModel(edited), shapesOf("pictures"))).toMatchObject({ kind: "taken" });
  });

  it.each([
    ["pictures.u8", /Int32/],
    ["pictures.s8.asymmetric", /Int32|zero point/],
    ["pictures.s16", /x_zero_point/],
    ["pictures.qop.u8", /zero point/],
  ])("refuses %s in words that reach the report", async (name, words) => {
    const staged = await simulateJob({
      model: pathOf("pictures"),
      qdq: join(fixtures, `${name}.onnx`),
      shapes: sizes.pictures ?? {},
      validation: join(fixtures, "pictures.npz"),
    });
    const lane = await prepareSimulate(staged.job);
    const prepared = { lane, job: staged.job, holdsQdq: false, python: builderPython(), builderCheck: "auto" } as never;
    const found = await checkBuilder(prepared, []);
    await lane.close();
    await staged.effects.end();
    expect(found?.caveats.map(({ reason }) => reason)).toEqual(["not-for-tensorrt"]);
    expect(found?.caveats[0]?.message).toMatch(
      /^TensorRT does not take this model: TensorRT for RTX 1\.7\.1\.116 refuses the candidate with "/,
    );
    expect(found?.caveats[0]?.message).toMatch(words);
  });

  it("takes a Q/DQ form that stands in the file as quantised operators", async () => {
    const network = toQdqForm(toNetwork(await readModel(join(fixtures, "pictures.s8.onnx"), effects.files)));
    expect(await ask(encodeNetwork(network), shapesOf("pictures"))).toMatchObject({ kind: "taken" });
  });
});
