/** Which Q/DQ file the explicit lane builds: the one given, the model itself, or one made from the model's scales. */
import { ConfigError } from "../../effects/failure.ts";
import type { LaneJob } from "../lane.ts";
import type { ModelFacts } from "./model-facts.ts";

/** ConfigError where nothing says how to quantise. */
export async function qdqModel(job: LaneJob, own: ModelFacts): Promise<string> {
  if (job.quantization.qdqPath !== undefined) return job.quantization.qdqPath;
  if (own.holdsQdq) return job.modelPath;
  throw new ConfigError(`The explicit lane needs a Q/DQ model of '${job.name}'. Give 'qdq', or a 'cache' or 'data', in its 'quantization'.`);
}
