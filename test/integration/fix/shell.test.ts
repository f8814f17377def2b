import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { makeModelOpt } from "../../../src/fix/modelopt.ts";
import { makeTrtexec } from "../../../src/fix/trtexec.ts";
import { fixOf, python, pythonFixtures, scratch, wordsGivenTo } from "../../fakes/fixes.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";
import { describeWithPython } from "../../support/needs.ts";

let folder: ReturnType<typeof scratch>;
beforeEach(() => {
  folder = scratch();
});
afterEach(() => folder.dispose());

const evil = hostileNames.filter((name) => !name.includes("\0")).join(" ");

describe("trtexec flags, executed by a shell", () => {
  it("give each name its precision and its output type", () => {
    const [artifact] = makeTrtexec(fixOf([["p2o.Conv.7", "a b"]]));
    const words = wordsGivenTo("trtexec", String(artifact?.content), ["--verbose"], folder);
    expect(words).toEqual([
      "--onnx=models/cls.onnx",
      "--int8",
      "--fp16",
      "--calib=calibration/cls.cache",
      "--layerPrecisions=p2o.Conv.7:fp16,a b:fp16",
      "--layerOutputTypes=p2o.Conv.7:fp16,a b:fp16",
      "--precisionConstraints=obey",
      "--saveEngine=fixed.engine",
      "--verbose",
    ]);
  });

  it("name every other unit with scales as INT8, by precision alone", () => {
    const int8 = [{ unit: "c", nodes: ["c", "relu"], layers: [] }];
    const [artifact] = makeTrtexec(fixOf([["a"]], { int8 }));
    const words = wordsGivenTo("trtexec", String(artifact?.content), [], folder);
    expect(words).toContain("--layerPrecisions=a:fp16,c:int8");
    expect(words).toContain("--layerOutputTypes=a:fp16");
    expect(words).toContain("--precisionConstraints=prefer");
  });

  it("build with the shapes and options that the gate built with", () => {
    const buildWith = { polygraphy: [], trtexec: ["--minShapes=x:1x3x48x192", "--noTF32"] };
    const words = wordsGivenTo("trtexec", String(makeTrtexec(fixOf([["p2o.Conv.7"]], { buildWith }))[0]?.content), [], folder);
    expect(words).toEqual(expect.arrayContaining(["--calib=calibration/cls.cache", "--minShapes=x:1x3x48x192", "--noTF32"]));
  });

  it("fail instead of calibrating on random numbers where trtexec does not accept the cache", () => {
    const fix = fixOf([["p2o.Conv.7"]], { buildWith: { polygraphy: [], trtexec: null } });
    const [artifact] = makeTrtexec(fix);
    expect(() => wordsGivenTo("trtexec", String(artifact?.content), [], folder)).toThrow(/entropy calibration only.*polygraphy format/);
    expect(artifact?.leftOut).toEqual([{ name: "p2o.Conv.7", why: expect.stringContaining("entropy calibration only") }]);
  });

  it("fail instead of building without the fix when no name can be written", () => {
    const [artifact] = makeTrtexec(fixOf([["a,b"], ["(output t)"]]));
    expect(artifact?.leftOut.map(({ name }) => name)).toEqual(["a,b", "(output t)"]);
    expect(() => wordsGivenTo("trtexec", String(artifact?.content), [], folder)).toThrow(/polygraphy format/);
  });
});

describeWithPython("ModelOpt's patterns, executed by a shell and matched by Python", () => {
  const wordsOf = (fix: ReturnType<typeof fixOf>) => {
    const [artifact] = makeModelOpt(fix);
    return { artifact, words: wordsGivenTo("python3", String(artifact?.content), [folder.file("data.npz", "")], folder) };
  };

  it("exclude the nodes by anchored names", () => {
    const { words } = wordsOf(fixOf([["p2o.Conv.7"]]));
    expect(words.slice(0, 2)).toEqual(["-m", "modelopt.onnx.quantization"]);
    expect(words.slice(words.indexOf("--nodes_to_exclude"))).toEqual(["--nodes_to_exclude", "^p2o\\.Conv\\.7$"]);
    expect(words).toContain("fp16");
  });

  it.each([
    [undefined, "int8"],
    ["INT8", "int8"],
    ["FP8", "fp8"],
    ["INT4", "int4"],
  ])("quantise to %s by the mode %s", (quantized, mode) => {
    const { words } = wordsOf({ ...fixOf([["n"]]), quantized });
    expect(words[words.indexOf("--quantize_mode") + 1]).toBe(mode);
  });

  it("match each hostile name and nothing else", () => {
    const { artifact, words } = wordsOf(
      fixOf(
        hostileNames.map((name) => [name]),
        { why: evil, verified: evil },
      ),
    );
    const patterns = words.slice(words.indexOf("--nodes_to_exclude") + 1);
    const leftOut = artifact?.leftOut.map(({ name }) => name) ?? [];
    expect(leftOut.every((name) => name === "" || !name.isWellFormed())).toBe(true);
    const written = hostileNames.filter((name) => !leftOut.includes(name));
    const names = [...written, ...written.map((name) => `${name}x`), ...written.map((name) => `x${name}`)];
    const matched: string[][] = JSON.parse(python([`${pythonFixtures}/match.py`], JSON.stringify({ patterns, names })));
    expect(matched).toEqual(written.map((name) => [name]));
    expect(folder.names()).toEqual(["data.npz", "python3", "script.sh"]);
  });

  it("refuse to run without calibration data", () => {
    const [artifact] = makeModelOpt(fixOf([["a"]]));
    expect(() => wordsGivenTo("python3", String(artifact?.content), [], folder)).toThrow(/usage/);
  });
});
