import { describe, expect, test } from "vitest";
import { run } from "../../../src/commands/calibrate.ts";
import { runWords } from "./lines.ts";

describe("trt-gate calibrate", () => {
  const cases: readonly [string, readonly string[], string][] = [
    ["no data", ["-o", "c"], "calibrate needs --data"],
    ["no file to write", ["--data", "d.npz"], "calibrate needs --output"],
    ["an unknown algorithm", ["--data", "d.npz", "-o", "c", "--algorithm", "magic"], "entropy"],
    ["a percentile of 0", ["--data", "d.npz", "-o", "c", "--percentile", "0"], "--percentile is 0"],
    ["a percentile above 100", ["--data", "d.npz", "-o", "c", "--percentile", "101"], "--percentile is 101"],
    ["a model that is not there", ["--data", "d.npz", "-o", "c"], "m.onnx"],
  ];
  test.each(cases)("%s is a usage error that says so", async (_, words, text) => {
    const { exitCode, err } = await runWords(["calibrate", "m.onnx", ...words], run, { cwd: "/nowhere" });
    expect([exitCode, err]).toEqual([2, expect.stringContaining(text)]);
  });
});
