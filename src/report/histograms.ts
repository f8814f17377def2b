/** Histograms of what the worst layers read: more of them would make a report large and say little. */
import type { Measurement } from "../measure/measurement.ts";
import type { Unit } from "../model/unit.ts";
import { type MeasuredTensor, type ModelReport, toNum } from "./schema.ts";

const most = 4;

/**
 * The layers, with a histogram of what each of the first of `worst` reads: that is what its scale clips or coarsens. Of the layer's own output
 * where its input was not measured. `measurements` are the layers' own; those without values, or all zero, get none.
 */
export function withHistograms(
  layers: readonly MeasuredTensor[],
  worst: ModelReport["worst"],
  measurements: readonly Measurement[],
  units: readonly Unit[],
): MeasuredTensor[] {
  const measured = new Set(measurements.map(({ tensor }) => tensor));
  const readBy = new Map(units.map(({ output, inputs }) => [output, inputs.find((input) => measured.has(input))]));
  const wanted = new Set(worst.slice(0, most).map(({ tensor }) => readBy.get(tensor) ?? tensor));
  const valuesOf = new Map(measurements.map(({ tensor, values }) => [tensor, values]));
  return layers.map((layer) => {
    const values = wanted.has(layer.tensor) ? valuesOf.get(layer.tensor) : undefined;
    if (values === undefined || values.range === 0) return layer;
    const { range, reference, candidate, clip, saturated, count } = values;
    const histogram = {
      low: toNum(-range),
      high: toNum(range),
      reference: [...reference],
      candidate: [...candidate],
      ...(clip === undefined ? {} : { clip: toNum(clip), saturatedShare: toNum(saturated / count) }),
    };
    return { ...layer, histogram };
  });
}
