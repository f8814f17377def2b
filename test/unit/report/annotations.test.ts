import { describe, expect, it } from "vitest";
import { annotations } from "../../../src/report/annotations.ts";
import { hostileReport } from "../../fakes/hostile-report.ts";
import { passingModel, passReport, sampleModel, sampleReport, undecidedModel } from "../../fakes/report.ts";

describe("annotations", () => {
  it("puts a regression as an error on the configuration's line of its model", () => {
    expect(annotations(sampleReport())).toEqual([
      {
        level: "error",
        title: "regression: text-direction (beyond-limit)",
        message: sampleModel().message,
        file: ".github/trt-gate.yml",
        line: 3,
      },
    ]);
  });

  it("uses the model's file where there is no place in a configuration", () => {
    const { place: _, ...model } = sampleModel();
    expect(annotations(sampleReport({ models: [model] }))[0]).toMatchObject({ file: "models/cls.onnx", line: undefined });
  });

  it("warns of undecided models and of warnings, and says nothing of a pass", () => {
    expect(annotations(sampleReport({ models: [undecidedModel()] })).map((note) => note.level)).toEqual(["warning"]);
    expect(
      annotations(passReport({ models: [passingModel({ warnings: ["16 calibration samples, fewer than 500"] })] })).map(
        (note) => note.message,
      ),
    ).toEqual(["16 calibration samples, fewer than 500"]);
    expect(annotations(passReport())).toEqual([]);
  });

  it("gives at most eight and one that counts the rest, errors first", () => {
    const models = [...Array.from({ length: 9 }, (_, i) => undecidedModel({ name: `u${i}` })), sampleModel()];
    const notes = annotations(sampleReport({ models }));
    expect(notes).toHaveLength(9);
    expect(notes[0]?.level).toBe("error");
    expect(notes.at(-1)).toMatchObject({ title: "2 more in the report", level: "warning" });
  });

  it("keeps every message within 4,096 characters on one inert line", () => {
    for (const note of annotations(hostileReport(3, 30))) {
      expect(note.message.length).toBeLessThanOrEqual(4096);
      expect(`${note.title}${note.message}${note.file}`).not.toMatch(/[\u0000-\u001f]|##\[/);
    }
    const [long] = annotations(sampleReport({ models: [sampleModel({ message: "##[".repeat(10_000) })] }));
    expect(long?.message.length).toBeLessThanOrEqual(4096);
  });
});
