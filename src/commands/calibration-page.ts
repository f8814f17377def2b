/** The HTML page of one calibration: how the scales converged and what they are. Self-contained, reads without script. */

import type { Calibration } from "../lanes/simulate/calibrate-model.ts";
import { plural } from "../model/plural.ts";
import { convergenceChart } from "../report/html/charts/convergence.ts";
import { contentSecurityPolicy } from "../report/html/csp.ts";
import { html, Markup } from "../report/html/markup.ts";
import { chapter, facts, tableOf } from "../report/html/parts.ts";
import { style } from "../report/html/style.ts";
import { plainLine } from "../report/text.ts";

export interface CalibrationPage {
  readonly model: string;
  readonly sha256: string;
  readonly data: string;
  readonly cache: string;
  readonly calibration: Calibration;
}

/** More are in the cache itself. */
const mostRows = 500;

/** The whole document. At most `mostRows` scales. */
export function renderCalibration({ model, sha256, data, cache, calibration }: CalibrationPage): string {
  const { algorithm, samples, scales, allZero, convergence } = calibration;
  const title = `${scales.size} scales of ${plainLine(model, 80)}`;
  const rows = [...scales]
    .slice(0, mostRows)
    .map(([tensor, scale]) => [plainLine(tensor), scale.toPrecision(4), (scale * 127).toPrecision(4)]);
  const about = facts([
    ["Model", html`<code>${plainLine(model)}</code>, SHA-256 <code>${sha256}</code>`],
    ["Samples", `${samples} from ${plainLine(data)}`],
    ["Algorithm", algorithm],
    ["Cache", html`<code>${plainLine(cache)}</code>`],
    ...(allZero.length > 0
      ? [
          [
            "Without a scale",
            `${plural(allZero.length, "tensor")} that ${allZero.length === 1 ? "was" : "were"} always zero: ${allZero
              .slice(0, 20)
              .map((name) => plainLine(name))
              .join(", ")}`,
          ] as const,
        ]
      : []),
  ]);
  const columns = [{ head: "tensor" }, { head: "scale", number: true }, { head: "amax", number: true }];
  const body = html`<header><h1>${title}</h1></header><main id="main">${chapter("Calibration", about)}${chapter("Convergence", convergenceChart([...convergence]))}${chapter("Scales", tableOf("Scale and largest represented magnitude of each tensor", columns, rows))}</main>`;
  const head = html`<head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="${new Markup(contentSecurityPolicy)}"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><style>${new Markup(style)}</style></head>`;
  return `<!doctype html>\n${html`<html lang="en">${head}<body>${body}</body></html>`.text}\n`;
}
