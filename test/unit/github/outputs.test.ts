import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { annotate } from "../../../src/github/annotate.ts";
import { writeOutputs, writeSummary } from "../../../src/github/outputs.ts";
import { summaryBudgetBytes } from "../../../src/report/summary.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

let effects: RunEffects;
afterEach(async () => await effects.end());

async function open(variable: string): Promise<string> {
  const outer = await runEffects();
  const path = join(outer.folder, "command-file");
  await writeFile(path, "");
  effects = { ...outer, env: { GITHUB_ACTIONS: "true", [variable]: path } };
  return path;
}

describe("writeOutputs", () => {
  it("cannot be made to set a second output by a value with line breaks", async () => {
    const path = await open("GITHUB_OUTPUT");
    expect(await writeOutputs({ verdict: "pass", "fix-dir": "x\nverdict=regression\nverdict<<EOF" }, effects)).toEqual([]);
    const lines = (await readFile(path, "utf8")).split("\n");
    const ends = lines.filter((line) => /^(verdict|fix-dir)<<end-/.test(line)).map((line) => line.split("<<")[1]);
    expect(ends).toHaveLength(2);
    expect(lines.slice(lines.indexOf(`fix-dir<<${ends[1]}`) + 1, lines.lastIndexOf(ends[1] ?? ""))).toEqual([
      "x",
      "verdict=regression",
      "verdict<<EOF",
    ]);
  });

  it("warns where the runner's file is missing", async () => {
    effects = await runEffects({ GITHUB_ACTIONS: "true" });
    expect(await writeOutputs({ verdict: "pass" }, effects)).toHaveLength(1);
  });

  it("is silent outside a workflow", async () => {
    effects = await runEffects();
    expect(await writeOutputs({ verdict: "pass" }, effects)).toEqual([]);
  });
});

describe("writeSummary", () => {
  it("asks for what is left of 900 KiB and adds to what is there", async () => {
    const path = await open("GITHUB_STEP_SUMMARY");
    await writeFile(path, "before");
    let asked = 0;
    const warnings = await writeSummary((budget) => {
      asked = budget;
      return "after";
    }, effects);
    expect(warnings).toEqual([]);
    expect(asked).toBe(summaryBudgetBytes - 6);
    expect(await readFile(path, "utf8")).toBe("before\nafter\n");
  });

  it("writes nothing rather than a summary that the runner would drop", async () => {
    const path = await open("GITHUB_STEP_SUMMARY");
    expect(await writeSummary(() => "é".repeat(600_000), effects)).toHaveLength(1);
    expect(await readFile(path, "utf8")).toBe("");
  });

  it("warns where the file cannot be written", async () => {
    const path = await open("GITHUB_STEP_SUMMARY");
    const folder = `${path}-folder`;
    await mkdir(folder);
    effects = { ...effects, env: { GITHUB_STEP_SUMMARY: folder } };
    expect(await writeSummary(() => "text", effects)).toHaveLength(1);
  });
});

describe("annotate", () => {
  it("hands each annotation to the log with its level", async () => {
    effects = await runEffects();
    const note = { title: "t", file: "models/a.onnx", line: undefined };
    annotate(
      [
        { ...note, level: "error", message: "one" },
        { ...note, level: "warning", message: "two" },
      ],
      effects.log,
    );
    expect(effects.lines).toEqual(["error: one", "warning: two"]);
  });
});
