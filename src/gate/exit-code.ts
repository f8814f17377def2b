/** From verdicts and failures to the exit code (design 3.4). Decides nothing else. */
import { ConfigError, FileError, ToolError, TrustError } from "../effects/failure.ts";
import type { VerdictKind } from "./verdict.ts";

export type ExitCode = 0 | 1 | 2 | 3 | 4 | 5;

/** Over several models the first of these that occurs is the exit code. */
const order: readonly ExitCode[] = [5, 3, 2, 1, 4, 0];

/** By who must act. A FileError is the input's author's; a caller whose tool wrote the file throws ToolError("bad-dump") instead. */
export function exitCodeOfFailure(failure: unknown): ExitCode {
  if (failure instanceof ConfigError || failure instanceof FileError) return 2;
  if (failure instanceof TrustError) return 3;
  if (failure instanceof ToolError) return 4;
  return 5;
}

/** A verdict that `fail-on` does not name exits 0; the verdict itself stays what it is. */
export function exitCodeOfVerdict(kind: VerdictKind, failOn: ReadonlySet<"regression" | "undecided">): ExitCode {
  if (kind === "pass") return 0;
  if (!failOn.has(kind)) return 0;
  return kind === "regression" ? 1 : 4;
}

/** No model at all is undecided: 4. */
export const overallExitCode = (codes: readonly ExitCode[]): ExitCode => order.find((code) => codes.includes(code)) ?? 4;

/** A regression decides before an undecided model. No verdict at all is undecided. */
export function overallVerdict(kinds: readonly VerdictKind[]): VerdictKind {
  if (kinds.includes("regression")) return "regression";
  return kinds.length === 0 || kinds.includes("undecided") ? "undecided" : "pass";
}
