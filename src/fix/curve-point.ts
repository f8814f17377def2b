/** Another point of a search's curve as the set to keep. Says what is known of it; nothing is measured. */
import { formatMargin, formatMetric } from "../report/figures.ts";
import type { ModelReport } from "../report/schema.ts";

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
  const figure = point
    ? `SQNR ${point.by === "predicted" ? "about " : ""}${formatMetric("sqnrDb", point.sqnrDb)} (${formatMetric("sqnrDb", point.low)} to ${formatMetric("sqnrDb", point.high)}), ${formatMargin("sqnrDb", point.margin)} to the limit, ${point.by}`
    : "its figure is not known";
  const message = `Chosen from the curve: the first ${order.length} of ${search.units} units of the ranking. On the samples that chose: ${figure}.`;
  return {
    ...model,
    search: { ...search, message, keep: order.map((id) => units.get(id) ?? { unit: id, nodes: [], layers: [] }) },
    fix: model.fix && { ...model.fix, verified: null },
  };
}
