import fc from "fast-check";
import { expect, test } from "vitest";
import { FileError } from "../../../src/effects/failure.ts";
import { memoryReader } from "../../../src/formats/forward-reader.ts";
import { type Json, readJson } from "../../../src/formats/json-reader.ts";

const read = (text: string | Uint8Array) =>
  readJson<never>(memoryReader(typeof text === "string" ? Buffer.from(text) : text), "a.json", (object) => object);

/** Maps back to objects, for comparison with JSON.parse. */
const plain = (value: Json<never>): unknown => {
  if (value instanceof Map) return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  return Array.isArray(value) ? value.map(plain) : value;
};

test("agrees with JSON.parse on every JSON value", async () => {
  await fc.assert(
    fc.asyncProperty(fc.jsonValue({ maxDepth: 5 }), fc.nat(4), async (value, indent) => {
      const parsed: unknown = JSON.parse(JSON.stringify(value));
      const own = plain(await read(JSON.stringify(value, null, indent)));
      // An own "__proto__" key is data here.
      expect(JSON.stringify(own)).toBe(JSON.stringify(parsed));
    }),
    { numRuns: 500 },
  );
});

test("refuses every text that JSON.parse refuses, except the special numbers", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.jsonValue({ maxDepth: 3 }),
      fc.nat(),
      fc.constantFrom("{", "]", ",", '"', "x", ":", "\\", "1", "\u0000"),
      async (value, at, letter) => {
        const text = JSON.stringify(value);
        const broken = text.slice(0, at % (text.length + 1)) + letter + text.slice(at % (text.length + 1));
        const wanted = accepts(() => JSON.parse(broken));
        const got = await read(broken).then(
          () => true,
          (error: unknown) => {
            expect(error).toBeInstanceOf(FileError);
            return false;
          },
        );
        expect(got || hasDuplicates(broken)).toBe(wanted || hasDuplicates(broken));
      },
    ),
    { numRuns: 1000 },
  );
});

const accepts = (parse: () => unknown): boolean => {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
};
/** Duplicate keys are refused here and taken by JSON.parse. */
const hasDuplicates = (text: string): boolean => {
  const keys = [...text.matchAll(/"((?:[^"\\]|\\.)*)"\s*:/g)].map(([, key]) => key);
  return new Set(keys).size < keys.length;
};

test.each([
  ["NaN", Number.NaN],
  ["Infinity", Number.POSITIVE_INFINITY],
  ["-Infinity", Number.NEGATIVE_INFINITY],
  ["nan", Number.NaN],
  ["-nan", Number.NaN],
  ["inf", Number.POSITIVE_INFINITY],
  ["-inf", Number.NEGATIVE_INFINITY],
])("reads the bare word %s", async (word, value) => {
  expect(await read(`[${word}]`)).toEqual([value]);
});

test.each([
  ['{"a": 1, "a": 2}', 9, '"a" stands twice'],
  ['{"a": 1', 7, "ends before everything is closed"],
  ['{"a"', 4, "a colon is expected"],
  ['["abc', 5, "ends inside a text"],
  ["[1, 2] 3", 7, "something follows"],
  ["[01]", 1, '"01" is no JSON value'],
  ["[1 2]", 3, "a comma or a closing bracket"],
  ["", 0, "ends where a value is expected"],
  ['["\\x"]', 2, "wrong escape"],
])("refuses %s at byte %i", async (text, offset, why) => {
  const error = await read(text).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(FileError);
  expect(error).toMatchObject({ offset });
  expect(String(error)).toContain(why);
});

test("refuses text that is no UTF-8", async () => {
  await expect(read(Uint8Array.of(0x5b, 0x22, 0xff, 0x22, 0x5d))).rejects.toThrow("no UTF-8");
});

test("refuses nesting deeper than 64, and keys of more than 64 KiB", async () => {
  await expect(read("[".repeat(100_000))).rejects.toThrow("nested deeper than 64");
  await expect(read(`{"${"k".repeat(10_000_000)}": 1}`)).rejects.toThrow("a key is longer than 65536 bytes");
});

test("leaves long texts and long lists of numbers in the file", async () => {
  const letters = "x".repeat(300_000);
  const numbers = Array.from({ length: 400_000 }, (_, i) => i / 8).join(", ");
  const value = await read(`{"text": "${letters}", "list": [${numbers}], "end": 1}`);
  expect(value).toMatchObject(
    new Map<string, unknown>([
      ["text", { kind: "text", start: 10, length: 300_000, escaped: false, tail: "xx" }],
      ["list", { kind: "numbers", start: 300_022, length: numbers.length, count: 400_000 }],
      ["end", 1],
    ]),
  );
});

test("refuses a word inside a long list of numbers, with its place", async () => {
  const start = `[${"1,".repeat(300)}`;
  await expect(read(`${start}{}]`)).rejects.toThrow(`at byte ${start.length}: a list of numbers holds something else`);
});
