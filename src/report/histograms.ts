/** Histograms of what the suspicious layers read: more of them would make a report large and say little. */
import type { Measurement } from "../measure/measurement.ts";
import { isSymmetric } from "../model/held-range.ts";
import type { Unit } from "../model/unit.ts";
import { type MeasuredTensor, toNum } from "./schema.ts";

/**
 * The layers, with a histogram of what each of `suspicious` (output tensors) reads: that is what its scale clips or coarsens. Of the layer's own output
 * where its input was not measured. `measurements` are the layers' own; those without values, or all zero, get none.
 */
export function withHistograms(
  layers: readonly MeasuredTensor[],
  suspicious: readonly string[],
  measurements: readonly Measurement[],
  units: readonly Unit[],
): MeasuredTensor[] {
  const measured = new Set(measurements.map(({ tensor }) => tensor));
  const readBy = new Map(units.map(({ output, inputs }) => [output, inputs.find((input) => measured.has(input))]));
  const reads = new Map(suspicious.map((tensor) => [tensor, readBy.get(tensor)]));
  const wanted = new Set(suspicious.map((tensor) => reads.get(tensor) ?? tensor));
  const valuesOf = new Map(measurements.map(({ tensor, values }) => [tensor, values]));
  return layers.map((layer) => {
    const read = reads.get(layer.tensor);
    const values = wanted.has(layer.tensor) ? valuesOf.get(layer.tensor) : undefined;
    return { ...layer, ...(read === undefined ? {} : { reads: read }), ...(values === undefined ? {} : histogramOf(values)) };
  });
}

function histogramOf(values: NonNullable<Measurement["values"]>): Pick<MeasuredTensor, "histogram"> {
  const { range, reference, candidate, held, saturated, count } = values;
  if (range === 0) return {};
  const histogram = {
    low: toNum(-range),
    high: toNum(range),
    reference: [...reference],
    candidate: [...candidate],
    ...(held === undefined ? {} : { clip: toNum(held.high), saturatedShare: toNum(saturated / count) }),
    ...(held === undefined || isSymmetric(held) ? {} : { clipLow: toNum(held.low) }),
  };
  return { histogram };
}
