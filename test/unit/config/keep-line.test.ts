import { describe, expect, it } from "vitest";
import { withKeepLine } from "../../../src/config/keep-line.ts";
import { settleYaml } from "./settle-samples.ts";

const text = `# Ours.
version: 1
models:
  - name: text-direction   # the classifier
    path: models/cls.onnx  # 0.6 MB
    shapes: { x: [1, 3, 48, 192] }
  - { path: models/det.onnx }
  - path: teams/*/model.onnx
    quantization: {cache: a.cache}
`;

describe("the keep line of an entry", () => {
  it("follows its path, and nothing else of the file changes", () => {
    const edit = withKeepLine(text, { name: "text-direction", path: "models/cls.onnx" }, "calibration/cls.keep.json");
    expect(edit).toMatchObject({ line: 5, replacement: ["    path: models/cls.onnx  # 0.6 MB", "    keep: calibration/cls.keep.json"] });
    expect(edit?.text.split("\n").filter((line) => !line.includes("keep:"))).toEqual(text.split("\n"));
    expect(settleYaml(edit?.text ?? "").models[0]).toMatchObject({ name: "text-direction", keep: "calibration/cls.keep.json" });
  });

  it("stands where the entry has one already", () => {
    const once = withKeepLine(text, { name: "text-direction", path: "models/cls.onnx" }, "a.json")?.text ?? "";
    const twice = withKeepLine(once, { name: "text-direction", path: "models/cls.onnx" }, "b c.json");
    expect(twice).toMatchObject({ line: 6, replacement: ['    keep: "b c.json"'] });
    expect(settleYaml(twice?.text ?? "").models[0]?.keep).toBe("b c.json");
  });

  it("quotes what YAML would read as something else than a name", () => {
    const edit = withKeepLine(text, { name: "text-direction", path: "models/cls.onnx" }, ["true", "Null", "conv_1"]);
    expect(edit?.replacement[1]).toBe('    keep: ["true", "Null", conv_1]');
    expect(settleYaml(edit?.text ?? "").models[0]?.keep).toEqual(["true", "Null", "conv_1"]);
  });

  it("begins the entry's other keys where path is its first", () => {
    const first = "models:\n- path: a.onnx\n  quantization: {cache: a.cache}\nversion: 1\n";
    expect(withKeepLine(first, { name: "a", path: "a.onnx" }, "a.keep.json")?.text).toBe(
      "models:\n- path: a.onnx\n  keep: a.keep.json\n  quantization: {cache: a.cache}\nversion: 1\n",
    );
  });

  it("has no place in braces, in a glob's entry, or for another model", () => {
    expect(withKeepLine(text, { name: "det", path: "models/det.onnx" }, "k.json")).toBeUndefined();
    expect(withKeepLine(text, { name: "teams/a/model", path: "teams/a/model.onnx" }, "k.json")).toBeUndefined();
    expect(withKeepLine(text, { name: "other", path: "models/cls.onnx" }, "k.json")).toBeUndefined();
    expect(withKeepLine("models: [", { name: "a", path: "a" }, "k.json")).toBeUndefined();
  });
});
