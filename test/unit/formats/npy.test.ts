import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { FileError } from "../../../src/effects/failure.ts";
import { readNpy, writeNpy } from "../../../src/formats/npy.ts";
import { parseNpyHeader } from "../../../src/formats/npy-header.ts";
import { fixture } from "../compare/at-work.ts";

const folder = fixture("numpy-2.4");
const bytesOf = (name: string): Uint8Array => readFileSync(`${folder}/${name}`);
const expected: Record<string, { shape: number[]; values: (number | string)[] }> = JSON.parse(
  readFileSync(`${folder}/expected.json`, "utf8"),
);

test.each(Object.keys(expected))("reads %s as numpy does, in row-major order", (name) => {
  const tensor = readNpy("x", bytesOf(name), name);
  expect(tensor.shape).toEqual(expected[name]?.shape);
  expect(Array.from(tensor.data, Number)).toEqual(expected[name]?.values.map(Number));
});

test("keeps the stored type of a widened half", () => {
  const tensor = readNpy("x", bytesOf("le-f2-C.npy"), "le-f2-C.npy");
  expect(tensor.dtype).toBe("float16");
  expect(tensor.data).toBeInstanceOf(Float32Array);
});

test.each([
  ["refused-object.npy", "pickled Python objects"],
  ["refused-structured.npy", "structured"],
  ["refused-complex.npy", "'<c8' is not supported"],
  ["refused-text.npy", "'<U2' is not supported"],
  ["refused-raw.npy", "raw 2-byte data"],
])("refuses %s and says why, with the byte offset", (name, why) => {
  expect(() => readNpy("x", bytesOf(name), name)).toThrow(FileError);
  expect(() => readNpy("x", bytesOf(name), name)).toThrow(new RegExp(`at byte \\d+: .*${why}`));
});

test("refuses bytes missing and bytes left over", () => {
  const bytes = bytesOf("le-f4-C.npy");
  expect(() => readNpy("x", bytes.subarray(0, -1), "cut.npy")).toThrow("is cut off: 224 bytes are declared and 223 are there");
  expect(() => readNpy("x", new Uint8Array([...bytes, 0]), "long.npy")).toThrow("has 1 bytes after its end");
});

const header = (dict: string): Uint8Array => {
  const text = `${dict}\n`;
  return Uint8Array.from([0x93, ...Buffer.from("NUMPY"), 1, 0, text.length & 255, text.length >> 8, ...Buffer.from(text)]);
};

test.each([
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (9007199254740993,), }", "more than 2^53 bytes"],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 0), }", "more than 2^53 bytes"],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (-1,), }", "no size"],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (3), }", "no tuple"],
  ["{'descr': '<f4', 'fortran_order': False, }", "is missing"],
  ["{'descr': '<f4', 'fortran_order': 0, 'shape': (3,), }", "neither True nor False"],
  ["{'descr': '<f4', 'descr': '<f4', 'fortran_order': False, 'shape': (3,), }", "stands twice"],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (3,), 'x': 1}", "unknown key 'x'"],
  ["{'descr': '<f4', 'fortran_order': False, 'shape': (3,), } or __import__('os')", "follows the dict"],
  ["dict(descr='<f4')", "no dict"],
  ["{'descr': __import__('os').name, 'fortran_order': False, 'shape': ()}", "'descr'"],
])("refuses the header %s", (dict, why) => {
  expect(() => parseNpyHeader(header(dict), "x.npy")).toThrow(why);
});

test("reads the header as trtexec writes it", () => {
  const { shape, dtype } = parseNpyHeader(header("{'descr': '<i1', 'fortran_order': False, 'shape': (1, 2, ), }    "), "x.npy");
  expect({ shape, dtype }).toEqual({ shape: [1, 2], dtype: "int8" });
});

test("never does anything with a broken header but refuse it", () => {
  const bytes = bytesOf("le-f4-C.npy");
  fc.assert(
    fc.property(fc.nat(bytes.length - 1), fc.nat(255), fc.nat(bytes.length), (at, value, length) => {
      const broken = new Uint8Array(bytes).subarray(0, length);
      if (at < broken.length) broken[at] = value;
      try {
        const tensor = readNpy("x", broken, "x.npy");
        return tensor.data.length === tensor.shape.reduce((a, b) => a * b, 1);
      } catch (error) {
        return error instanceof FileError && error.file === "x.npy" && (error.offset ?? -1) <= bytes.length;
      }
    }),
    { numRuns: 2000 },
  );
});

test("gives back every array that it writes", () => {
  fc.assert(
    fc.property(fc.array(fc.float(), { maxLength: 24 }), fc.integer({ min: 0, max: 3 }), (values, ones) => {
      const tensor = {
        name: "x",
        dtype: "float32",
        shape: [...Array<number>(ones).fill(1), values.length],
        data: Float32Array.from(values),
      } as const;
      expect(readNpy("x", writeNpy(tensor), "x.npy")).toEqual(tensor);
    }),
  );
});
