/** Which limits a tensor is judged by. Reads the tolerance; compares nothing. */
import type { Measurement } from "../measure/measurement.ts";
import { matchesPattern } from "./pattern.ts";
import type { Limits, Tolerance } from "./verdict.ts";

/** The first matching pattern replaces the general limits. Layers have limits only where a pattern names them; injected pairs never have any. */
export function limitsFor(tensor: string, role: Measurement["role"], tolerance: Tolerance): Limits | undefined {
  if (role === "injected") return undefined;
  const named = tolerance.tensors.find(({ pattern }) => matchesPattern(pattern, tensor));
  return named?.limits ?? (role === "output" ? tolerance.limits : undefined);
}

/** Patterns of the tolerance that name no measured tensor: most likely a renamed layer, and a limit that guards nothing. */
export function unusedPatterns(tensors: readonly string[], tolerance: Tolerance): string[] {
  return tolerance.tensors.map(({ pattern }) => pattern).filter((pattern) => !tensors.some((tensor) => matchesPattern(pattern, tensor)));
}
