import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { run } from "../../../src/commands/calibrate.ts";
import { runWords } from "./lines.ts";
import { folder, run as runHere } from "./saved-commands.ts";

const example = (name: string) => fileURLToPath(new URL(`../../../examples/classifier/${name}`, import.meta.url));

describe("trt-gate calibrate", () => {
  test("writes the cache that lies in the example, and says the same of it", async () => {
    const effects = await folder();
    const words = ["calibrate", example("model.onnx"), "--data", example("calibration.npy"), "-o", "model.cache"];
    const { code, log } = await runHere("calibrate", async () => ({ run }), words.slice(1), effects);
    expect(code, log.join("\n")).toBe(0);
    const written = (name: string) => readFile(join(effects.cwd, name), "utf8");
    expect(await written("model.cache")).toBe(await readFile(example("model.cache"), "utf8"));
    const facts = async (text: Promise<string>) => ({ ...JSON.parse(await text), createdAt: "" });
    expect(await facts(written("model.cache.json"))).toEqual(await facts(readFile(example("model.cache.json"), "utf8")));
  });

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
