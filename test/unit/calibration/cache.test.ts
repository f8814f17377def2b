import { readFile } from "node:fs/promises";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseCache, writeCache } from "../../../src/calibration/cache.ts";
import { ConfigError } from "../../../src/effects/failure.ts";

const recorded = "test/fixtures/tensorrt-8.6.1-h100/cls.calibration.cache";
const header = "TRT-8601-EntropyCalibration2\n";
const kinds = (text: string) => parseCache(text, "m.cache").problems.map(({ kind, line }) => [kind, line]);

describe("the recorded cache of TensorRT 8.6.1", () => {
  test("is read whole", async () => {
    const cache = parseCache(await readFile(recorded, "utf8"), "cls.cache");
    expect(cache).toMatchObject({ version: "8601", algorithm: "EntropyCalibration2", problems: [] });
    expect(cache.scales.size).toBe(255);
    expect(Math.min(...cache.scales.values())).toBeCloseTo(5.2e-5, 6);
    expect(Math.max(...cache.scales.values())).toBeCloseTo(0.46, 2);
    expect(cache.scales.has("(Unnamed Layer* 3) [Shuffle]_output")).toBe(true);
  });

  test("is written again byte for byte", async () => {
    const text = await readFile(recorded, "utf8");
    const { version = "", algorithm = "", scales } = parseCache(text, "cls.cache");
    expect(writeCache({ version, algorithm, scales })).toBe(text);
  });
});

describe("reading a cache", () => {
  test("splits at the last colon, since names may hold any", () => {
    expect([...parseCache(`${header}a: b: 3f800000\n: 40000000\n`, "c").scales]).toEqual([
      ["a: b", 1],
      ["", 2],
    ]);
  });

  test("names every problem with its line", () => {
    const text = `${header}a: 3f800000\na: 3f000000\nb: 7fc00000\nc: 7f800000\nd: bf800000\ne: 00000000\nnonsense\nf: 123456789\ng: xyz\n`;
    expect(kinds(text)).toEqual([
      ["bad-line", 8],
      ["bad-line", 9],
      ["bad-line", 10],
      ["conflict", 3],
      ["bad-scale", 4],
      ["bad-scale", 5],
      ["bad-scale", 6],
      ["zero-scale", 7],
    ]);
    expect(parseCache(text, "m.cache").problems[0]?.message).toBe('m.cache:8: "nonsense" is not "<tensor>: <8 hex digits>".');
  });

  test("takes the first of two scales of one name, and none that is no number", () => {
    expect([...parseCache(`${header}a: 3f800000\na: 3f000000\nb: 7fc00000\n`, "c").scales]).toEqual([["a", 1]]);
  });

  test("keeps all scales of a file without a header, and says that TensorRT ignores it", () => {
    const cache = parseCache("a: 3f800000\n", "c");
    expect(cache).toMatchObject({ header: "", version: undefined, algorithm: undefined });
    expect(cache.scales.get("a")).toBe(1);
    expect(cache.problems.map(({ kind }) => kind)).toEqual(["no-header"]);
  });

  test("reads CRLF, and reports it", () => {
    const cache = parseCache(`${header}a: 3f800000\n`.replaceAll("\n", "\r\n"), "c");
    expect(cache).toMatchObject({ version: "8601" });
    expect([...cache.scales]).toEqual([["a", 1]]);
    expect(cache.problems.map(({ kind }) => kind)).toEqual(["crlf"]);
  });

  test("takes a first line behind a byte order mark for no header: TensorRT writes none there", () => {
    const cache = parseCache(`\uFEFF${header}a: 3f800000\n`, "c");
    expect(cache).toMatchObject({ header: "", problems: [{ kind: "no-header", line: 1 }] });
    expect([...cache.scales]).toEqual([["a", 1]]);
  });

  test("finds no scale in an empty file or one with a header alone", () => {
    expect(kinds("")).toEqual([
      ["no-header", 1],
      ["no-entries", 1],
    ]);
    expect(kinds(header)).toEqual([["no-entries", 2]]);
  });

  test("does not lose names that Object itself uses", () => {
    expect([...parseCache(`${header}__proto__: 3f800000\nconstructor: 3f800000\n`, "c").scales.keys()]).toEqual([
      "__proto__",
      "constructor",
    ]);
  });

  test("never throws, whatever the text", () => {
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => void parseCache(text, "c")));
  });
});

describe("writing a cache", () => {
  test("gives back what is read from it", () => {
    const name = fc.string().filter((text) => !/[\r\n\uFEFF]/.test(text));
    const scale = fc.float({ min: Math.fround(1e-30), max: Math.fround(1e30), noNaN: true });
    fc.assert(
      fc.property(fc.uniqueArray(fc.tuple(name, scale), { selector: ([text]) => text }), (entries) => {
        const text = writeCache({ version: "100300", algorithm: "MinMaxCalibration", scales: new Map(entries) });
        expect([...parseCache(text, "c").scales]).toEqual(entries);
      }),
    );
  });

  test("refuses a name that would start a line of its own", () => {
    expect(() => writeCache({ version: "1", algorithm: "A", scales: new Map([["a\nb: 3f800000", 1]]) })).toThrow(ConfigError);
  });
});
