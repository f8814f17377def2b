import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FileError } from "../../../src/effects/failure.ts";
import { memoryReader } from "../../../src/formats/forward-reader.ts";
import { writeNpy } from "../../../src/formats/npy.ts";
import { readNpz } from "../../../src/formats/npz.ts";
import { readTensor } from "../../../src/formats/stored-array.ts";
import { writeNpz } from "../../../src/formats/write-npz.ts";
import { fixture } from "../compare/at-work.ts";
import { type Member, makeZip } from "./archive.ts";

const floats = (...values: number[]) => writeNpy({ name: "", dtype: "float32", shape: [values.length], data: Float32Array.from(values) });
const read = (zip: Uint8Array) => readNpz(memoryReader(zip), "a.npz");
const member = (name: string, more: Partial<Member> = {}): Member => ({ name: `${name}.npy`, content: floats(1, 2, 3), ...more });

test.each([
  ["stored", {}],
  ["deflated", { deflate: true }],
  ["ZIP64", { zip64: true }],
])("reads %s entries", async (_, more) => {
  const reader = memoryReader(makeZip([member("a", more), member("b", more)]));
  const arrays = await readNpz(reader, "a.npz");
  expect([...arrays.keys()]).toEqual(["a", "b"]);
  const array = arrays.get("b");
  expect(array && Array.from((await readTensor("b", array, reader)).data, Number)).toEqual([1, 2, 3]);
});

test("reads the recorded calibration samples", async () => {
  const arrays = await read(readFileSync(fixture("tensorrt-8.6.1-h100/calibration.npz")));
  expect(arrays.get("x")?.header.shape).toEqual([48, 3, 48, 192]);
});

describe("refuses, naming the entry,", () => {
  test.each<[string, Member[], string]>([
    ["a name that leaves the archive", [member("../a")], "leaves the archive"],
    ["an absolute name", [member("/etc/a")], "absolute path"],
    ["a drive", [member("C:\\a")], "absolute path"],
    ["a backslash climb", [member("x\\..\\a")], "leaves the archive"],
    ["two entries of one name", [member("a"), member("a")], "stands twice"],
    ["an encrypted entry", [member("a", { lies: { flags: 1 } })], "encrypted"],
    ["another compression", [member("a", { lies: { method: 12 } })], "method is 12"],
    ["a wrong checksum", [member("a", { lies: { crc32: 1 } })], "checksum"],
    ["a smaller declared size", [member("a", { deflate: true, lies: { sizeBytes: 100 } })], "more than the 100 bytes it declares"],
    ["a larger declared size", [member("a", { deflate: true, lies: { sizeBytes: 1000 } })], "declares 1000 bytes and holds"],
    ["a stored entry of two sizes", [member("a", { lies: { sizeBytes: 1000 } })], "two sizes"],
    ["two records on one body", [member("a"), member("a", { bodyOf: 0, name: "a.npy" })], "stands twice"],
    ["something that is no array", [member("a"), { name: "note.txt", content: new Uint8Array(3) }], "no .npy array"],
    ["damaged deflate data", [member("a", { content: new Uint8Array(64).fill(0xff), lies: { method: 8 } })], "cannot be unpacked"],
  ])("%s", async (_, members, why) => {
    await expect(read(makeZip(members))).rejects.toThrow(FileError);
    await expect(read(makeZip(members))).rejects.toThrow(why);
  });

  test("records of different names on one body: the quoted-overlap bomb", async () => {
    const zip = makeZip([member("a"), member("b")]);
    // The second central record now points at the first body, under a local header of the other name of equal length.
    const view = new DataView(zip.buffer);
    const second = zip.length - 22 - (46 + 5);
    view.setUint32(second + 42, 0, true);
    zip[second + 46] = "a".charCodeAt(0);
    await expect(read(zip)).rejects.toThrow("stands twice");
    zip[second + 46] = "b".charCodeAt(0);
    await expect(read(zip)).rejects.toThrow("does not start where the directory says");
  });

  test("an entry whose body reaches over the next entry", async () => {
    const zip = makeZip([member("a"), member("b")]);
    const view = new DataView(zip.buffer);
    const first = zip.length - 22 - 2 * (46 + 5);
    for (const field of [20, 24]) view.setUint32(first + field, view.getUint32(first + field, true) + 40, true);
    await expect(read(zip)).rejects.toThrow("shares bytes");
  });

  test("more than a thousandfold growth after 10 MB", async () => {
    const zip = makeZip([{ name: "a.npy", content: new Uint8Array(12 * 2 ** 20), deflate: true }]);
    await expect(read(zip)).rejects.toThrow("1000 times its size");
  });

  test("more than 10,000 entries, before reading one", async () => {
    await expect(read(makeZip([member("a")], { count: 10_001 }))).rejects.toThrow("10001 entries");
  });

  test("a declared size over the limit", async () => {
    await expect(read(makeZip([member("a", { zip64: true, deflate: true, lies: { sizeBytes: 2 ** 40 } })]))).rejects.toThrow(
      "declares 1099511627776 bytes",
    );
  });
});

test("says where a cut archive ends", async () => {
  const zip = makeZip([member("a")]);
  await expect(read(zip.subarray(0, zip.length - 5))).rejects.toThrow(`at byte ${zip.length - 5}: no end of a ZIP archive`);
});

test("says what is missing where an end record asks for ZIP64 and nothing stands before it", async () => {
  const alone = new Uint8Array(22);
  alone.set([0x50, 0x4b, 5, 6]);
  alone.set([0xff, 0xff], 10);
  // As files do, where memory would count a negative place from its end.
  const strict = { ...memoryReader(alone), read: async (at: number, length: number) => readFromZero(alone, at, length) };
  await expect(readNpz(strict, "a.npz")).rejects.toThrow("the ZIP64 locator is missing");
});

function readFromZero(bytes: Uint8Array, at: number, length: number): Uint8Array {
  if (at < 0) throw new RangeError(`The position is ${at}`);
  return bytes.subarray(at, at + length);
}

test("reads no archive otherwise than it was written, whatever byte changes", async () => {
  const zip = makeZip([member("a", { deflate: true }), member("b")]);
  await fc.assert(
    fc.asyncProperty(fc.nat(zip.length - 1), fc.integer({ min: 1, max: 255 }), async (at, change) => {
      const broken = new Uint8Array(zip);
      broken[at] = (broken[at] ?? 0) ^ change;
      const reader = memoryReader(broken);
      const values = async (): Promise<number[][]> => {
        const arrays = [...(await readNpz(reader, "a.npz")).values()];
        return await Promise.all(arrays.map(async (array) => Array.from((await readTensor("", array, reader)).data, Number)));
      };
      const ended = await values().then(
        (read) => (read.every((one) => one.join() === "1,2,3") ? "as written" : `otherwise: ${read.join(" ")}`),
        (error: unknown) => (error instanceof FileError ? "refused" : String(error)),
      );
      expect(["as written", "refused"]).toContain(ended);
    }),
    { numRuns: 600 },
  );
});

test("reads the archives that the gate itself writes", async () => {
  const tensor = { name: "scores", dtype: "float32", shape: [1, 3], data: Float32Array.of(1, -2, 3) } as const;
  const reader = memoryReader(writeNpz([tensor, { ...tensor, name: "boxes" }]));
  const arrays = await readNpz(reader, "a.npz");
  expect([...arrays.keys()]).toEqual(["scores", "boxes"]);
  const array = arrays.get("scores");
  expect(array && (await readTensor("scores", array, reader))).toEqual(tensor);
});
