/** The limits that a first configuration sets, by what one run tells of a model's outputs. Pure. */
import type { OutputFacts } from "./init-facts.ts";
import { plainScalar } from "./plain-scalar.ts";

const quantities = { "sqnr-db": "{fail: 20, warn: 25}", cosine: "{fail: 0.997}" } as const;

/** Below this one or two wrong samples decide, and a close limit would leave good models undecided. */
const fewestForShare = 100;

/** Limits and why, of a share that counts each sample once. */
const shareOf = (what: string, samples: number): readonly [limit: string, why: string] =>
  samples < fewestForShare
    ? ["{fail: 0.8, warn: 0.95}", `share of equal ${what}; fail: 0.9 from ${fewestForShare} samples on`]
    : ["{fail: 0.9, warn: 0.95}", `share of equal ${what}`];

/** Metric, limits and why, of outputs that decide by their largest value or hold indices. The share of a class map, or of many indices, counts places, of which one sample has many. */
function decisionOf(holds: OutputFacts["holds"], samples: number): readonly [metric: string, limit: string, why: string] | undefined {
  if (holds === "class map") return ["argmax-agreement", "{fail: 0.95}", "share of equal best classes, by place"];
  if (holds === "indices") return ["agreement", "{fail: 0.99}", "share of equal class numbers or indices"];
  if (holds === "index") return ["agreement", ...shareOf("class numbers", samples)];
  return holds === "classes" ? ["top1-agreement", ...shareOf("best classes", samples)] : undefined;
}

const isIndices = ({ holds }: OutputFacts): boolean => holds === "indices" || holds === "index";

/** The lines of `tolerance:` in an entry that is judged on that many samples. Without any output the limits are those of quantities. */
export function toleranceLines(outputs: readonly OutputFacts[], samples: number): string[] {
  const indices = outputs.filter(isIndices);
  const floats = outputs.filter((output) => !isIndices(output));
  const [ofIndices, ofFloats] = [indices, floats].map((all) => (all.every(({ holds }) => holds === all[0]?.holds) ? all[0] : undefined));
  const named = [...(ofFloats === undefined ? floats : []), ...(ofIndices === undefined ? indices : [])];
  const lines = [
    ...(floats.length > 0 || outputs.length === 0 ? quantityLines : []),
    ...decisionLine(ofIndices, samples),
    ...decisionLine(ofFloats, samples),
    ...(floats.some(({ scores }) => scores)
      ? [commented("score: {sqnr-db: {fail: 5, warn: 10}}", "what a Softmax or Sigmoid reads: probabilities hide its errors")]
      : []),
    ...namedLines(named, samples),
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
function namedLines(outputs: readonly OutputFacts[], samples: number): string[] {
  const blocks = outputs.flatMap((output) => {
    const decision = decisionOf(output.holds, samples);
    if (decision === undefined) return [];
    const [metric, limit, why] = decision;
    const all = { ...(isIndices(output) ? {} : quantities), [metric]: limit };
    const limits = Object.entries(all).map(([key, value]) => `${key}: ${value}`);
    return [`  ${plainScalar(output.name)}: {${limits.join(", ")}}   # ${why}`];
  });
  return blocks.length === 0 ? [] : ["tensors:", ...blocks];
}
