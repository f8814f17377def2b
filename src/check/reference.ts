/** What a model's candidate was compared with, as the report has it. */
import type { Prepared } from "../prepare/prepare-model.ts";
import type { ModelReport } from "../report/schema.ts";

/** Nothing in the simulate lane, which always compares with FP32. A given plan stands for whatever reference is asked for. */
export function referenceReport({ lane, job }: Pick<Prepared, "lane" | "job">): Pick<ModelReport, "reference"> {
  if (lane.lane === "simulate") return {};
  return { reference: job.plans?.reference === undefined ? (job.reference?.kind ?? "fp16") : "plan" };
}
