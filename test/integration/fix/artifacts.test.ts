import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { type FixFormat, fixFormats } from "../../../src/fix/artifact.ts";
import { makeArtifacts } from "../../../src/fix/artifacts.ts";
import { fixFromReport } from "../../../src/fix/from-report.ts";
import { type Report, reportSchema } from "../../../src/report/schema.ts";
import { fixOf, python } from "../../fakes/fixes.ts";
import { hostileNames } from "../../fakes/hostile-names.ts";
import { sampleReport } from "../../fakes/report.ts";
import { describeWithPython } from "../../support/needs.ts";

describe("artefacts", () => {
  it.each(fixFormats)("exist in format %s for a fix with kept units, and say who made them and what proves it", (format: FixFormat) => {
    const [artifact] = makeArtifacts(format, fixOf([["a"]]));
    expect(artifact?.command).not.toBe("");
    expect(String(artifact?.content)).toContain("trt-gate 0.1.0");
    expect(String(artifact?.content)).toMatch(/verified"?: "?two fresh engines pass/i);
  });

  it.each(fixFormats)("are not made in format %s for a fix that keeps nothing", (format: FixFormat) => {
    expect(makeArtifacts(format, fixOf([]))).toEqual([]);
  });

  it("hand over the edited model where there is one", () => {
    const editedModel = new Uint8Array([1, 2, 3]);
    expect(makeArtifacts("qdq", fixOf([["a"]], { editedModel })).map(({ content }) => content)).toContain(editedModel);
  });

  it("give a configuration that YAML reads back to the same names", () => {
    for (const name of hostileNames.filter((each) => each.isWellFormed())) {
      const [artifact] = makeArtifacts("config", fixOf([["a"]], { model: { name, path: `${name}.onnx`, sha256: "0" } }));
      const [model] = parse(String(artifact?.content)).models;
      expect(model.name).toBe(name);
      expect(model.path).toBe(`${name}.onnx`);
      expect(model.keep).toBe(`${name}.keep.json`);
    }
  });

  it("are the same again from a report that went through a file", () => {
    const textsOf = (report: Report): unknown[] => {
      const fixes = report.models.flatMap((model) => fixFromReport(model, report.tool) ?? []);
      return fixes.flatMap((fix) =>
        fixFormats.flatMap((format) => makeArtifacts(format, fix).map(({ content, command }) => [content, command])),
      );
    };
    const before = textsOf(sampleReport());
    expect(before.length).toBeGreaterThanOrEqual(fixFormats.length);
    expect(textsOf(reportSchema.parse(JSON.parse(JSON.stringify(sampleReport()))))).toEqual(before);
  });
});

describeWithPython("the generated Python, read by Python", () => {
  it.each(["polygraphy", "qdq"] as const)("of format %s reads as Python 3.8", (format) => {
    const [artifact] = makeArtifacts(format, fixOf([["a"]]));
    expect(
      python(["-c", "import ast, sys; ast.parse(sys.stdin.read(), feature_version=(3, 8)); print('fine')"], String(artifact?.content)),
    ).toBe("fine\n");
  });
});

describe("the generated Python", () => {
  it("needs nothing but the standard library, numpy beside onnx, and tensorrt or onnx", () => {
    const imports = (["polygraphy", "qdq"] as const).flatMap((format) =>
      [...String(makeArtifacts(format, fixOf([["a"]]))[0]?.content).matchAll(/^\s*(?:import|from) (\w+)/gm)].map(([, name]) => name),
    );
    expect(new Set(imports)).toEqual(new Set(["base64", "hashlib", "json", "os", "sys", "tensorrt", "onnx", "numpy"]));
  });
});
