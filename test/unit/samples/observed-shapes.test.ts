import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { writeNpy } from "../../../src/formats/npy.ts";
import { writeInputs } from "../../../src/formats/polygraphy-writer.ts";
import { writeNpz } from "../../../src/formats/write-npz.ts";
import type { FeedSource } from "../../../src/model/job.ts";
import { elementCount, type Tensor } from "../../../src/model/tensor.ts";
import type { ModelInput } from "../../../src/onnx/inputs.ts";
import { completeShapes } from "../../../src/samples/observed-shapes.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

const tensor = (name: string, shape: readonly number[]): Tensor => ({
  name,
  dtype: "float32",
  shape,
  data: new Float32Array(elementCount(shape)),
});
const input = (name: string, dims: readonly (number | string)[]): ModelInput => ({ name, dtype: "float32", dims });
const at = (name: string) => `${effects.folder}/${name}`;
const source = (feeds: readonly Tensor[][]): FeedSource => ({
  description: "loader.py",
  count: feeds.length,
  feed: async (i) => new Map((feeds[i] ?? []).map((one) => [one.name, one])),
  close: async () => {},
});

async function npz(name: string, ...arrays: Tensor[]): Promise<{ path: string }> {
  await effects.files.writeBytes(at(name), writeNpz(arrays));
  return { path: at(name) };
}

const complete = async (inputs: readonly ModelInput[], origins: Parameters<typeof completeShapes>[2], given = new Map()) =>
  Object.fromEntries(await completeShapes(inputs, given, origins, effects.files));

describe("shapes that samples bring", () => {
  it.each([
    ["own rank: a feed is one entry of axis 0", [20, 3, 8, 8], [1, 3, 8, 8]],
    ["one rank more: an entry is a whole feed", [20, 4, 3, 8, 8], [4, 3, 8, 8]],
  ])("are read from an array of the input's %s", async (_, shape, feed) => {
    const origin = await npz("x.npz", tensor("x", shape));
    expect(await complete([input("x", ["n", 3, "h", "w"])], [origin])).toEqual({ x: { min: feed, opt: feed, max: feed } });
  });

  it("are cut by the first dimension that the model fixes, or that another input's shape gives its name", async () => {
    const origin = await npz("x.npz", tensor("x", [20, 8]), tensor("z", [20, 8]));
    const inputs = [input("x", [2, "w"]), input("z", ["n", "w"]), input("other", ["n"])];
    const given = new Map([["other", { min: [4], opt: [4], max: [4] }]]);
    expect(await complete(inputs, [origin], given)).toMatchObject({ x: { opt: [2, 8] }, z: { opt: [4, 8] } });
  });

  it("range over all samples of inputs saved one by one, and over several files", async () => {
    const feeds = [[tensor("x", [1, 16])], [tensor("x", [2, 4])]];
    await writeInputs(at("inputs.json"), source(feeds), effects.files);
    const more = await npz("x.npz", tensor("x", [5, 32]));
    const range = { min: [1, 4], opt: [1, 32], max: [2, 32] };
    expect(await complete([input("x", ["n", "l"])], [{ path: at("inputs.json") }, more])).toEqual({ x: range });
  });

  it("are read from a single array, and from what a loader has given", async () => {
    await effects.files.writeBytes(at("x.npy"), writeNpy(tensor("any", [7, 5])));
    expect(await complete([input("x", ["n", "l"])], [{ path: at("x.npy") }])).toMatchObject({ x: { opt: [1, 5] } });
    expect(await complete([input("x", ["n", "l"])], [{ source: source([[tensor("x", [3, 9])]]) }])).toMatchObject({ x: { opt: [3, 9] } });
  });

  it("leave alone what is given and what is fixed", async () => {
    const origin = await npz("x.npz", tensor("x", [4, 6]), tensor("y", [4, 6]), tensor("z", [4, 6]));
    const given = new Map([["x", { min: [1, 7], opt: [1, 7], max: [1, 7] }]]);
    const range = { min: [1, 6], opt: [1, 6], max: [1, 6] };
    expect(await complete([input("x", ["n", "l"]), input("y", [4, 6]), input("z", ["n", "l"])], [origin], given)).toEqual({
      x: { min: [1, 7], opt: [1, 7], max: [1, 7] },
      z: range,
    });
  });

  it.each([
    [
      "of another name",
      "image",
      [20, 3, 8, 12],
      /x\.npz: input "x" is missing; it holds "image"\. Save the array under the input's name\./,
    ],
    [
      "with channels last",
      "x",
      [20, 8, 12, 3],
      /x" has the shape \[20, 8, 12, 3\], which does not fit .*\[n, 3, h, w\]\. .*transpose\(0, 3, 1, 2\)/,
    ],
    [
      "of a rank too low",
      "x",
      [20, 8, 12],
      /x" has the shape \[20, 8, 12\], which does not fit .*\[n, 3, h, w\]\. Save it in that shape\.$/,
    ],
    ["with other channels", "x", [20, 4, 8, 12], /x" has the shape \[20, 4, 8, 12\], which does not fit .* Save it in that shape\.$/],
  ])("are refused, instead of asking for shapes: samples %s", async (_, name, shape, fault) => {
    const origin = await npz("x.npz", tensor(name, shape));
    await expect(complete([input("x", ["n", 3, "h", "w"])], [origin])).rejects.toThrow(fault);
  });

  it("names the order of numpy that makes samples with channels second fit a model with channels last", async () => {
    const origin = await npz("x.npz", tensor("x", [20, 3, 8, 12]));
    await expect(complete([input("x", ["n", "h", "w", 3])], [origin])).rejects.toThrow(/transpose\(0, 2, 3, 1\)/);
  });

  it("are refused where one name has two sizes in one sample", async () => {
    const origin = await npz("x.npz", tensor("ids", [4, 16]), tensor("mask", [4, 8]));
    const inputs = [input("ids", ["n", "length"]), input("mask", ["n", "length"])];
    await expect(complete(inputs, [origin])).rejects.toThrow(/x\.npz the dimension 'length' is 16 in 'ids' and 8 in 'mask'/);
  });
});
