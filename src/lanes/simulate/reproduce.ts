/** Commands that do the same by hand. Only words: nothing here is run. */
import type { Assignment, LaneJob } from "../lane.ts";

/** The float side in ONNX Runtime, and a Q/DQ copy of the model that computes what the candidate computes. */
export function reproduceCommands(job: LaneJob, assignment: Assignment): string[] {
  const options = "--onnxrt --graph-optimization-level ORT_DISABLE_ALL --load-inputs inputs.json";
  const kept =
    assignment.keep.size === 0 ? "" : `  # then remove the Q/DQ of ${assignment.keep.size} units: trt-gate fix report.json --format qdq`;
  const candidate = job.quantization.qdqPath === undefined ? [`trt-gate cache to-qdq model.cache model.onnx -o model.qdq.onnx${kept}`] : [];
  return [
    `polygraphy run model.onnx ${options} --save-outputs reference.json`,
    ...candidate,
    `polygraphy run model.qdq.onnx ${options} --save-outputs candidate.json`,
    "trt-gate compare reference.json candidate.json",
  ];
}
