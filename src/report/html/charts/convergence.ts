/** How much the scales of a calibration still moved as samples were added. */
import { fromNum, type ModelReport, type Num } from "../../schema.ts";
import { html, type Markup, nothing } from "../markup.ts";
import { chartSizes, figure, limitLines, withLimits, xAxis, yAxis } from "./frame.ts";
import { extent, niceScale, round } from "./scale.ts";

/** Nothing with fewer than two steps. */
export function convergenceChart(steps: NonNullable<ModelReport["quantization"]["convergence"]>): Markup {
  if (steps.length < 2) return nothing;
  const last = steps.at(-1);
  const label = `Calibration: with ${last?.samples ?? 0} samples the scales still moved by ${percent(last?.medianChange)} (median) and ${percent(last?.worstChange)} (worst).`;
  return figure(
    html`Change of the scales as samples were added <span class="key accumulated">median tensor</span> <span class="key candidate">worst tensor</span>`,
    label,
    (plain) => {
      const size = withLimits(plain);
      const values = steps.flatMap((step) => [100 * fromNum(step.medianChange), 100 * fromNum(step.worstChange)]);
      const y = niceScale(0, extent(values)?.[1] ?? 1, size.height - size.bottom, size.top, 4);
      const x = niceScale(steps[0]?.samples ?? 0, last?.samples ?? 1, size.left, size.width - size.right, 5);
      const line = (pick: "medianChange" | "worstChange") =>
        steps.map((step) => `${x.at(step.samples)},${y.at(100 * fromNum(step[pick]))}`).join(" ");
      return html`${yAxis(y, size, "change, %")}${xAxis(x, size, "calibration samples")}${limitLines([{ y: y.at(1), words: "1 %", kind: "warn" }], size)}<polyline class="accumulated" points="${line("medianChange")}"/><polyline class="candidate" points="${line("worstChange")}"/>`;
    },
    chartSizes,
  );
}

const percent = (share: Num | undefined): string => (share === undefined ? "–" : `${round(100 * fromNum(share))} %`);
