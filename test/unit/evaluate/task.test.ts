import { describe, expect, it } from "vitest";
import { metricIn, runTask, withTask } from "../../../src/evaluate/task.ts";
import type { CheckContext } from "../../../src/prepare/context.ts";
import { runEffects } from "../../fakes/run-effects.ts";

const verdict = (kind: "pass" | "regression" | "undecided") => ({ kind, reason: "r", message: "m" });
const task = (drop: number) => ({ metric: "accuracy", reference: 0.9, candidate: 0.9 - drop, drop, maxDrop: 0.01, passes: drop <= 0.01 });

describe("the task's metric", () => {
  it("is the named number of the last line", () => {
    expect(metricIn('progress {"accuracy": 1}\n{"accuracy": 0.91, "n": 5}\n\n', "accuracy")).toBe(0.91);
  });
  it.each(["", "0.91", '{"f1": 0.9}', '{"accuracy": "0.9"}', '{"accuracy": null}', '{"accuracy": 0.9} trailing'])(
    "is nothing in %j",
    (text) => {
      expect(metricIn(text, "accuracy")).toBeUndefined();
    },
  );
});

describe("the task's command", () => {
  const inputs = (script: string) => ({ command: [process.execPath, "-e", script, "{outputs}"], metric: "accuracy", maxDrop: 0.1 });
  const chatter = "for (let i = 0; i < 40000; i++) console.log('{\"accuracy\": 0.5}'.padEnd(60));";
  it.each([
    ["prints more than is kept before its last line", `${chatter} console.log('{"accuracy": 0.75}\\n')`, 0.75],
    ["prints one long line", `console.log(JSON.stringify({ each: "x".repeat(9000), accuracy: 0.8 }))`, 0.8],
  ])("gives its figure where it %s", async (_, script, value) => {
    const effects = await runEffects();
    const context = { effects, codeFolder: effects.cwd, deadlineMs: Number.POSITIVE_INFINITY, settings: { options: {} } };
    const folders = { reference: "r", candidate: "c" };
    const result = await runTask(inputs(script), folders, context as unknown as CheckContext).finally(() => effects.end());
    expect(result).toMatchObject({ reference: value, candidate: value, passes: true });
  });
});

describe("the task's verdict", () => {
  it("turns a pass and an undecided result into a regression when it falls too far", () => {
    expect(withTask(verdict("pass"), task(0.02))).toMatchObject({ kind: "regression", reason: "task-drop" });
    expect(withTask(verdict("undecided"), task(0.02)).kind).toBe("regression");
  });
  it("never makes anything better", () => {
    expect(withTask(verdict("regression"), task(0)).kind).toBe("regression");
    expect(withTask(verdict("undecided"), task(0)).kind).toBe("undecided");
  });
  it("fails on a drop that is not a number", () => {
    expect(withTask(verdict("pass"), task(Number.NaN)).kind).toBe("regression");
  });
});
