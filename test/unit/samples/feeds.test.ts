import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import type { Effects } from "../../../src/effects/effects.ts";
import { ConfigError } from "../../../src/effects/failure.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import { inputsText, writeInputs } from "../../../src/formats/polygraphy-writer.ts";
import { openFeeds } from "../../../src/samples/feeds.ts";
import type { ModelInput } from "../../../src/samples/model-input.ts";
import { samplesIn } from "../../../src/samples/sample-file.ts";
import { atWork, fixture, put } from "../compare/at-work.ts";
import { makeZip } from "../formats/archive.ts";

const image = { name: "x", dtype: "float32", shape: [1, 3, 48, 192] } as const;
const vector = { name: "x", dtype: "float32", shape: [2, 2] } as const;
const floats = (shape: number[]) => {
  const count = shape.reduce((a, b) => a * b, 1);
  return writeNpy({ name: "", dtype: "float32", shape, data: Float32Array.from({ length: count }, (_, i) => i) });
};
/** Counts the bytes that are asked for. */
function counting(files: Effects["files"]): Effects["files"] & { bytes: number } {
  const counted = {
    ...files,
    bytes: 0,
    open: async (path: string) => {
      const reader = await files.open(path);
      const read = (position: number, length: number) => {
        counted.bytes += length;
        return reader.read(position, length);
      };
      return { sizeBytes: reader.sizeBytes, read, close: () => reader.close() };
    },
  };
  return counted;
}
const npz = (arrays: Record<string, Uint8Array>, deflate = false) =>
  makeZip(Object.entries(arrays).map(([name, content]) => ({ name: `${name}.npy`, content, deflate })));

test.each([
  ["all of a small file", [4, 2, 2], 0],
  ["the first 64 MiB of a large one", [9, 2, 2 ** 20], 2 ** 23],
])("keeps in memory what was read once: %s", async (_, shape, bytesAgain) => {
  const effects = await atWork();
  const [count = 0, ...sample] = shape;
  const size = sample.reduce((a, b) => a * b, 1);
  const data = new Float32Array(count * size);
  for (let i = 0; i < count; i++) data[i * size] = i;
  await put(effects, "x.npy", writeNpy({ name: "", dtype: "float32", shape, data }));
  const files = counting(effects.files);
  const feeds = await openFeeds({ kind: "data", path: `${effects.folder}/x.npy` }, [{ ...vector, shape: sample }], { files });
  const numbers = async () => {
    const found: number[] = [];
    for (let i = 0; i < feeds.count; i++) found.push(Number((await feeds.feed(i)).get("x")?.data[0]));
    return found;
  };
  const first = await numbers();
  expect(first).toEqual(Array.from({ length: count }, (_number, i) => i));
  files.bytes = 0;
  expect(await numbers()).toEqual(first);
  expect(files.bytes).toBe(bytesAgain);
  await feeds.close();
});

test.each([
  [[8, 3, 48, 192], [1, 3, 48, 192], 8],
  [[8, 3, 48, 192], [4, 3, 48, 192], 2],
  [[5, 4, 3, 48, 192], [4, 3, 48, 192], 5],
  [[9, 3, 48, 192], [4, 3, 48, 192], undefined],
  [[8, 3, 48, 191], [1, 3, 48, 192], undefined],
  [[3], [], 3],
  [[], [], 1],
  [[0, 3], [1, 3], 0],
])("cuts an array %j for the shape %j into %s feeds", (shape, input, count) => {
  expect(samplesIn(shape, { shape: input })).toBe(count);
});

const range = { shape: [1, 3, 48, 192], range: { min: [1, 3, 48, 96], max: [4, 3, 48, 320] } };
test.each([
  [[8, 3, 48, 100], 8],
  [[5, 4, 3, 48, 320], 5],
  [[5, 5, 3, 48, 320], undefined],
  [[8, 3, 48, 95], undefined],
  [[8, 3, 48, 321], undefined],
])("cuts an array %j for a range of shapes into %s feeds", (shape, count) => {
  expect(samplesIn(shape, range)).toBe(count);
});

test("gives feeds of the sizes that the files have, within the range of the input", async () => {
  const effects = await atWork();
  const wide = { ...vector, range: { min: [1, 2], max: [2, 4] } };
  const open = (kind: "data" | "inputs", name: string, input = wide) =>
    openFeeds({ kind, path: `${effects.folder}/${name}` }, [input], effects);
  await put(effects, "mixed/a.npz", npz({ x: floats([4, 3]) }));
  await put(effects, "mixed/b.npz", npz({ x: floats([2, 1, 4]) }));
  await put(effects, "mixed/c.npy", floats([2, 2]));
  const cut = await open("data", "mixed");
  const feeds = await Promise.all([0, 1, 2, 3, 4].map(async (i) => (await cut.feed(i)).get("x")));
  expect(feeds.map((feed) => feed?.shape)).toEqual([
    [2, 3],
    [2, 3],
    [1, 4],
    [1, 4],
    [2, 2],
  ]);
  expect(feeds.map((feed) => Number(feed?.data[0]))).toEqual([0, 6, 0, 4, 0]);
  await writeInputs(`${effects.folder}/saved.json`, cut, effects.files);
  const whole = await open("inputs", "saved.json");
  expect((await whole.feed(2)).get("x")).toEqual(feeds[2]);
  await expect(open("inputs", "saved.json", { ...wide, range: { min: [2, 2], max: [2, 2] } })).rejects.toThrow(
    /shape \[2, 3\], the model takes \[2, 2\]/,
  );
  await put(effects, "narrow.npy", floats([2, 1]));
  await expect(open("data", "narrow.npy")).rejects.toThrow(
    /cannot be cut into feeds of \[1\.\.2, 2\.\.4\]\. Save it as \[N(?: × 2)?, 2\.\.4\], axis 0/,
  );
  await Promise.all([cut.close(), whole.close()]);
});

test("reads the recorded validation images one at a time, in any order", async () => {
  const effects = await atWork();
  const source = await openFeeds({ kind: "data", path: fixture("tensorrt-8.6.1-h100/validation.npz") }, [image], effects);
  expect(source.count).toBe(8);
  const last = (await source.feed(7)).get("x");
  const first = (await source.feed(0)).get("x");
  expect(last?.shape).toEqual([1, 3, 48, 192]);
  // Values by numpy: numpy.load("validation.npz")["x"][7].ravel()[:4]
  expect(Array.from(last?.data.slice(0, 4) ?? [], Number)).toEqual([0.61083984375, 0.607421875, 0.60400390625, 0.6025390625]);
  expect(first?.data).not.toEqual(last?.data);
  expect((await source.feed(7)).get("x")).toEqual(last);
  await source.close();
});

test("uses the first samples only when asked, and says so", async () => {
  const effects = await atWork();
  const source = await openFeeds({ kind: "data", path: fixture("tensorrt-8.6.1-h100/validation.npz") }, [image], effects, 3);
  expect([source.count, source.description]).toEqual([3, expect.stringContaining("first 3 of 8 samples")]);
});

test("serves a model of one input from a .npy, stored or column-major", async () => {
  const effects = await atWork();
  const path = await put(effects, "a.npy", floats([6, 2]));
  const source = await openFeeds({ kind: "data", path }, [vector], effects);
  expect(source.count).toBe(3);
  expect((await source.feed(1)).get("x")?.data).toEqual(Float32Array.of(4, 5, 6, 7));
  await source.close();
  const bytes = Buffer.from(floats([2, 6]));
  bytes.write("True, ", bytes.indexOf("False"));
  const turned = await put(effects, "f.npy", new Uint8Array(bytes));
  const files = counting(effects.files);
  const columns = await openFeeds({ kind: "data", path: turned }, [{ ...vector, shape: [1, 6] }], { files });
  await columns.feed(0);
  const before = files.bytes;
  expect((await columns.feed(1)).get("x")?.data).toEqual(Float32Array.of(1, 3, 5, 7, 9, 11));
  expect(files.bytes - before).toBe(0);
  await columns.close();
});

test("joins a folder of files in the order of their names", async () => {
  const effects = await atWork();
  await put(effects, "d/a.npz", npz({ x: floats([2, 2]) }, true));
  await put(effects, "d/b.npz", npz({ x: floats([2, 2, 2]) }));
  const source = await openFeeds({ kind: "data", path: `${effects.folder}/d` }, [vector], effects);
  expect(source.count).toBe(3);
  expect((await source.feed(2)).get("x")?.data).toEqual(Float32Array.of(4, 5, 6, 7));
  expect((await source.feed(0)).get("x")?.data).toEqual(Float32Array.of(0, 1, 2, 3));
  await source.close();
});

test("reads Polygraphy inputs, each entry a whole feed", async () => {
  const effects = await atWork();
  const source = await openFeeds({ kind: "inputs", path: fixture("tensorrt-8.6.1-h100/inputs.json") }, [image], effects);
  expect(source.count).toBe(1);
  expect((await source.feed(0)).get("x")?.data[0]).toBeCloseTo(0.417022, 6);
  await source.close();
});

test("names every problem at once, with file and input, before anything runs", async () => {
  const effects = await atWork();
  const ints = writeNpy({ name: "", dtype: "int32", shape: [3, 2], data: new Int32Array(6) });
  const path = await put(effects, "a.npz", npz({ x: ints, y: floats([2, 2]), extra: floats([1]) }));
  const inputs = [vector, { ...vector, name: "y" }, { ...vector, name: "mask" }];
  const error = await openFeeds({ kind: "data", path }, inputs, effects).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(ConfigError);
  expect(error).toMatchObject({
    problems: [
      expect.stringContaining('"extra" is no input of the model'),
      expect.stringContaining('input "x" is int32, the model takes float32'),
      expect.stringContaining(
        'input "x" of shape [3, 2] cannot be cut into feeds of [2, 2]. Save it as [N × 2, 2], axis 0 counting the samples.',
      ),
      expect.stringContaining('input "mask" is missing'),
    ],
  });
});

test("names the sample of a JSON whose shape does not fit", async () => {
  const effects = await atWork();
  const problem = openFeeds({ kind: "inputs", path: fixture("tensorrt-8.6.1-h100/inputs.json") }, [vector], effects);
  await expect(problem).rejects.toThrow(/sample 0 of .*inputs.json: input "x" has the shape \[1, 3, 48, 192\]/);
});

test("gives some examples and a count where every sample has the same fault", async () => {
  const effects = await atWork();
  const doubles = { name: "x", dtype: "float64", shape: [2, 2], data: new Float64Array(4) } as const;
  const source = { description: "", count: 50, feed: async () => new Map([["x", doubles]]), close: async () => {} };
  await writeInputs(`${effects.folder}/inputs.json`, source, effects.files);
  const problems = await openFeeds({ kind: "inputs", path: `${effects.folder}/inputs.json` }, [vector], effects).then(
    () => [],
    (error: ConfigError) => error.problems,
  );
  expect(problems.length).toBeLessThan(5);
  expect(problems[0]).toContain("sample 0 of");
  expect(problems.at(-1)).toContain("50 in all");
});

test("refuses different numbers of samples, and none", async () => {
  const effects = await atWork();
  const uneven = await put(effects, "a.npz", npz({ x: floats([4, 2]), y: floats([6, 2]) }));
  await expect(openFeeds({ kind: "data", path: uneven }, [vector, { ...vector, name: "y" }], effects)).rejects.toThrow(
    '"y" has 3 samples, "x" has 2',
  );
  const empty = await put(effects, "b.npz", npz({ x: floats([0, 2]) }));
  await expect(openFeeds({ kind: "data", path: empty }, [vector], effects)).rejects.toThrow("holds no samples");
  await expect(openFeeds({ kind: "inputs", path: await put(effects, "c.json", "[]") }, [vector], effects)).rejects.toThrow(
    "holds no samples",
  );
});

test.each([
  ["a model of two inputs from a .npy", "a.npy", () => floats([2, 2]), "holds one array, the model has 2 inputs"],
  ["saved outputs", "a.json", () => readFile(fixture("tensorrt-8.6.1-h100/int8_final_output.json")), "not inputs"],
])("refuses %s", async (_, name, content, why) => {
  const effects = await atWork();
  const path = await put(effects, name, await content());
  await expect(openFeeds({ kind: "data", path }, [vector, { ...vector, name: "y" }], effects)).rejects.toThrow(why);
});

test("gives the same random sample for the same seed, whatever else is read", async () => {
  const effects = await atWork();
  const inputs = [image, { name: "ids", dtype: "int64", shape: [4] } as const];
  const spec = { kind: "random", seed: 5, samples: 4, low: 10, high: 20 } as const;
  const [a, b] = [await openFeeds(spec, inputs, effects), await openFeeds({ ...spec, samples: 9 }, inputs, effects)];
  expect(await a.feed(3)).toEqual(await b.feed(3));
  expect((await a.feed(3)).get("x")).not.toEqual((await a.feed(2)).get("x"));
  expect((await openFeeds({ ...spec, seed: 6 }, inputs, effects)).feed(3)).not.toEqual(await a.feed(3));
  const numbers = Array.from((await a.feed(0)).get("x")?.data ?? [], Number);
  expect(Math.min(...numbers)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...numbers)).toBeLessThan(20);
  expect(numbers.reduce((x, y) => x + y) / numbers.length).toBeCloseTo(15, 1);
});

test.each([
  [{ samples: 0 }, "Ask for at least 1"],
  [{ low: 2, high: 1 }, "a smaller and a larger finite number"],
  [{ high: Number.NaN }, "a smaller and a larger finite number"],
  [{ seed: 0.5 }, "Use an integer"],
])("refuses the random spec %j", async (change, why) => {
  const effects = await atWork();
  await expect(openFeeds({ kind: "random", seed: 1, samples: 1, low: 0, high: 1, ...change }, [vector], effects)).rejects.toThrow(why);
});

test("refuses a random range that an integer input cannot hold", async () => {
  const effects = await atWork();
  const inputs = [{ name: "ids", dtype: "uint8", shape: [2] } as const];
  const spec = { kind: "random", seed: 1, samples: 1, low: 0, high: 256 } as const;
  expect((await openFeeds(spec, inputs, effects)).count).toBe(1);
  await expect(openFeeds({ ...spec, low: -1 }, inputs, effects)).rejects.toThrow('does not fit input "ids" of type uint8');
  await expect(openFeeds({ ...spec, high: 300 }, inputs, effects)).rejects.toThrow("Stay within 0 to 255");
});

test("reads back the inputs that it writes, as one file and as a folder", async () => {
  const effects = await atWork();
  const source = await openFeeds({ kind: "random", seed: 1, samples: 3, low: -1, high: 1 }, [vector], effects);
  for (const name of ["in.json", "folder"]) {
    await writeInputs(`${effects.folder}/${name}`, source, effects.files);
    const back = await openFeeds({ kind: "inputs", path: `${effects.folder}/${name}` }, [vector], effects);
    expect(back.count).toBe(3);
    for (const i of [0, 1, 2]) expect(await back.feed(i)).toEqual(await source.feed(i));
    await back.close();
  }
  await expect(writeInputs(`${effects.folder}/folder`, source, effects.files)).rejects.toThrow("not empty");
  let text = "";
  for await (const chunk of inputsText(source)) text += new TextDecoder().decode(chunk);
  expect(text).toBe(await effects.files.readText(`${effects.folder}/in.json`));
});

test("refuses a numbered folder with a hole", async () => {
  const effects = await atWork();
  for (const i of [0, 2]) await put(effects, `d/000000000${i}.json`, "{}");
  await expect(openFeeds({ kind: "inputs", path: `${effects.folder}/d` }, [vector], effects)).rejects.toThrow("0000000001.json is missing");
});

test("gives ids, masks and positions that make sense, unless a range is asked for", async () => {
  const effects = await atWork();
  const input = (name: string, values: ModelInput["values"]): ModelInput => ({
    name,
    dtype: "int64",
    shape: [2, 3],
    ...(values ? { values } : {}),
  });
  const inputs = [
    input("ids", { kind: "below", limit: 1000 }),
    input("mask", { kind: "constant", value: 1 }),
    input("places", { kind: "positions" }),
  ];
  const source = await openFeeds({ kind: "random", seed: 3, samples: 50 }, inputs, effects);
  expect(source.description).toBe("50 random samples in 0..1, seed 3; ids: 0 to 999; mask: always 1; places: 0, 1, 2 …");
  const feeds = await Promise.all(Array.from({ length: 50 }, (_, i) => source.feed(i)));
  const ids = feeds.flatMap((feed) => Array.from(feed.get("ids")?.data ?? [], Number));
  expect([ids.length, Math.min(...ids) >= 0, Math.max(...ids) < 1000, new Set(ids).size > 200]).toEqual([300, true, true, true]);
  expect(feeds[7]?.get("mask")?.data).toEqual(BigInt64Array.of(1n, 1n, 1n, 1n, 1n, 1n));
  expect(feeds[7]?.get("places")?.data).toEqual(BigInt64Array.of(0n, 1n, 2n, 0n, 1n, 2n));
  const ranged = await (await openFeeds({ kind: "random", seed: 3, samples: 1, low: 5, high: 6 }, inputs, effects)).feed(0);
  expect(ranged.get("mask")?.data[0]).toBe(5n);
});
