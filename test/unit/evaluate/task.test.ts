import { describe, expect, it } from "vitest";
import { metricIn, withTask } from "../../../src/evaluate/task.ts";

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
