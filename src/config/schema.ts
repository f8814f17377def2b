/**
 * The one source of `.github/trt-gate.yml`: names, types, ranges, defaults and texts. schema/config.schema.json is generated from it.
 * Rules between keys (one quantization source, `warn` before `fail`, expired waivers) are in the files that read each block.
 */

import { z } from "zod";
import { placementSchemes } from "../model/placement.ts";
import { limitsSchema, toleranceSchema } from "./tolerance-schema.ts";

const path = z.string().min(1);
const positive = z.number().gt(0);
const count = z.number().int().min(1);
const dims = z.array(z.number().int().min(1));

export const shapesSchema = z
  .record(
    z.string(),
    z.union([dims, z.strictObject({ min: dims, opt: dims, max: dims })], {
      error: "a list of whole numbers, e.g. [1, 3, 224, 224], or {min: […], opt: […], max: […]}",
    }),
  )
  .describe("Shapes of dynamic inputs: one list, or min, opt and max of a TensorRT profile.");

const quantization = z
  .strictObject({
    cache: path.optional().describe("TensorRT calibration cache."),
    data: path.optional().describe("Calibration samples: .npz, .npy, Polygraphy inputs JSON or a folder of them."),
    loader: path
      .optional()
      .describe(
        "Python file with load_data(), Polygraphy's convention. It runs in an empty folder and finds files below the variable TRT_GATE_WORKSPACE.",
      ),
    qdq: path.optional().describe("The same model with QuantizeLinear/DequantizeLinear."),
    algorithm: z.enum(["entropy", "minmax", "percentile"]).default("entropy").describe("How scales are chosen from data."),
    percentile: z.number().gt(50).max(100).default(99.999).describe("For algorithm percentile: share of values kept, in percent."),
    placement: z
      .enum(placementSchemes)
      .optional()
      .describe(
        "Where the gate puts Q/DQ of its own: as NVIDIA ModelOpt does, or core (inputs of convolutions and matrix products). Default: modelopt in the explicit lane, core where Q/DQ stands for an implicit engine (simulate, and the fix of the implicit lane).",
      ),
    "min-samples": count.default(500).describe("Fewer calibration samples give a warning."),
  })
  .describe("Where INT8 comes from: exactly one source; cache and data may stand together (data renews a stale cache).");

const random = z
  .strictObject({
    seed: z.number().int().min(0).default(0).describe("The same seed gives the same samples on every machine."),
    samples: count.default(16).describe("Number of samples."),
    low: z
      .number()
      .optional()
      .describe("Smallest value of every input. Default: 0, and for token ids, masks and the like what makes sense."),
    high: z.number().optional().describe("Largest value of every input, exclusive. Default: 1, as for low."),
  })
  .describe("Seeded uniform random inputs in [low, high). Real samples judge better.");

const validation = z
  .strictObject({
    data: path.optional().describe("Validation samples: .npz, .npy or a folder of them."),
    loader: path.optional().describe("Python file with load_data(), as quantization.loader."),
    inputs: path.optional().describe("Saved inputs JSON in Polygraphy's format."),
    random: random.optional(),
    // Enough for three sets of 24, below which nothing is proved (search/proof.ts), and some that a split leaves over.
    "max-samples": count.default(96).describe("At most this many samples. Below 72 (48 with calibration data) no fix can be proved."),
    overlap: z
      .enum(["refused", "allowed"])
      .default("refused")
      .describe("Whether validation samples may be calibration samples: refused, a pass on mostly those is undecided."),
    labels: path
      .optional()
      .describe("Label of each sample, for figures per class: a .npy of class indices, a JSON list, or a text file with one a line."),
  })
  .describe("Samples on which the two sides are compared: exactly one of data, loader, inputs, random.");

const task = z
  .strictObject({
    kind: z
      .enum(["classification", "segmentation", "detection"])
      .optional()
      .describe("What the outputs are, where their form does not say it: flipped samples, IoU of class maps or lost boxes are shown."),
    command: z.array(z.string()).min(1).optional().describe("Program and arguments; {outputs} is a folder with one .npz a sample."),
    metric: z.string().min(1).optional().describe("Key of the JSON object on the command's last line."),
    "max-drop": z.number().min(0).optional().describe("Largest allowed loss, reference minus candidate."),
  })
  .describe("A metric of your own, run once for each side.");

const waiver = z.strictObject({
  tensor: z.string().min(1).describe("Name or pattern (* and ?) of the tensor."),
  reason: z.string().min(1).describe("Why the loss is accepted; it stands in the report."),
  until: z.iso.date().describe("Last day, as in 2026-12-31. After it the waiver is an error."),
  owner: z.string().min(1).optional().describe("Who decides about it."),
});

const tensorrt = z
  .strictObject({
    "workspace-mib": positive.optional().describe("Memory limit of the builder, MiB."),
    "optimization-level": z
      .number()
      .int()
      .min(0)
      .max(5)
      .optional()
      .describe("The builder's optimization level; TensorRT's own without it."),
    plugins: z.array(path).default([]).describe("Plugin libraries: paths in the repository, or absolute paths of the machine's own."),
    "dla-core": z.number().int().min(0).optional().describe("Build for this DLA core; layers that it cannot run go to the GPU."),
    "version-compatible": z.boolean().default(false).describe("Build engines that later versions of TensorRT can load."),
    tf32: z.boolean().default(false).describe("Allow TF32, on both sides alike."),
    typing: z
      .enum(["auto", "weak", "strong"])
      .default("auto")
      .describe(
        "How Q/DQ engines are typed. weak: flags, and the builder chooses what has no Q/DQ. strong: the file's own types. auto: strong from TensorRT 10.12 on.",
      ),
    "mark-all": z.boolean().default(false).describe("Mark every tensor in one engine. Fast, but it changes what is measured."),
    "mark-batch": count.default(16).describe("Tensors marked in one engine."),
    "tactic-sources": z.enum(["default", "none"]).default("default").describe("none: no external tactic libraries."),
    "builder-check": z
      .enum(["auto", "off"])
      .default("auto")
      .describe(
        "auto: NVIDIA's strongly typed builder (TensorRT for RTX) parses and builds candidate and fix where the configured Python has it, in every lane and without a GPU.",
      ),
    ship: z
      .enum(["engine", "rebuild"])
      .default("engine")
      .describe(
        "What goes into production: the very engine that the gate built and judged, or one built anew from the same files. `rebuild` judges further builds with timings of their own; all must agree.",
      ),
    rebuilds: z.number().int().min(0).max(9).default(1).describe("For ship: rebuild, builds beside the first; at least one is made."),
    "min-int8-share": z
      .number()
      .min(0)
      .max(1)
      .default(0.1)
      .describe(
        "Least share of the compute layers with scales that must run in INT8 (or the FP8, FP4 or INT4 of their Q/DQ), as the engine inspector tells; fewer is undecided.",
      ),
  })
  .describe("Options of the TensorRT lanes.");

export const modelSchema = z.strictObject({
  name: z.string().min(1).optional().describe("Default: the file name."),
  path: path.describe("ONNX file or a glob."),
  "allow-empty": z.boolean().default(false).describe("A glob that matches nothing is fine."),
  watch: z.array(path).default([]).describe("Further files (globs) whose change means: check again."),
  shapes: shapesSchema.default({}),
  quantization: quantization.optional(),
  validation: validation.optional(),
  keep: z
    .union([path, z.array(z.string().min(1)).min(1)], { error: "a file, or a list of units or nodes, e.g. [Conv_12]" })
    .optional()
    .describe(
      "Units kept in higher precision: a file that `trt-gate fix REPORT --format keep` writes, or their names. Part of the candidate in every lane.",
    ),
  reference: z
    .union([z.enum(["fp16", "fp32", "onnxruntime"]), z.strictObject({ outputs: path })], {
      error: "fp16, fp32, onnxruntime or {outputs: FILE}",
    })
    .default("fp16")
    .describe(
      "What the candidate is compared with in the TensorRT lanes: an FP16 or FP32 engine, the float model in ONNX Runtime, or outputs saved for the same samples. The simulate lane compares with FP32.",
    ),
  engine: z
    .strictObject({
      reference: path.optional().describe("Plan of the reference."),
      candidate: path.optional().describe("Plan of the INT8 candidate."),
    })
    .optional()
    .describe(
      "Plans that an earlier step of the job built: judged as they are, that side is not built. A pull request cannot bring its own.",
    ),
  tolerance: toleranceSchema.prefault({}),
  task: task.optional(),
  latency: z
    .strictObject({
      "max-slowdown-vs-reference": positive
        .optional()
        .describe(
          "Largest latency of the candidate divided by the reference's, in the TensorRT lanes: beyond it is a regression. Without it a slower candidate is only advice.",
        ),
    })
    .prefault({})
    .describe("Limits on speed, in the TensorRT lanes."),
  waivers: z.array(waiver).default([]).describe("Reviewed exceptions."),
  baseline: z
    .union([z.boolean(), path], { error: "true, false or the file of a report" })
    .optional()
    .describe(
      "The base commit's figures beside this change's. Default: from a report of its very files where one lies in the report folder, else in the simulate lane by running its model where files of it changed. A file: a report to look into as well, e.g. one of the base branch. `true`: always measured, engines built in the same job. `false`: its model is never run. What changed is said in any case.",
    ),
  tensorrt: tensorrt.prefault({}),
});

export const searchSchema = z
  .strictObject({
    method: z.enum(["ranked", "bisect", "linear"]).default("ranked").describe("bisect and linear run polygraphy debug precision."),
    direction: z.enum(["forward", "reverse"]).default("forward").describe("For bisect and linear: first or last layers."),
    "budget-minutes": positive.default(20).describe("Time for the search; the best answer so far is reported."),
    "max-builds": count.default(30).describe("Most engine builds of one search."),
    precision: z.enum(["fp16", "fp32", "float16", "float32"]).default("fp16").describe("Precision of the kept units."),
    group: z
      .enum(["unit", "block"])
      .default("unit")
      .describe("What changes precision together: single units, or blocks as names or the shape of the graph tell them."),
  })
  .describe("Search for the units to keep in higher precision.");

export const configSchema = z
  .strictObject({
    version: z.literal(1).describe("Version of this format."),
    models: z.array(modelSchema).default([]).describe("What to check."),
    search: searchSchema.prefault({}),
  })
  .meta({ title: "TensorRT Accuracy Gate", description: "Configuration of the gate, .github/trt-gate.yml." });

export type ModelConfig = z.output<typeof modelSchema>;
export type QuantizationConfig = z.output<typeof quantization>;
export type ValidationConfig = z.output<typeof validation>;
export type SearchConfig = z.output<typeof searchSchema>;
export { limitsSchema };
