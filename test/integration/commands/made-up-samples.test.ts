/** Samples that `trt-gate inputs` made up are told from real ones by what the file holds, wherever it lies and whatever it is called. */
import { cpSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { runCommand } from "../../support/command.ts";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-made-up-"));
const run = (...words: string[]) => {
  const ran = runCommand(words, cwd);
  expect(ran.stderr).not.toMatch(/^error:/m);
  return ran;
};
const said = "All samples are made-up random numbers.";

beforeAll(() => {
  for (const file of ["model.onnx", "model.cache", "validation.npy"]) cpSync(join(root, "examples/classifier", file), join(cwd, file));
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

describe("a verdict on samples that were made up", () => {
  it.each([
    ["a file that was renamed and moved", "inputs.json", "real/recorded.json"],
    ["a folder that was renamed and moved", "made", "real/recorded"],
  ])("says so of %s, in terminal, report and comment", (_, made, moved) => {
    expect(run("inputs", "model.onnx", "--samples", "16", "--seed", "7", "-o", made).stderr).toContain("They are made up");
    mkdirSync(join(cwd, "real"), { recursive: true });
    renameSync(join(cwd, made), join(cwd, moved));

    const { stdout } = run("check", "model.onnx", "--cache", "model.cache", "--validation", moved, "--search", "off");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain(said);
    const [model] = JSON.parse(readFileSync(join(cwd, "trt-gate-report/report.json"), "utf8")).models;
    expect(model.caveats).toContainEqual({ reason: "weak-evidence", message: expect.stringContaining(said) });
    expect(model.validation.weak).toContain("all samples are made-up random numbers");
    expect(run("render", "trt-gate-report/report.json", "--as", "comment").stdout).toContain("made-up random numbers");
    expect(run("inspect", moved === "real/recorded" ? `${moved}/0000000000.json` : moved).stdout).toContain("made up by trt-gate inputs");
  });

  it("survives that the samples are written once more, and counts those of a set with real ones", () => {
    run("inputs", "model.onnx", "--samples", "4", "-o", "four.json");
    run("inputs", "model.onnx", "--data", "four.json", "-o", "again.json");
    run("inputs", "model.onnx", "--data", "validation.npy", "--max-samples", "16", "-o", "real.json");
    const read = (file: string): object[] => JSON.parse(readFileSync(join(cwd, file), "utf8"));
    writeFileSync(join(cwd, "mixed.json"), JSON.stringify([...read("real.json"), ...read("again.json")]));
    const { stdout } = run("check", "model.onnx", "--cache", "model.cache", "--validation", "mixed.json", "--search", "off");
    expect(stdout.replaceAll(/\s+/g, " ")).toContain("4 of 20 samples are made-up random numbers");
    expect(run("check", "model.onnx", "--cache", "model.cache", "--validation", "real.json", "--search", "off").stdout).not.toContain(
      "made-up",
    );
  });

  it("leads a regression with it, and asks for real samples before anything else", () => {
    writeFileSync(
      join(cwd, "strict.yml"),
      "version: 1\nmodels: [{path: model.onnx, quantization: {cache: model.cache}, validation: {random: {seed: 0, samples: 16}}, tolerance: {sqnr-db: {fail: 200}}}]\n",
    );
    const { stdout } = run("check", "--config", "strict.yml", "--search", "off");
    expect(stdout).toContain("Do not merge: measured on 16 random inputs alone, INT8 lost accuracy in");
    expect(stdout.replaceAll(/\s+/g, " ")).toMatch(
      / Next: Give real validation samples before anything is changed: .* Or, where random inputs will do: /,
    );
  });

  it("says so of the configuration's random samples", () => {
    writeFileSync(
      join(cwd, "random.yml"),
      "version: 1\nmodels: [{path: model.onnx, quantization: {cache: model.cache}, validation: {random: {seed: 0, samples: 16}}}]\n",
    );
    expect(run("check", "--config", "random.yml", "--search", "off").stdout.replaceAll(/\s+/g, " ")).toContain(said);
  });
});

describe("trt-gate inputs", () => {
  const zoo = (name: string) => join(root, "test/zoo/models", `${name}.onnx`);

  it("takes a batch of one for an open batch, and says so", () => {
    const { stderr, status } = run("inputs", zoo("tf2onnx-attention"), "-o", "tokens.json");
    expect([status, stderr]).toEqual([0, expect.stringContaining('"tokens": batch of 1, since the model leaves it open')]);
    expect(run("inspect", "tokens.json").stdout).toContain("float32 [1, 12, 16]");
    const given = run("inputs", zoo("tf2onnx-attention"), "--shapes", "tokens:3x12x16", "-o", "tokens.json");
    expect(given.stderr).not.toContain("batch of 1");
    expect(run("inspect", "tokens.json").stdout).toContain("float32 [3, 12, 16]");
  });
});
