/** From verdicts and failures to the exit code (design 3.4). Decides nothing else. */
import { ConfigError, FileError, ToolError, TrustError } from "../effects/failure.ts";
import type { VerdictKind } from "./verdict.ts";

/** Every exit code by what it says. */
export const exitCodes = { pass: 0, regression: 1, configuration: 2, trust: 3, undecided: 4, bug: 5 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** Over several models the first of these that occurs is the exit code. */
const { pass, regression, configuration, trust, undecided, bug } = exitCodes;
const order: readonly ExitCode[] = [bug, trust, configuration, regression, undecided, pass];

/** By who must act. A FileError is the input's author's; a caller whose tool wrote the file throws ToolError("bad-dump") instead. */
export function exitCodeOfFailure(failure: unknown): ExitCode {
  if (failure instanceof ConfigError || failure instanceof FileError) return configuration;
  if (failure instanceof TrustError) return trust;
  if (failure instanceof ToolError) return undecided;
  return bug;
}

/** A verdict that `fail-on` does not name exits 0; the verdict itself stays what it is. */
export function exitCodeOfVerdict(kind: VerdictKind, failOn: ReadonlySet<"regression" | "undecided">): ExitCode {
  if (kind === "pass" || !failOn.has(kind)) return pass;
  return kind === "regression" ? regression : undecided;
}

/** No model at all is undecided. */
export const overallExitCode = (codes: readonly ExitCode[]): ExitCode => order.find((code) => codes.includes(code)) ?? undecided;

/** A regression decides before an undecided model. No verdict at all is undecided. */
export function overallVerdict(kinds: readonly VerdictKind[]): VerdictKind {
  if (kinds.includes("regression")) return "regression";
  return kinds.length === 0 || kinds.includes("undecided") ? "undecided" : "pass";
}

/** A report's own number; one that is no exit code of ours counts as a bug. */
export const asExitCode = (value: number): ExitCode => order.find((code) => code === value) ?? bug;
