/** Commands that do the same by hand. Only words: nothing here is run. */
import type { LaneJob } from "../../model/job.ts";
import { type PlacementScheme, placementFlag } from "../../model/placement.ts";
import { besideCommands, type ReproductionFiles } from "../../model/reproduction.ts";
import { shellLine } from "../../model/shell-word.ts";

/** The float side in ONNX Runtime, and a Q/DQ copy of the model that computes what the candidate computes. */
export function reproduceCommands(
  { sources, quantization }: LaneJob,
  scheme: PlacementScheme,
  files: ReproductionFiles = besideCommands,
): string[] {
  const { place } = files;
  const run = (model: string, output: string) =>
    line(
      ...["polygraphy", "run", model, "--onnxrt", "--graph-optimization-level", "ORT_DISABLE_ALL"],
      ...["--load-inputs", place("inputs.json"), "--save-outputs", place(output)],
    );
  const model = sources?.model ?? "model.onnx";
  const cache = files.cache ?? sources?.cache ?? "model.cache";
  const keep = sources?.keep === undefined ? [] : ["--keep", sources.keep];
  const isMade = quantization.qdqPath === undefined;
  const candidate = isMade ? place("model.qdq.onnx") : (sources?.qdq ?? "model.qdq.onnx");
  return [
    run(model, "reference.json"),
    ...(isMade ? [line("trt-gate", "cache", "to-qdq", cache, model, ...placementFlag(scheme), ...keep, "-o", candidate)] : []),
    run(candidate, "candidate.json"),
    line("trt-gate", "compare", place("reference.json"), place("candidate.json")),
  ];
}

const line = (...words: readonly string[]): string => shellLine(words);
