import { describe, expect, test } from "vitest";
import { ConfigError, FileError, ToolError, TrustError } from "../../../src/effects/failure.ts";
import { type ExitCode, exitCodeOfFailure, exitCodeOfVerdict, overallExitCode, overallVerdict } from "../../../src/gate/exit-code.ts";

const both = new Set(["regression", "undecided"] as const);

describe("the exit code", () => {
  test("names who must act", () => {
    const failures = [
      new ConfigError("x"),
      new FileError("f", "x"),
      new TrustError("x"),
      new ToolError("timeout", "x"),
      new TypeError("x"),
      "text",
    ];
    expect(failures.map(exitCodeOfFailure)).toEqual([2, 2, 3, 4, 5, 5]);
  });

  test("of a verdict is red for what fail-on names", () => {
    expect((["pass", "regression", "undecided"] as const).map((kind) => exitCodeOfVerdict(kind, both))).toEqual([0, 1, 4]);
    expect(exitCodeOfVerdict("undecided", new Set(["regression"]))).toBe(0);
    expect(exitCodeOfVerdict("regression", new Set(["regression"]))).toBe(1);
    expect(exitCodeOfVerdict("regression", new Set(["undecided"]))).toBe(0);
  });

  test("over several models is the first of 5, 3, 2, 1, 4, 0 that occurs", () => {
    const codes: readonly ExitCode[] = [0, 4, 1, 2, 3, 5];
    const overall = codes.map((_, i) => overallExitCode(codes.slice(0, i + 1)));
    expect(overall).toEqual([0, 4, 1, 2, 3, 5]);
  });

  test("of no model is undecided", () => {
    expect(overallExitCode([])).toBe(4);
    expect(overallVerdict([])).toBe("undecided");
  });

  test("a regression decides over undecided models, which decide over passes", () => {
    expect(overallVerdict(["pass", "undecided", "regression"])).toBe("regression");
    expect(overallVerdict(["pass", "undecided"])).toBe("undecided");
    expect(overallVerdict(["pass", "pass"])).toBe("pass");
  });
});
