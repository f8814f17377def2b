/**
 * Localises: marked tensors of both sides, and the error each unit adds by itself. Explains the verdict; decides it only where the
 * configuration names a layer.
 */
import type { ModelEntry } from "../config/settings.ts";
import { matchesPattern } from "../gate/pattern.ts";
import type { Finding, Verdict } from "../gate/verdict.ts";
import { measure } from "../measure/measure.ts";
import type { Measurement } from "../measure/measurement.ts";
import type { Engine } from "../model/engine.ts";
import { heldRanges } from "../model/held-range.ts";
import { fanOut, hearSamples } from "./output-sinks.ts";
import { type Decided, type Judging, judgeMeasured, measureOptions } from "./outputs.ts";

export interface Localised {
  readonly layers: readonly Measurement[];
  /** By the output tensor of the unit's compute node. */
  readonly injected: ReadonlyMap<string, Measurement>;
  /** How far marking moved the final output (LayerTensors); undefined where it moves nothing. */
  readonly markingDb: number | undefined;
  readonly droppedMarks: readonly string[];
}

/** `samples`: indices of validation samples. `hear`: is told of each sample that is looked at. Rejects as `engine.layers` does. */
export async function localise(
  judging: Judging,
  engine: Engine,
  samples: readonly number[],
  hear: (done: number) => void = () => {},
): Promise<Localised> {
  const { pairs: unheard, markingDb, dropped } = await engine.layers(samples);
  const pairs = fanOut(unheard, [hearSamples(hear)]);
  const { measurements } = await measure(pairs, { ...measureOptions(judging), held: heldRanges(judging.lane) });
  return {
    layers: measurements.filter(({ role }) => role === "layer"),
    injected: new Map(measurements.filter(({ role }) => role === "injected").map((one) => [one.tensor, one])),
    markingDb,
    droppedMarks: dropped,
  };
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
