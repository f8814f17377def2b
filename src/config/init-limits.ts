/** The limits that a first configuration sets, by what one run tells of a model's outputs. Pure. */
import type { OutputFacts } from "./init-facts.ts";
import { plainScalar } from "./plain-scalar.ts";

const quantities = { "sqnr-db": "{fail: 20, warn: 25}", cosine: "{fail: 0.997}" } as const;

/** Below this one or two wrong samples decide, and a close limit would leave good models undecided. */
const fewestForShare = 100;

/** Metric, limits and why, of outputs that decide by their largest value. The share of a class map counts places, of which one sample has many. */
function decisionOf(holds: OutputFacts["holds"], samples: number): readonly [metric: string, limit: string, why: string] | undefined {
  if (holds === "class map") return ["argmax-agreement", "{fail: 0.95}", "share of equal best classes, by place"];
  if (holds !== "classes") return undefined;
  return samples < fewestForShare
    ? ["top1-agreement", "{fail: 0.8, warn: 0.95}", `share of equal best classes; fail: 0.9 from ${fewestForShare} samples on`]
    : ["top1-agreement", "{fail: 0.9, warn: 0.95}", "share of equal best classes"];
}

/** The lines of `tolerance:` in an entry that is judged on that many samples. Without any output the limits are those of quantities. */
export function toleranceLines(outputs: readonly OutputFacts[], samples: number): string[] {
  const floats = outputs.filter(({ holds }) => holds !== "indices");
  const [first] = floats;
  const isOneKind = floats.every(({ holds }) => holds === first?.holds);
  const lines = [
    ...(floats.length > 0 || outputs.length === 0 ? quantityLines : []),
    ...(outputs.length > floats.length ? [commented("agreement: {fail: 0.99}", "share of equal class numbers or indices")] : []),
    ...(isOneKind ? decisionLine(first, samples) : []),
    ...(floats.some(({ scores }) => scores)
      ? [commented("score: {sqnr-db: {fail: 5, warn: 10}}", "what a Softmax or Sigmoid reads: probabilities hide its errors")]
      : []),
    ...(isOneKind ? [] : namedLines(floats, samples)),
  ];
  return ["    tolerance:", ...lines.map((line) => `      ${line}`)];
}

const commented = (setting: string, why: string): string => `${setting.padEnd(40)}# ${why}`;

const quantityLines = [commented(`sqnr-db: ${quantities["sqnr-db"]}`, "dB, higher is better"), `cosine: ${quantities.cosine}`];

function decisionLine(output: OutputFacts | undefined, samples: number): string[] {
  const decision = output && decisionOf(output.holds, samples);
  if (decision === undefined) return [];
  const [metric, limit, why] = decision;
  return [commented(`${metric}: ${limit}`, why)];
}

/** A block of its own replaces the general limits. */
function namedLines(floats: readonly OutputFacts[], samples: number): string[] {
  const blocks = floats.flatMap(({ name, holds }) => {
    const decision = decisionOf(holds, samples);
    if (decision === undefined) return [];
    const [metric, limit, why] = decision;
    const limits = Object.entries({ ...quantities, [metric]: limit }).map(([key, value]) => `${key}: ${value}`);
    return [`  ${plainScalar(name)}: {${limits.join(", ")}}   # ${why}`];
  });
  return blocks.length === 0 ? [] : ["tensors:", ...blocks];
}
