/** Commands that do the same by hand. Only words: nothing here is run. */
import type { LaneJob } from "../../model/job.ts";
import type { Assignment } from "../../model/unit.ts";
import { quote } from "../tensorrt/quote.ts";

/** The float side in ONNX Runtime, and a Q/DQ copy of the model that computes what the candidate computes. */
export function reproduceCommands({ sources, quantization }: LaneJob, assignment: Assignment): string[] {
  const run = (model: string, output: string) =>
    [
      "polygraphy",
      "run",
      model,
      "--onnxrt",
      "--graph-optimization-level",
      "ORT_DISABLE_ALL",
      "--load-inputs",
      "inputs.json",
      "--save-outputs",
      output,
    ]
      .map(quote)
      .join(" ");
  const model = sources?.model ?? "model.onnx";
  const kept =
    assignment.keep.size === 0 ? "" : `  # then remove the Q/DQ of ${assignment.keep.size} units: trt-gate fix report.json --format qdq`;
  const made = ["trt-gate", "cache", "to-qdq", sources?.cache ?? "model.cache", model, "-o", "model.qdq.onnx"].map(quote).join(" ");
  const isMade = quantization.qdqPath === undefined;
  return [
    run(model, "reference.json"),
    ...(isMade ? [`${made}${kept}`] : []),
    run(isMade ? "model.qdq.onnx" : (sources?.qdq ?? "model.qdq.onnx"), "candidate.json"),
    "trt-gate compare reference.json candidate.json",
  ];
}
