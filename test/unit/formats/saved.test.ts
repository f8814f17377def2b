import { mkdir, readFile } from "node:fs/promises";
import { describe, expect, test } from "vitest";
import { FileError } from "../../../src/effects/failure.ts";
import { memoryReader } from "../../../src/formats/forward-reader.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import { openSaved } from "../../../src/formats/open-saved.ts";
import { readTensorJson } from "../../../src/formats/polygraphy-file.ts";
import type { SavedFile } from "../../../src/formats/saved-file.ts";
import { readTensor } from "../../../src/formats/stored-array.ts";
import type { RunEffects } from "../../fakes/run-effects.ts";
import { atWork, fixture, put } from "../compare/at-work.ts";

async function values(saved: SavedFile, tensor: string, effects: RunEffects, runner = 0, iteration = 0): Promise<number[]> {
  const array = saved.runners[runner]?.iterations[iteration]?.get(tensor);
  if (!array) throw new Error(`${saved.path} holds no ${tensor}`);
  const reader = await effects.files.open(array.file);
  try {
    return Array.from((await readTensor(tensor, array, reader)).data, Number);
  } finally {
    await reader.close();
  }
}

const logits = [0, 0.25, 0.5, 0.75, 1, 1.25];

describe("Polygraphy RunResults", () => {
  test("are read as Polygraphy 0.53.6 writes them: runners, iterations, order", async () => {
    const effects = await atWork();
    const saved = await openSaved(fixture("polygraphy-0.53/two-runners.json"), effects.files);
    expect(saved.runners.map(({ name, iterations }) => [name, iterations.length])).toEqual([
      ["fp16", 2],
      ["int8", 2],
    ]);
    expect([...(saved.runners[1]?.iterations[1]?.keys() ?? [])]).toEqual(["logits", "ids"]);
    expect(await values(saved, "logits", effects, 1, 1)).toEqual(logits);
    expect(await values(saved, "ids", effects, 1, 1)).toEqual([200, 34, 92, 10]);
  });

  test.each(["legacy-base64.json", "legacy-latin1.json", "legacy-latin1-npz.json", "legacy-latin1-utf8.json"])(
    "are read from %s",
    async (name) => {
      const effects = await atWork();
      const saved = await openSaved(fixture(`polygraphy-0.53/${name}`), effects.files);
      expect(saved.runners[0]?.name).toBe("old-runner");
      expect(await values(saved, "logits", effects)).toEqual(logits);
      expect(await values(saved, "ids", effects)).toEqual([200, 34, 92, 10]);
    },
  );

  test("are read from the recordings of a real engine", async () => {
    const effects = await atWork();
    const saved = await openSaved(fixture("tensorrt-8.6.1-h100/int8_layers_subset.json"), effects.files);
    expect(saved.runners[0]?.iterations[0]?.size).toBe(40);
    expect(await values(saved, "p2o.Cast.4", effects)).toEqual([200]);
  });

  test("are refused, never read in part, when cut at any 997th byte", async () => {
    for (const name of ["fp16_layers_subset.json", "int8_final_output.json", "inputs.json"]) {
      const bytes = await readFile(fixture(`tensorrt-8.6.1-h100/${name}`));
      for (let length = 1; length < bytes.length - 1; length += 997) {
        const cut = readTensorJson(memoryReader(bytes.subarray(0, length)), name);
        await expect(cut, `${name} at ${length}`).rejects.toThrow(FileError);
        await expect(cut).rejects.toThrow(`${name} at byte `);
      }
    }
  });

  test("are read from escaped text that crosses every boundary of reading", async () => {
    const effects = await atWork();
    const numbers = Uint8Array.from({ length: 700_000 }, (_, i) => (i * 7 + (i >> 8)) & 255);
    const text = Buffer.from(writeNpy({ name: "", dtype: "uint8", shape: [numbers.length], data: numbers })).toString("latin1");
    const escaped = text.replace(/[\s\S]/g, (letter) =>
      /[\w ]/.test(letter) ? letter : `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
    for (const [name, array] of [
      ["json", JSON.stringify(text)],
      ["escaped", `"${escaped}"`],
    ]) {
      const path = await put(effects, `${name}.json`, record(`{"array": ${array}, "polygraphy_class": "ndarray"}`));
      const read = await values(await openSaved(path, effects.files), "y", effects);
      expect(read).toHaveLength(numbers.length);
      expect(read.findIndex((value, i) => value !== numbers[i])).toBe(-1);
    }
  });

  const record = (array: string) =>
    `{"lst": [["r", [{"outputs": {"y": {"values": ${array}, "polygraphy_class": "LazyArray"}}, "runtime": null, "runner_name": "r", "polygraphy_class": "IterationResult"}]]], "polygraphy_class": "RunResults"}`;
  const base64 = Buffer.from(writeNpy({ name: "", dtype: "float32", shape: [300], data: new Float32Array(300) })).toString("base64");

  test.each([
    ['{"tensor": "UEsDBA==", "polygraphy_class": "Tensor"}', "torch.Tensor"],
    ['{"x": 1, "polygraphy_class": "os.system"}', 'class "os.system"'],
    ['{"polygraphy_class": "ndarray"}', 'no "array" text'],
    ['{"array": 5, "polygraphy_class": "ndarray"}', 'no "array" text'],
    [`{"array": "${base64.slice(0, -1)}", "polygraphy_class": "ndarray"}`, "cut off"],
    [`{"array": "${base64.slice(0, -4)}", "polygraphy_class": "ndarray"}`, "is cut off: 1328 bytes are declared"],
    [`{"array": "${base64}AAAA", "polygraphy_class": "ndarray"}`, "after its end"],
    ['{"array": "gASVAAAA", "polygraphy_class": "ndarray"}', "holds a pickle"],
    ['{"array": "AAAA", "polygraphy_class": "ndarray"}', "no .npy array"],
    ['{"array": "a\\u0100b", "polygraphy_class": "ndarray"}', "character 256"],
    ["[1, 2]", "holds no array"],
  ])("refuse the record %s", async (array, why) => {
    const read = readTensorJson(memoryReader(Buffer.from(record(array))), "a.json");
    await expect(read).rejects.toThrow(FileError);
    await expect(read).rejects.toThrow(why);
  });

  test("refuse base64 garbage when the array is read, with its place", async () => {
    const effects = await atWork();
    const text = record(`{"array": "${base64.slice(0, 1000)}!${base64.slice(1001)}", "polygraphy_class": "ndarray"}`);
    const saved = await openSaved(await put(effects, "a.json", text), effects.files);
    await expect(values(saved, "y", effects)).rejects.toThrow(`at byte ${text.indexOf("!")}: the base64 text is damaged`);
    const url = record(`{"array": "${base64.slice(0, 1000)}-${base64.slice(1001)}", "polygraphy_class": "ndarray"}`);
    await expect(values(await openSaved(await put(effects, "b.json", url), effects.files), "y", effects)).rejects.toThrow(
      "base64 text is damaged",
    );
  });

  test("refuse two tensors of one name in an iteration", async () => {
    const text = record('{"array": "", "polygraphy_class": "ndarray"}').replace('"y": {', '"y": null, "y": {');
    await expect(readTensorJson(memoryReader(Buffer.from(text)), "a.json")).rejects.toThrow('"y" stands twice');
  });
});

describe("a folder", () => {
  const iteration = () => readFile(fixture("tensorrt-8.6.1-h100/int8_final_output.json"));

  test("of numbered iterations is pooled to one runner", async () => {
    const effects = await atWork();
    for (const i of [0, 1, 2]) await put(effects, `d/000000000${i}.json`, await iteration());
    const saved = await openSaved(`${effects.folder}/d`, effects.files);
    expect(saved.runners.map(({ iterations }) => iterations.length)).toEqual([3]);
  });

  test("with a hole is refused by name", async () => {
    const effects = await atWork();
    for (const i of [0, 2]) await put(effects, `d/000000000${i}.json`, await iteration());
    await expect(openSaved(`${effects.folder}/d`, effects.files)).rejects.toThrow(
      "0000000002.json: stands where iteration 0000000001.json is expected",
    );
  });

  test("with a foreign file is refused by name", async () => {
    const effects = await atWork();
    await put(effects, "d/0000000000.json", await iteration());
    await put(effects, "d/notes.txt", "x");
    await expect(openSaved(`${effects.folder}/d`, effects.files)).rejects.toThrow("notes.txt: does not belong");
  });

  test("without files is a usage error", async () => {
    const effects = await atWork();
    await mkdir(`${effects.folder}/d`);
    await expect(openSaved(`${effects.folder}/d`, effects.files)).rejects.toThrow("empty folder");
  });

  test("of .npy is one iteration, of .npz one for each", async () => {
    const effects = await atWork();
    const npy = writeNpy({ name: "", dtype: "int8", shape: [2], data: Int8Array.of(1, -2) });
    await put(effects, "npy/a.npy", npy);
    await put(effects, "npy/b.npy", npy);
    const saved = await openSaved(`${effects.folder}/npy`, effects.files);
    expect(await values(saved, "b", effects)).toEqual([1, -2]);
    for (const i of [0, 1]) await put(effects, `npz/${i}.npz`, await readFile(fixture("tensorrt-8.6.1-h100/engine_outputs.npz")));
    expect((await openSaved(`${effects.folder}/npz`, effects.files)).runners[0]?.iterations.map((one) => [...one.keys()])).toEqual([
      ["fp16", "int8"],
      ["fp16", "int8"],
    ]);
  });

  test("of trtexec's debug tensors takes names from the summary, else from the files", async () => {
    const effects = await atWork();
    const npy = writeNpy({ name: "", dtype: "float32", shape: [2], data: Float32Array.of(1, 2) });
    await put(effects, "a/0000_conv_1_to_float.npy", npy);
    await put(effects, "a/0001_relu.npy", npy);
    expect([...((await openSaved(`${effects.folder}/a`, effects.files)).runners[0]?.iterations[0]?.keys() ?? [])]).toEqual([
      "conv_1",
      "relu",
    ]);
    await put(effects, "b/0000_conv_1.npy", npy);
    await put(effects, "b/0001_x.raw", Uint8Array.of(1, 255));
    const tensors = [
      { name: "conv/1", shape: [2], type: "FLOAT", files: { numpy: "0000_conv_1.npy" } },
      { name: "x", shape: [2], type: "INT8", files: { raw: "0001_x.raw" } },
    ];
    await put(effects, "b/tensor_summary.json", JSON.stringify({ metadata: {}, tensors }));
    const saved = await openSaved(`${effects.folder}/b`, effects.files);
    expect(await values(saved, "conv/1", effects)).toEqual([1, 2]);
    expect(await values(saved, "x", effects)).toEqual([1, -1]);
    await put(effects, "b/tensor_summary.json", JSON.stringify({ tensors: [{ ...tensors[0], files: { numpy: "../secret.npy" } }] }));
    await expect(openSaved(`${effects.folder}/b`, effects.files)).rejects.toThrow("outside its folder");
  });
});

describe("trtexec --exportOutput", () => {
  test("is read with its bare nan and inf, long lists too", async () => {
    const effects = await atWork();
    const many = Array.from({ length: 100_000 }, (_, i) => i / 4);
    const path = await put(
      effects,
      "out.json",
      `[\n  { "name" : "y"\n  , "dimensions" : "1x3"\n  , "values" : [ 1.5, nan, -inf ]\n  },\n  { "name" : "z", "dimensions" : "100x1000", "values" : [ ${many.join(", ")} ] }\n]`,
    );
    const saved = await openSaved(path, effects.files);
    expect(saved.format).toBe("trtexec output");
    expect(await values(saved, "y", effects)).toEqual([1.5, Number.NaN, Number.NEGATIVE_INFINITY]);
    expect(await values(saved, "z", effects)).toEqual(many);
  });

  test("is refused when the dimensions do not fit", async () => {
    const effects = await atWork();
    const path = await put(effects, "out.json", '[{"name": "y", "dimensions": "2x3", "values": [1, 2]}]');
    await expect(openSaved(path, effects.files)).rejects.toThrow('"y" has the dimensions "2x3" and 2 values');
  });
});

test.each([
  ["a.bin", Uint8Array.of(0x80, 4, 0x95), "is a pickle"],
  ["a.npz", "version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "lfs: true"],
  ["a.txt", "hello", "is no .npz, .npy or JSON"],
])("refuses %s", async (name, content, why) => {
  const effects = await atWork();
  await expect(openSaved(await put(effects, name, content), effects.files)).rejects.toThrow(why);
});
