/** The limits that a first configuration sets, by what one run tells of a model's outputs. Pure. */
import type { OutputFacts } from "./init-facts.ts";
import { plainScalar } from "./plain-scalar.ts";

const quantities = { "sqnr-db": "{fail: 20, warn: 25}", cosine: "{fail: 0.997}" } as const;

/** Metric, limit and why, of outputs that decide by their largest value. */
const decisions: Readonly<Partial<Record<OutputFacts["holds"], readonly [metric: string, limit: string, why: string]>>> = {
  // A closer limit takes hundreds of samples to tell.
  classes: ["top1-agreement", "{fail: 0.9, warn: 0.95}", "share of equal best classes"],
  "class map": ["argmax-agreement", "{fail: 0.95}", "share of equal best classes, by place"],
};

/** The lines of `tolerance:` in an entry. Without any output the limits are those of quantities. */
export function toleranceLines(outputs: readonly OutputFacts[]): string[] {
  const floats = outputs.filter(({ holds }) => holds !== "indices");
  const [first] = floats;
  const isOneKind = floats.every(({ holds }) => holds === first?.holds);
  const lines = [
    ...(floats.length > 0 || outputs.length === 0 ? quantityLines : []),
    ...(outputs.length > floats.length ? ["agreement: {fail: 0.99}                 # share of equal class numbers or indices"] : []),
    ...(isOneKind ? decisionLine(first) : []),
    ...(floats.some(({ scores }) => scores)
      ? ["score: {sqnr-db: {fail: 10}}            # what a Softmax or Sigmoid reads: probabilities hide its errors"]
      : []),
    ...(isOneKind ? [] : namedLines(floats)),
  ];
  return ["    tolerance:", ...lines.map((line) => `      ${line}`)];
}

const quantityLines = [`${`sqnr-db: ${quantities["sqnr-db"]}`.padEnd(40)}# dB, higher is better`, `cosine: ${quantities.cosine}`];

function decisionLine(output: OutputFacts | undefined): string[] {
  const decision = output && decisions[output.holds];
  if (decision === undefined) return [];
  const [metric, limit, why] = decision;
  return [`${`${metric}: ${limit}`.padEnd(40)}# ${why}`];
}

/** A block of its own replaces the general limits. */
function namedLines(floats: readonly OutputFacts[]): string[] {
  const blocks = floats.flatMap(({ name, holds }) => {
    const decision = decisions[holds];
    if (decision === undefined) return [];
    const [metric, limit, why] = decision;
    const limits = Object.entries({ ...quantities, [metric]: limit }).map(([key, value]) => `${key}: ${value}`);
    return [`  ${plainScalar(name)}: {${limits.join(", ")}}   # ${why}`];
  });
  return blocks.length === 0 ? [] : ["tensors:", ...blocks];
}
