import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { ConfigError, FileError } from "../../../src/effects/failure.ts";
import { parseModel } from "../../../src/onnx/read.ts";
import { externalTensor, modelBytes, node, weight } from "../../fakes/onnx-models.ts";
import { classifier } from "../../fakes/simulate-job.ts";

const parse = (bytes: Uint8Array) => parseModel(bytes, "m.onnx");
const caught = (action: () => unknown): unknown => {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
};

describe("reading", () => {
  it("refuses a Git LFS pointer and says how to check out", () => {
    const pointer = new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n");
    expect(() => parse(pointer)).toThrow(/Git LFS pointer.*lfs: true/);
    expect(() => parse(pointer)).toThrow(ConfigError);
  });

  it("names the byte where a real model was cut", () => {
    const whole = readFileSync(classifier);
    for (let end = 1; end < whole.length; end += 9_973) {
      const error = caught(() => parse(whole.subarray(0, end)));
      const ended = error instanceof FileError ? (error.offset ?? Number.NaN) <= end : error instanceof ConfigError;
      expect(ended, `cut at ${end}: ${error}`).toBe(true);
    }
  });

  it.each([
    ["a length beyond its parent", [0x3a, 0x7f, 0x01], /announced/, 2],
    ["a number of more than ten bytes", [0x08, ...Array<number>(10).fill(0xff), 0x01], /longer than 10 bytes/, 1],
    ["an end inside a number", [0x08, 0x80], /ends inside a number/, 1],
    ["an unknown wire type", [0x0b], /wire type 3/, 0],
    ["field number zero", [0x00, 0x00], /field number 0/, 0],
  ])("refuses %s with its offset", (_, bytes, message, offset) => {
    const error = caught(() => parse(Uint8Array.from(bytes)));
    expect(error).toBeInstanceOf(FileError);
    expect(error).toMatchObject({ offset });
    expect(String(error)).toMatch(message);
  });

  it("refuses messages that are nested more than a hundred deep", () => {
    // ModelProto.graph (7) > node (1) > attribute (5) > g (6) > node (1) > …
    let bytes = new Uint8Array(0);
    const tags = [0x0a, 0x2a, 0x32];
    for (let i = 0; i < 120; i++) bytes = Uint8Array.from([tags[(2 - (i % 3)) % 3] ?? 0, ...varint(bytes.length), ...bytes]);
    expect(() => parse(Uint8Array.from([0x3a, ...varint(bytes.length), ...bytes]))).toThrow(/nested more than 100 deep/);
  });

  it("never throws anything but its own errors on damaged bytes", () => {
    const base = modelBytes({ nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [weight("w", [4, 2])], outputs: ["y"] });
    fc.assert(
      fc.property(fc.nat(base.length - 1), fc.nat(255), (at, value) => {
        const bytes = base.slice();
        bytes[at] = value;
        const error = caught(() => parse(bytes));
        return error === undefined || error instanceof FileError || error instanceof ConfigError;
      }),
      { numRuns: 500 },
    );
  });
});

function varint(value: number): number[] {
  return value < 128 ? [value] : [(value & 127) | 128, ...varint(value >> 7)];
}

describe("checking the graph", () => {
  const faults: [string, Parameters<typeof modelBytes>[0], RegExp][] = [
    [
      "a cycle",
      { nodes: [node("Add", ["x", "b"], ["a"], "first"), node("Relu", ["a"], ["b"], "second")], outputs: ["b"] },
      /'first' depends on its own output \(a cycle of 2 nodes\)/,
    ],
    [
      "two writers of one tensor",
      { nodes: [node("Relu", ["x"], ["y"], "one"), node("Tanh", ["x"], ["y"], "two")], outputs: ["y"] },
      /'y' is written by both 'one' and 'two'/,
    ],
    ["an input that nothing writes", { nodes: [node("Add", ["x", "ghost"], ["y"], "sum")], outputs: ["y"] }, /'sum' reads 'ghost'/],
    ["an output that no node writes", { nodes: [node("Relu", ["x"], ["y"])], outputs: ["z"] }, /output 'z' is written by no node/],
    [
      "weights of another size than their dimensions",
      { nodes: [node("MatMul", ["x", "w"], ["y"])], weights: [{ ...weight("w", [4, 2]), dims: [4n, 3n] }], outputs: ["y"] },
      /'w' of dimensions \[4, 3\] needs 48 bytes and has 32/,
    ],
    [
      "an external length that does not fit",
      { nodes: [node("Add", ["x", "w"], ["y"])], weights: [externalTensor("w", { location: "w.bin", length: "8" })], outputs: ["y"] },
      /needs 16 bytes and has 8/,
    ],
    ["no output at all", { nodes: [node("Relu", ["x"], ["y"])], outputs: [] }, /no output/],
  ];
  it.each(faults)("refuses %s by name", (_, parts, message) => {
    const error = caught(() => parse(modelBytes(parts)));
    expect(error).toBeInstanceOf(ConfigError);
    expect(String(error)).toMatch(message);
  });

  it("lists all problems at once", () => {
    const error = caught(() =>
      parse(modelBytes({ nodes: [node("Add", ["x", "ghost"], ["y"]), node("Add", ["x", "phantom"], ["y"])], outputs: ["y"] })),
    );
    expect(error).toBeInstanceOf(ConfigError);
    expect(error).toMatchObject({
      problems: [expect.stringMatching(/written by both/), expect.stringMatching(/ghost/), expect.stringMatching(/phantom/)],
    });
  });
});
