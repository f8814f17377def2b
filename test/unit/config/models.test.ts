import { describe, expect, it } from "vitest";
import { path, problemsOf, settleYaml } from "./settle-samples.ts";

const namesOf = (text: string, models = ""): [string, string][] =>
  settleYaml(text, { inputs: { models } }).models.map((model) => [model.name, model.path]);

const entries = (...lines: readonly string[]): string => ["version: 1", "models:", ...lines.map((line) => `  - ${line}`), ""].join("\n");

describe("the configuration's list", () => {
  it("has one entry a file of a glob, named by the file", () => {
    expect(namesOf(entries("{path: 'models/*.onnx'}"))).toEqual([
      ["cls", "models/cls.onnx"],
      ["det", "models/det.onnx"],
    ]);
  });

  it("names files of one stem by their path", () => {
    expect(namesOf(entries("{path: 'teams/**/*.onnx'}"))).toEqual([
      ["teams/a/model", "teams/a/model.onnx"],
      ["teams/b/model", "teams/b/model.onnx"],
    ]);
  });

  it("puts a glob's own name before the file's", () => {
    expect(namesOf(entries("{name: ocr, path: 'models/*.onnx'}"))).toEqual([
      ["ocr/cls", "models/cls.onnx"],
      ["ocr/det", "models/det.onnx"],
    ]);
  });

  it("leaves a file that has an entry of its own out of another entry's glob", () => {
    expect(namesOf(entries("{path: 'models/*.onnx'}", "{name: direction, path: ./models/cls.onnx}"))).toEqual([
      ["det", "models/det.onnx"],
      ["direction", "models/cls.onnx"],
    ]);
  });

  it("refuses two models of one name, naming both", () => {
    expect(problemsOf(entries("{name: a, path: models/cls.onnx}", "{name: a, path: models/det.onnx}"))).toEqual([
      `${path}:4: models[1].name gives a second model the name "a" (first: models/cls.onnx); write another name.`,
    ]);
    expect(problemsOf(entries("{path: models/cls.onnx}", "{path: models/cls.onnx}"))).toHaveLength(1);
  });

  it("allows a glob without a match only where the entry says so", () => {
    expect(problemsOf(entries("{path: 'none/*.onnx'}"))).toEqual([
      `${path}:3: models[0].path is "none/*.onnx", which matches no file; correct it or set allow-empty: true.`,
    ]);
    expect(namesOf(entries("{path: 'none/*.onnx', allow-empty: true}"))).toEqual([]);
  });

  it("keeps a literal path that is not there: whether the change deleted it is for another room to say", () => {
    expect(namesOf(entries("{path: models/gone.onnx}"))).toEqual([["gone", "models/gone.onnx"]]);
  });
});

describe("the models input", () => {
  const text = entries("{name: direction, path: models/cls.onnx, baseline: true}", "{path: models/det.onnx}");

  it("replaces the list, and a file of the list keeps its entry", () => {
    const [model, ...others] = settleYaml(text, { inputs: { models: "models/cls.onnx" } }).models;
    expect(others).toEqual([]);
    expect(model).toMatchObject({ name: "direction", baseline: true, place: { line: 3 } });
  });

  it("takes names of entries, globs and several lines, each file once", () => {
    expect(namesOf(text, "direction\n models/*.onnx \r\n\nteams/a/model.onnx")).toEqual([
      ["direction", "models/cls.onnx"],
      ["det", "models/det.onnx"],
      ["model", "teams/a/model.onnx"],
    ]);
  });

  it("leaves a configured file its name, and gives a new file of the same stem its path", () => {
    const globbed = entries("{path: 'teams/**/*.onnx'}");
    expect(namesOf(globbed, "teams/a/model.onnx")).toEqual([["teams/a/model", "teams/a/model.onnx"]]);
    expect(namesOf(entries("{path: teams/a/model.onnx}"), "teams/**/*.onnx")).toEqual([
      ["model", "teams/a/model.onnx"],
      ["teams/b/model", "teams/b/model.onnx"],
    ]);
  });

  it("refuses a glob without a match and a path outside the workspace, all at once", () => {
    expect(problemsOf(text, { inputs: { models: "nothing/*.onnx\n../x.onnx" } })).toEqual([
      'Input "models" has "nothing/*.onnx", which matches no file; correct the glob.',
      'Input "models" has "../x.onnx", which leaves the workspace; only files inside it are read.',
    ]);
  });
});
