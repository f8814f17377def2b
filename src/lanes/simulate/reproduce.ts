/** Commands that do the same by hand. Only words: nothing here is run. */
import type { LaneJob } from "../../model/job.ts";
import { placementFlag } from "../../model/placement.ts";
import { besideCommands, type ReproductionFiles } from "../../model/reproduction.ts";
import { shapeFlags } from "../../model/shape-flags.ts";
import { shellLine } from "../../model/shell-word.ts";
import type { Sides } from "./quantized-pair.ts";
import type { unfiledSides } from "./side-models.ts";

type Told = Pick<Sides, "placement" | "comesAsQdq"> & { readonly unfiled: ReturnType<typeof unfiledSides> };

/**
 * The float side in ONNX Runtime, and what the candidate computes: the user's Q/DQ model, or a Q/DQ copy made from the scales. None where a side of a
 * Q/DQ model is in no file: the model itself is no reference, nor the candidate where units are kept.
 */
export function reproduceCommands(
  { sources, quantization, shapes }: LaneJob,
  { placement, comesAsQdq, unfiled }: Told,
  files: ReproductionFiles = besideCommands,
): string[] {
  const { place, models = {} } = files;
  if ((unfiled.reference && models.reference === undefined) || (unfiled.candidate && models.candidate === undefined)) return [];
  const run = (model: string, output: string) =>
    line(
      ...["polygraphy", "run", model, "--onnxrt", "--graph-optimization-level", "ORT_DISABLE_ALL"],
      ...["--load-inputs", place("inputs.json"), "--save-outputs", place(output)],
    );
  const model = sources?.model ?? "model.onnx";
  const cache = files.cache ?? sources?.cache ?? "model.cache";
  const keepFile = files.keep ?? sources?.keep;
  const keep = keepFile === undefined ? [] : ["--keep", keepFile];
  const isMade = comesAsQdq === undefined;
  const own = quantization.qdqPath === undefined ? model : (sources?.qdq ?? "model.qdq.onnx");
  const candidate = isMade ? place("model.qdq.onnx") : (models.candidate ?? own);
  return [
    run(models.reference ?? model, "reference.json"),
    ...(isMade
      ? [
          line(
            "trt-gate",
            "cache",
            "to-qdq",
            cache,
            model,
            ...placementFlag(placement?.scheme ?? "core"),
            ...shapeFlags(shapes),
            ...keep,
            "-o",
            candidate,
          ),
        ]
      : []),
    run(candidate, "candidate.json"),
    line("trt-gate", "compare", place("reference.json"), place("candidate.json")),
  ];
}

const line = (...words: readonly string[]): string => shellLine(words);
