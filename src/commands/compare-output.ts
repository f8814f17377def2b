/** A comparison as a table for people and as JSON for programs. Renders; decides nothing. */

import { type Caveat, withCaveats } from "../gate/caveats.ts";
import type { ExitCode } from "../gate/exit-code.ts";
import type { Judgement } from "../gate/judge.ts";
import { levelOf } from "../gate/judge.ts";
import { limitsFor } from "../gate/limits.ts";
import type { Tolerance } from "../gate/verdict.ts";
import type { Coverage, Measurement } from "../measure/measurement.ts";
import { plural } from "../model/plural.ts";
import { measuredTensor } from "../report/build.ts";
import { alignColumns } from "../report/columns.ts";
import { formatLimit, formatMargin, formatMetric } from "../report/figures.ts";
import { type MeasuredTensor, toNum } from "../report/schema.ts";
import { rowLabel } from "../report/sections/outputs.ts";
import { plainLine } from "../report/text.ts";

export interface ComparedSide {
  readonly path: string;
  readonly format: string;
  readonly runner: string;
  readonly iterations: number;
}

export interface Comparison {
  readonly reference: ComparedSide;
  readonly candidate: ComparedSide;
  readonly tolerance: Tolerance;
  /** In order of execution. */
  readonly measurements: readonly Measurement[];
  readonly judgement: Judgement;
  readonly caveats: readonly Caveat[];
  readonly coverage: Coverage;
  /** `--fail-fast` stopped at the first failing tensor. */
  readonly stoppedEarly: boolean;
  readonly exitCode: ExitCode;
  readonly warnings: readonly string[];
}

/** In the order in which they were measured. */
export function tensorsOf({ measurements, judgement, tolerance }: Comparison): MeasuredTensor[] {
  const findings = Map.groupBy(judgement.findings, ({ tensor }) => tensor);
  return measurements.map((measurement, order) => {
    const limits = limitsFor(measurement, tolerance);
    return measuredTensor(measurement, { findings: findings.get(measurement.tensor) ?? [], order, ...(limits ? { limits } : {}) });
  });
}

/** Name of the first tensor in order of execution that fails; null without one. */
export const firstFailingOf = ({ measurements, judgement }: Comparison): string | null =>
  measurements.find(({ tensor }) => levelOf(judgement.findings, tensor) === "fail")?.tensor ?? null;

/** Text of one object, with a line feed at the end. */
export function comparisonJson(comparison: Comparison): string {
  const { verdict, findings, unusedPatterns } = comparison.judgement;
  const { reference, candidate, coverage, exitCode, stoppedEarly, warnings, caveats } = comparison;
  const value = {
    schemaVersion: 1,
    verdict: verdict.kind,
    reason: verdict.reason,
    message: withCaveats(verdict, caveats).message,
    caveats,
    exitCode,
    reference,
    candidate,
    coverage,
    stoppedEarly,
    firstFailing: firstFailingOf(comparison),
    tensors: tensorsOf(comparison),
    findings: findings.map((finding) => ({ ...finding, ...nums({ value: finding.value, limit: finding.limit, margin: finding.margin }) })),
    unusedPatterns,
    warnings,
  };
  return `${JSON.stringify(value, null, 2)}\n`;
}

const nums = (values: Readonly<Record<string, number | undefined>>) =>
  Object.fromEntries(Object.entries(values).map(([key, value]) => [key, value === undefined ? undefined : toNum(value)]));

/** For a terminal, without colours. */
export function comparisonText(comparison: Comparison): string {
  const tensors = tensorsOf(comparison);
  const { verdict } = comparison.judgement;
  const { coverage } = comparison;
  const first = firstFailingOf(comparison);
  const lines = [
    `reference  ${sideText(comparison.reference)}`,
    `candidate  ${sideText(comparison.candidate)}`,
    "",
    ...table(tensors),
    "",
    `${comparedWords(coverage)}${comparison.stoppedEarly ? `, stopped after ${tensors.length}` : ""}.`,
    ...(first === null ? [] : [`First failing in order of execution: ${plainLine(first)}.`]),
    `${verdict.kind.toUpperCase()} (${verdict.reason}): ${plainLine(verdict.message, 400)}`,
    ...comparison.caveats.map(({ reason, message }) => `Caveat (${reason}): ${plainLine(message, 600)}`),
  ];
  return `${lines.join("\n")}\n`;
}

/** `1 of 1 tensor compared`, and where the sides have different numbers of them both. */
const comparedWords = ({ compared, referenceTensors, candidateTensors }: Coverage): string =>
  referenceTensors === candidateTensors
    ? `${compared} of ${plural(referenceTensors, "tensor")} compared`
    : `${compared} compared of ${plural(referenceTensors, "reference tensor")} and ${plural(candidateTensors, "candidate tensor")}`;

const sideText = ({ path, format, runner, iterations }: ComparedSide): string =>
  `${plainLine(path)} (${format}, ${plainLine(runner, 60)}, ${plural(iterations, "sample")})`;

const columns = ["sqnrDb", "cosine", "maxAbs", "meanAbs", "allclose"] as const;

function table(tensors: readonly MeasuredTensor[]): string[] {
  if (tensors.length === 0) return ["(no tensor was compared)"];
  const rows = [
    ["tensor", "SQNR", "cosine", "max abs", "mean abs", "in atol/rtol", "nearest limit", "margin", "result"],
    ...tensors.map((tensor) => [
      plainLine(tensor.tensor, 60),
      ...columns.map((metric) => (tensor.fault === undefined ? formatMetric(metric, tensor.metrics[metric]) : "–")),
      ...nearestLimit(tensor),
      tensor.fault === undefined
        ? tensor.level
        : `${tensor.level}: ${tensor.fault}${tensor.note === undefined ? "" : `, ${plainLine(tensor.note)}`}`,
    ]),
  ];
  return alignColumns(rows, `l${"r".repeat(columns.length)}lr`);
}

/** The limit that decided this tensor, or would, and the distance to it. */
function nearestLimit({ decidedBy, fault }: MeasuredTensor): [string, string] {
  if (decidedBy === undefined || fault !== undefined) return ["–", "–"];
  const { metric, of, limit, margin } = decidedBy;
  return [`${rowLabel({ metric, of })} ${formatLimit(metric, limit)}`, formatMargin(metric, margin)];
}
