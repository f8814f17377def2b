/** What a user of the model would notice, and which samples and entries say most: beside the figures, decided nowhere here. */
import type { SizeLimits } from "../detail-levels.ts";
import { formatMetric, metricLabel } from "../figures.ts";
import { code, escapeMarkdown } from "../markdown.ts";
import type { ModelReport } from "../schema.ts";

/** Empty where no output has a plain task, and where the model's line says all of it. */
export function harmLines(model: ModelReport, caps: SizeLimits): string {
  const [first, ...more] = model.harm ?? [];
  const isTold = model.task === null && more.length === 0 && (first?.message.length ?? 0) <= caps.nameLength;
  if (caps.messageLength === 0 || isTold) return "";
  const lines = (model.harm ?? [])
    .slice(0, 3)
    .map(({ output, message }) => `- ${code(output, caps.nameLength)}: ${escapeMarkdown(message, caps.messageLength)}`);
  return lines.length === 0 ? "" : ["**In the task's own terms**", "", ...lines].join("\n");
}

/** Samples that miss the limits by themselves, worst first; foreign words in it are raw. */
export const worstSampleWords = ({ outputs }: ModelReport): string | undefined =>
  outputs
    .flatMap(({ tensor, samplesWithin }) =>
      samplesWithin === undefined || samplesWithin.worst.length === 0
        ? []
        : [
            `${tensor}: ${samplesWithin.worst.map(({ sample, metric, value }) => `sample ${sample} ${metricLabel(metric)} ${formatMetric(metric, value)}`).join(", ")}`,
          ],
    )
    .slice(0, 5)
    .join("; ") || undefined;
