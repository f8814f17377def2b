/** Measurements and rules for the tests of judging. */
import type { JudgeInput } from "../../../src/gate/judge.ts";
import type { Tolerance } from "../../../src/gate/verdict.ts";
import type { Coverage, Measurement } from "../../../src/measure/measurement.ts";
import type { Metrics } from "../../../src/measure/metrics.ts";

export const tolerance = (parts: Partial<Tolerance> = {}): Tolerance => ({
  limits: { sqnrDb: { fail: 20, warn: 25 }, cosine: { fail: 0.997 } },
  indices: { agreement: { fail: 0.99 } },
  samplesWithin: { fail: 0.5, warn: 0.9 },
  parts: "judge",
  score: {},
  tensors: [],
  baseline: {},
  minCoverage: 1,
  topK: 5,
  atol: 1e-5,
  rtol: 1e-5,
  guardDb: 1,
  ...parts,
});

const summary = { min: 0, max: 1, mean: 0.5, std: 0.1 };

export const measured = (tensor: string, metrics: Metrics, parts: Partial<Measurement> = {}): Measurement => ({
  tensor,
  role: "output",
  samples: 8,
  elements: 100,
  metrics,
  reference: summary,
  candidate: summary,
  nonFinite: { reference: 0, candidate: 0 },
  perSampleSqnrDb: [],
  ...parts,
});

export const good: Metrics = { sqnrDb: 30, cosine: 0.9999 };
export const bad: Metrics = { sqnrDb: 15, cosine: 0.98 };

const covering = (measurements: readonly Measurement[]): Coverage => ({
  referenceTensors: measurements.length,
  candidateTensors: measurements.length,
  compared: measurements.length,
  onlyReference: [],
  onlyCandidate: [],
});

export const input = (measurements: readonly Measurement[], parts: Partial<JudgeInput> = {}): JudgeInput => ({
  measurements,
  coverage: covering(measurements),
  outputs: measurements.filter(({ role }) => role === "output").map(({ tensor }) => tensor),
  tolerance: tolerance(),
  waivers: [],
  today: "2026-11-24",
  ...parts,
});
