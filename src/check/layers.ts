/**
 * Localises: marked tensors of both sides, and the error each unit adds by itself. Explains the verdict; decides it only where the
 * configuration names a layer.
 */
import type { ModelEntry } from "../config/settings.ts";
import { matchesPattern } from "../gate/pattern.ts";
import type { Finding, Verdict } from "../gate/verdict.ts";
import { type Measured, measure } from "../measure/measure.ts";
import type { Measurement } from "../measure/measurement.ts";
import type { TensorPair } from "../model/engine.ts";
import type { Tensor } from "../model/tensor.ts";
import { type Decided, type JudgedRun, type Judging, judgeMeasured, measureOptions, plainCandidate, sqnrBetween } from "./outputs.ts";

export interface Localised {
  readonly measured: Measured;
  readonly layers: readonly Measurement[];
  /** By the output tensor of the unit's compute node. */
  readonly injected: ReadonlyMap<string, Measurement>;
  /** SQNR of the marked candidate's final output against the plain candidate's, dB: how far marking moved what is measured. */
  readonly markingDb: number;
}

export async function localise(judging: Judging, samples: readonly number[], plain: JudgedRun): Promise<Localised> {
  const marked = new Map<string, Tensor>();
  const pairs = judging.lane.run({ assignment: plainCandidate, samples, detail: "layers" });
  const measured = await measure(withoutOutputs(pairs, marked), measureOptions(judging));
  const moved = await sqnrBetween(plain.candidates, marked, judging);
  return {
    measured,
    layers: measured.measurements.filter(({ role }) => role === "layer"),
    injected: new Map(measured.measurements.filter(({ role }) => role === "injected").map((one) => [one.tensor, one])),
    markingDb: moved.length === 0 ? Number.NaN : Math.min(...moved),
  };
}

/** The final outputs of a marked engine are not the plain engine's: they are kept aside, only to see how far they moved. */
async function* withoutOutputs(pairs: AsyncIterable<TensorPair>, outputs: Map<string, Tensor>): AsyncGenerator<TensorPair> {
  for await (const pair of pairs) {
    if (pair.role !== "output") yield pair;
    else if (pair.candidate) outputs.set(`${pair.tensor} ${pair.sample}`, pair.candidate);
  }
}

/** True where a pattern of the tolerance may name a layer: it matches none of the outputs exactly. */
export const namesLayers = (entry: ModelEntry, outputs: readonly string[]): boolean =>
  entry.tolerance.tensors.some(({ pattern }) => !outputs.some((output) => matchesPattern(pattern, output)));

/** Layers that a pattern names are judged together with the outputs; otherwise the outputs' verdict stands. */
export function judgeWithLayers(
  judging: Judging,
  decided: Decided,
  localised: Localised | undefined,
  outputsVerdict: Verdict,
): { verdict: Verdict; findings: readonly Finding[] } {
  const { judgement } = decided.decision;
  if (localised === undefined || !namesLayers(judging.entry, judging.lane.outputs))
    return { verdict: outputsVerdict, findings: judgement.findings };
  const { measured } = decided.run;
  const together = judgeMeasured(judging, { ...measured, measurements: [...measured.measurements, ...localised.layers] });
  const decidesMore = together.verdict.kind === "regression" || (outputsVerdict.kind === "pass" && together.verdict.kind !== "pass");
  return { verdict: outputsVerdict.kind !== "regression" && decidesMore ? together.verdict : outputsVerdict, findings: together.findings };
}
