/** Another point of a search's curve as the set to keep. Says what is known of it; nothing is measured. */
import { spareWords } from "../model/spare.ts";
import { formatMetric } from "../report/figures.ts";
import { fromNum, type ModelReport } from "../report/schema.ts";

type CurvePoint = NonNullable<NonNullable<ModelReport["search"]>["curve"]>["points"][number];

/** The margin is of the figure that is nearest to its limit, often another than the SQNR: the two never stand as one. */
function figureOf({ by, sqnrDb, low, high, margin, nearest }: CurvePoint): string {
  const about = by === "predicted" ? "about " : "";
  const sqnr = `SQNR ${about}${formatMetric("sqnrDb", sqnrDb)} (${formatMetric("sqnrDb", low)} to ${formatMetric("sqnrDb", high)}), ${by}`;
  const left = `${about}${spareWords(fromNum(margin))}`;
  return nearest === undefined ? `${sqnr}; ${left}` : `${sqnr}; nearest to its limit ${nearest}: ${left}`;
}

/** The model with the first `keep` units of its curve kept, a few more where a block is kept whole; or why that cannot be. */
export function fixAtPoint(model: ModelReport, keep: number): ModelReport | string {
  const { search, name } = model;
  const points = search?.curve?.points ?? [];
  if (!search?.curve || points.length === 0)
    return `The report holds no curve for '${name}'; --keep needs a report of a ranked search. Run trt-gate search again.`;
  const most = points.at(-1)?.kept ?? 0;
  if (!Number.isInteger(keep) || keep < 1 || keep > most) return `--keep is ${keep}; write a whole number from 1 to ${most}.`;
  const point = points.find(({ kept }) => kept >= keep);
  const order = search.curve.order.slice(0, point?.kept ?? keep);
  const units = new Map(search.unitTable.map((unit) => [unit.unit, unit]));
  const figure = point ? figureOf(point) : "its figure is not known";
  const message = `Chosen from the curve: the first ${order.length} of ${search.units} units of the ranking. On the samples that chose: ${figure}.`;
  return {
    ...model,
    search: { ...search, message, keep: order.map((id) => units.get(id) ?? { unit: id, nodes: [], layers: [] }) },
    fix: model.fix && { ...model.fix, verified: null },
  };
}
