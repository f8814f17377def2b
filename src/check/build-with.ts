/** What a user's tools need to build as the gate did, as the report and the artefacts hold it. */
import { calibratorOf } from "../lanes/tensorrt/capabilities.ts";
import { buildWords } from "../lanes/tensorrt/reproduce.ts";
import type { ModelReport } from "../report/schema.ts";
import type { Prepared } from "./prepare.ts";

/** Also for `simulate`, whose fixes are for engines as well. */
export function buildWith({ job, quantization }: Pick<Prepared, "job" | "quantization">): NonNullable<ModelReport["buildWith"]> {
  const word = quantization.cacheHeader?.split("-").at(-1);
  const { polygraphy, trtexec } = buildWords(job, job.shapes, word === undefined ? undefined : calibratorOf(word));
  return { polygraphy: [...polygraphy], trtexec: trtexec ? [...trtexec] : null };
}
