/** Which limits a tensor is judged by. Reads the tolerance; compares nothing. */
import type { Measurement } from "../measure/measurement.ts";
import { type MetricName, metricNames, metrics, suitsIndices, suitsQuantities, type ValueKind } from "../measure/metrics.ts";
import { matchesPattern } from "./pattern.ts";
import type { Limit, Limits, Tolerance } from "./verdict.ts";

/** A pattern may name a part of the tensor as well. */
export interface Subject extends Pick<Measurement, "tensor" | "role"> {
  readonly kind?: ValueKind | undefined;
  readonly part?: Measurement["part"];
}

/**
 * The first pattern that names the part, else the tensor, replaces the general limits. Layers have limits only where a pattern names them; injected pairs
 * never have any. Indices have only limits of equality: a pattern with wildcards cannot give them others, their own name can.
 */
export function limitsFor(subject: Subject, tolerance: Tolerance): Limits | undefined {
  if (subject.role === "injected") return undefined;
  const named = namedLimits(subject, tolerance);
  if (named !== undefined) return named;
  if (subject.role !== "output") return undefined;
  return subject.kind === "index" ? { ...pick(tolerance.limits, suitsIndices), ...tolerance.indices } : tolerance.limits;
}

function namedLimits({ tensor, part, kind }: Subject, { tensors }: Tolerance): Limits | undefined {
  for (const name of part === undefined ? [tensor] : [part.name, tensor]) {
    const block = tensors.find(({ pattern }) => matchesPattern(pattern, name));
    if (block === undefined) continue;
    const own = block.pattern === name ? block.limits : pick(block.limits, kind === "index" ? suitsIndices : suitsQuantities);
    // A pattern for other kinds of values says nothing of these.
    if (Object.keys(own).length > 0 || Object.keys(block.limits).length === 0) return pick(own, ({ needs }) => needs !== "limits");
  }
  return undefined;
}

/** The limits on the share of samples that meet their own: the pattern's, else the general ones. */
export function samplesWithinFor({ tensor }: Subject, { tensors, samplesWithin }: Tolerance): Limit {
  return tensors.find(({ pattern }) => matchesPattern(pattern, tensor))?.limits.samplesWithin ?? samplesWithin;
}

const pick = (limits: Limits, suits: (metric: (typeof metrics)[MetricName]) => boolean): Limits =>
  Object.fromEntries(metricNames.flatMap((name) => (limits[name] !== undefined && suits(metrics[name]) ? [[name, limits[name]]] : [])));

/**
 * Patterns of the tolerance that name no measured tensor, or only such as an earlier pattern names: most likely a renamed layer, and a limit that guards
 * nothing. `names`: of tensors and parts.
 */
export function unusedPatterns(names: readonly string[], { tensors }: Tolerance): string[] {
  const used = new Set(names.map((name) => tensors.find(({ pattern }) => matchesPattern(pattern, name))));
  return tensors.filter((block) => !used.has(block)).map(({ pattern }) => pattern);
}
