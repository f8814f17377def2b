/**
 * report.json: the one result. Comment, summary, HTML and annotations are pure renderings of it; `schema/report.schema.json` is generated from this.
 * A number that JSON cannot hold is one of the strings "Infinity", "-Infinity", "NaN".
 */

import { z } from "zod";
import { levels } from "../gate/levels.ts";
import { perMetric } from "../measure/metrics.ts";
import { placementSchemes } from "../model/placement.ts";

const num = z.union([z.number(), z.enum(["Infinity", "-Infinity", "NaN"])]);
export type Num = z.infer<typeof num>;

/** What JSON cannot hold becomes its name. */
export const toNum = (value: number): Num =>
  Number.isFinite(value) ? value : Number.isNaN(value) ? "NaN" : value > 0 ? "Infinity" : "-Infinity";

/** The inverse of `toNum`. */
export const fromNum = (value: Num): number => Number(value);

/** A later version may know more. */
const metrics = z.object(perMetric(() => num.optional())).catchall(num.optional());
const summary = z.object({ min: num, max: num, mean: num, std: num });
export const level = z.enum(levels);
const verdictKind = z.enum(["pass", "regression", "undecided"]);

/**
 * One figure against one limit. `limit` is the fail limit, the warn limit where there is no other; `margin` is the distance to it in the metric's own
 * unit, negative beyond it, `marginDb` the same in dB of error, in which margins of different metrics are compared.
 */
const of = z.enum(["tensor", "score", "baseline", "samples", "entry"]);
const check = z.object({
  metric: z.string(),
  of,
  /** A part of the tensor, or an entry along an axis, and where it lies; absent for the whole. */
  part: z.string().optional(),
  where: z.string().optional(),
  value: num.optional(),
  limit: num,
  warnLimit: num.optional(),
  margin: num.optional(),
  marginDb: num.optional(),
  level,
  /** What 512 fresh samples would give, nine times of ten; and where it holds the limit how many samples would settle it. */
  interval: z.object({ low: num, high: num, holdsLimit: z.boolean(), settledBy: z.number().int().optional() }).optional(),
});
export type CheckReport = z.infer<typeof check>;

/** `limits`: what this tensor was judged by. `margin`: distance to the nearest `fail` limit in that metric's unit, negative beyond it. */
const measured = z.object({
  tensor: z.string(),
  metrics,
  reference: summary,
  candidate: summary.optional(),
  level,
  samples: z.number().int(),
  elements: z.number().int(),
  order: z.number().int().optional(),
  node: z.string().optional(),
  opType: z.string().optional(),
  unit: z.string().optional(),
  limits: z.partialRecord(z.string(), z.object({ fail: num.optional(), warn: num.optional() })).optional(),
  decidedBy: z.object({ metric: z.string(), of, value: num, limit: num, margin: num }).optional(),
  /** Everything that this tensor was judged by, worst first. */
  checks: z.array(check).optional(),
  /** `index`: class numbers, positions or truth values, which are equal or not; `quantity` where it is absent. */
  kind: z.enum(["quantity", "index"]).optional(),
  /** What the output is joined from, each measured by itself. */
  parts: z
    .array(
      z.object({
        name: z.string(),
        where: z.string(),
        kind: z.enum(["quantity", "index"]).optional(),
        elements: z.number().int(),
        metrics,
        scoreMetrics: metrics.optional(),
        scoreKind: z.string().optional(),
        clampedShare: num.optional(),
        reference: summary,
        candidate: summary,
        level,
      }),
    )
    .optional(),
  /** Of an output without parts: figures by entry along one axis, in order. `weight`: the entry's mean magnitude by the whole's. */
  entries: z.object({ axis: z.number().int(), worst: z.number().int(), sqnrDb: z.array(num), weight: z.array(num) }).optional(),
  /** Samples that meet the fail limits by themselves, and the worst of the others by index. */
  samplesWithin: z
    .object({
      within: z.number().int(),
      counted: z.number().int(),
      worst: z.array(z.object({ sample: z.number().int(), metric: z.string(), value: num })),
      /** More than 10 dB of error beyond a limit, worst first. */
      ruined: z.array(z.number().int()).optional(),
    })
    .optional(),
  scoreMetrics: metrics.optional(),
  scoreKind: z.string().optional(),
  clampedShare: num.optional(),
  spread: z.object({ sqnrDbSd: num, cosineSd: num, worstShare: num, worst3Share: num }).optional(),
  /** Layers: error this layer adds by itself (float operation on the candidate's inputs against the candidate's output). */
  injected: metrics.optional(),
  /** Layers of units that the search tried: SQNR at the output with only this unit quantised, and its part of all such errors. */
  atOutput: z.object({ sqnrDb: num, share: z.number() }).optional(),
  executedPrecision: z.string().optional(),
  baseline: metrics.optional(),
  perClass: z.array(z.object({ label: z.string(), samples: z.number().int(), metrics })).optional(),
  fault: z.string().optional(),
  note: z.string().optional(),
  waiver: z.string().optional(),
  /** Values of both sides counted in equal bins from `low` to `high`, for the page. */
  histogram: z
    .object({
      low: num,
      high: num,
      reference: z.array(z.number().int()),
      candidate: z.array(z.number().int()),
      /** Largest value that the tensor's quantiser holds, and the share of the reference's values beyond what it holds. */
      clip: num.optional(),
      /** Smallest value that it holds, where that is not `-clip`; an infinite end is an activation's that the exporter left out. */
      clipLow: num.optional(),
      saturatedShare: num.optional(),
    })
    .optional(),
  /** Of suspicious layers: the tensor that it reads, whose histogram shows what its scale clips. */
  reads: z.string().optional(),
  /** Of suspicious layers: smallest and largest weight by output channel, in order; of neighbouring channels together where there are many. */
  weightRange: z.object({ channels: z.number().int(), low: z.array(num), high: z.array(num) }).optional(),
});
export type MeasuredTensor = z.infer<typeof measured>;

const unit = z.object({
  unit: z.string(),
  nodes: z.array(z.string()),
  layers: z.array(z.string()),
  opType: z.string().optional(),
  inputs: z.array(z.string()).optional(),
  output: z.string().optional(),
  /** Other nodes that lose their Q/DQ with it. */
  followers: z.array(z.string()).optional(),
});
export type KeptUnit = z.infer<typeof unit>;

const probe = z.object({
  n: z.number().int(),
  phase: z.string(),
  ranking: z.string().optional(),
  /** Samples: "search" chose, "accept" proved, "all" are those of the verdict. */
  half: z.enum(["search", "accept", "all"]),
  keep: z.array(z.string()),
  kept: z.number().int(),
  kind: z.enum(["measured", "unknown"]),
  passes: z.boolean().optional(),
  sqnrDb: num.optional(),
  margin: num.optional(),
  sdDb: num.optional(),
  /** Lower end of the margin's interval over samples. */
  low: num.optional(),
  /** The figure that `margin` and `low` are about, in words with its limit. */
  nearest: z.string().optional(),
  seconds: z.number(),
  latencyMs: num.optional(),
  note: z.string().optional(),
  why: z.string().optional(),
});
const advice = z.object({ rule: z.string(), text: z.string(), evidence: z.record(z.string(), z.union([z.number(), z.string()])) });

/** What a number of kept units gives: measured on the samples that chose, or predicted from the errors of single units. dB; `low` and `high` bound `sqnrDb`. */
const curvePoint = z.object({
  kept: z.number().int(),
  by: z.enum(["measured", "predicted"]),
  sqnrDb: num,
  low: num,
  high: num,
  margin: num,
  /** Lower end of the margin's 90 % interval, and the figure that it is about, in words with its limit; absent in reports of before. */
  marginLow: num.optional(),
  nearest: z.string().optional(),
  latencyMs: num.optional(),
});

const search = z.object({
  method: z.enum(["ranked", "bisect", "linear"]),
  outcome: z.enum(["found", "prefix", "diffuse", "nothing-needed", "not-confirmed", "budget", "tool-failing", "premise-fails", "none"]),
  message: z.string(),
  units: z.number().int(),
  unitTable: z.array(unit),
  rankings: z.array(z.object({ name: z.string(), order: z.array(z.string()), probes: z.number().int(), seconds: z.number() })),
  probes: z.array(probe),
  prefix: z.array(z.object({ ranking: z.string(), length: z.number().int().nullable() })),
  keep: z.array(unit),
  oneMinimal: z.boolean(),
  heldOut: z.object({ passes: z.boolean(), sqnrDb: num, margin: num, nearest: z.string().optional() }).nullable(),
  /** What samples showed on which nothing was searched; they were asked once. `neededSamples`: validation samples in all that would settle it. */
  proof: z
    .object({
      state: z.enum(["proved", "likely", "missed", "none"]),
      samples: z.number().int(),
      sqnrDb: num.optional(),
      margin: num.optional(),
      low: num.optional(),
      /** The figure that `margin` and `low` are about, in words with its limit: often another than `sqnrDb`. */
      nearest: z.string().optional(),
      neededSamples: z.number().int().optional(),
      /** Which validation samples they were. */
      indices: z.array(z.number().int()).optional(),
      message: z.string(),
    })
    .optional(),
  /** Samples that ranked, chose and proved; `apart`: three sets that do not meet. */
  samples: z
    .object({ all: z.number().int(), rank: z.number().int(), choose: z.number().int(), prove: z.number().int(), apart: z.boolean() })
    .optional(),
  /** Units in the order in which they deserve higher precision, and a point for each number of them. */
  curve: z.object({ order: z.array(z.string()), points: z.array(curvePoint) }).optional(),
  /** SQNR at the output with only this unit (or block) quantised, and its part of the sum of all such errors, 0 to 1. */
  gains: z.array(z.object({ unit: z.string(), sqnrDb: num, share: z.number() })).optional(),
  builds: z.number().int(),
  seconds: z.number(),
  seed: z.number().int(),
  precision: z.enum(["float16", "float32"]),
  /** Network layers marked by `debug precision` (bisect, linear). */
  layersMarked: z.number().int().optional(),
  layersTotal: z.number().int().optional(),
});

const fix = z.object({
  files: z.array(
    z.object({
      format: z.string(),
      path: z.string(),
      command: z.string(),
      /** Puts the fixed Q/DQ model in the place of the repository's own and commits it. */
      commit: z.string().optional(),
      leftOut: z.array(z.object({ name: z.string(), why: z.string() })),
    }),
  ),
  /** A line of the configuration that does the same as the patch: what stands at `line` afterwards, and now (`replaces`). */
  suggestion: z
    .object({ file: z.string(), line: z.number().int(), lines: z.array(z.string()), replaces: z.string().optional() })
    .optional(),
  /** What proves it: "engine" (fresh TensorRT builds) or "simulated"; `outputs` are judged on held-out samples. */
  verified: z
    .object({
      by: z.enum(["engine", "simulated"]),
      passes: z.boolean(),
      builds: z.number().int(),
      /** The format whose very file was built, and whether its network was strongly typed; nothing where no engine was. */
      form: z.object({ format: z.string(), typed: z.boolean() }).optional(),
      message: z.string(),
      /** What the proof does not say: the caveats of a check on all validation samples with these units kept (gate/caveats.ts), or the reason why that is no pass. */
      caveats: z.array(z.object({ reason: z.string(), message: z.string() })).optional(),
      outputs: z.array(measured),
    })
    .nullable(),
  latency: z
    .object({
      referenceMs: num.optional(),
      candidateMs: num.optional(),
      fixedMs: num.optional(),
      slowdownVsReference: num.optional(),
      pointless: z.boolean(),
      message: z.string(),
    })
    .nullable(),
});

export const modelReport = z.object({
  name: z.string(),
  path: z.string(),
  sha256: z.string(),
  /** `saved`: no lane made the tensors; `trt-gate compare` read them from files. */
  lane: z.enum(["simulate", "implicit", "explicit", "saved"]),
  laneWhy: z.string(),
  /** What the candidate of an engine lane was compared with; absent in other lanes and in older reports. */
  reference: z.enum(["fp16", "fp32", "onnxruntime", "saved", "plan"]).optional(),
  status: z.enum(["checked", "removed", "failed"]),
  verdict: verdictKind,
  reason: z.string(),
  message: z.string(),
  /** What the figures do not say (gate/caveats.ts); also in `message`. */
  caveats: z.array(z.object({ reason: z.string(), message: z.string() })).optional(),
  /** What NVIDIA's strongly typed builder said, where it is installed. */
  builderCheck: z
    .object({
      builder: z.string(),
      answers: z.array(
        z.object({ what: z.enum(["candidate", "fix"]), answer: z.enum(["taken", "refused", "no-answer"]), message: z.string().optional() }),
      ),
    })
    .optional(),
  outputs: z.array(measured),
  layers: z.array(measured),
  coverage: z.object({
    referenceTensors: z.number().int(),
    candidateTensors: z.number().int(),
    compared: z.number().int(),
    onlyReference: z.array(z.string()),
    onlyCandidate: z.array(z.string()),
    /** What can change precision by itself, units that a file keeps included: as `inspect` counts them. */
    units: z.number().int().optional(),
    /** Compute nodes that run quantised, and all. */
    quantizedUnits: z.number().int(),
    totalUnits: z.number().int(),
    /** Quantised nodes that are no compute nodes, by operator. */
    quantizedOthers: z.record(z.string(), z.number().int()).optional(),
    /**
     * Units with scales, by what the judged engine ran them in. `int8`: in what their scales ask for, which `precision` names where it is not INT8 for all;
     * `unknown`: the engine inspector does not say.
     */
    int8Units: z
      .object({ int8: z.number().int(), precision: z.string().optional(), other: z.number().int(), unknown: z.number().int() })
      .optional(),
    missingScales: z.array(z.string()),
    /** Quantisers that no unit holds: their error stays with every unit kept. */
    heldByNoUnit: z.array(z.string()).optional(),
    /** Compute nodes inside bodies of If, Loop and Scan; counted in both figures above. */
    bodies: z.object({ total: z.number().int(), quantized: z.array(z.string()), float: z.array(z.string()) }).optional(),
    /** Compute nodes of kinds that the gate does not quantise and that no Q/DQ feeds (LSTM, Einsum …); counted among all units. */
    floatKinds: z.array(z.string()).optional(),
    variant: z.string(),
    droppedMarks: z.array(z.string()),
  }),
  /** Noise floor: rebuilds and what they moved; `markingDb`: SQNR of the marked engine's output against the plain one's. */
  noise: z.object({
    deterministic: z.boolean(),
    rebuilds: z.number().int(),
    guardDb: num,
    betweenBuildsDb: z.array(num),
    votes: z.array(verdictKind),
    repeatIdentical: z.boolean().nullable(),
    markingDb: num.nullable(),
    message: z.string(),
  }),
  firstFailing: z.string().nullable(),
  /** Layer tensors, worst injected error first. */
  worst: z.array(
    z.object({
      tensor: z.string(),
      node: z.string(),
      opType: z.string(),
      injectedSqnrDb: num.nullable(),
      accumulatedSqnrDb: num.nullable(),
      unit: z.string().optional(),
      /** At the output, with only this unit quantised; and its part of all such errors. */
      outputSqnrDb: num.optional(),
      outputShare: z.number().optional(),
    }),
  ),
  quantization: z.object({
    source: z.string(),
    algorithm: z.string(),
    samples: z.number().int().nullable(),
    cacheHeader: z.string().nullable(),
    /** What the candidate computes in: INT8, FP8, INT4, or several joined by "and"; absent where that is not known. */
    precision: z.string().optional(),
    stale: z.string().nullable(),
    /** Where Q/DQ that the gate makes goes, with the ids of the compute nodes that the scheme leaves in float; absent where the model brings its own. */
    placement: z.object({ scheme: z.enum(placementSchemes), left: z.array(z.string()) }).optional(),
    /** Relative change of the scales (0.01 is 1 %) when the calibration grew to so many samples. */
    convergence: z.array(z.object({ samples: z.number().int(), medianChange: num, worstChange: num })).optional(),
  }),
  validation: z.object({
    source: z.string(),
    samples: z.number().int(),
    /** Samples that differ in content, and samples that are calibration samples too; absent where that is not known. */
    distinct: z.number().int().optional(),
    inCalibration: z.number().int().optional(),
    /** Why they say little, a clause each. */
    weak: z.array(z.string()).optional(),
  }),
  search: search.nullable(),
  fix: fix.nullable(),
  advice: z.array(advice),
  /** Hash of everything that the figures rest on (files, settings, lane, tools): equal ones are figures of the same. Absent where loaders make samples. */
  inputsSha256: z.string().optional(),
  /** What the base commit's model gave, and in `causes` what of the model's files changed since, in words. */
  baseline: z
    .object({
      commit: z.string(),
      /** What people call it: `main`, `the last commit`. */
      name: z.string().optional(),
      /** `same`: no file of the model changed, so its figures are the model's; `new`: the base has no such model; `unknown`: `message` says why. Measured where it is absent. */
      source: z.enum(["measured", "report", "same", "new", "unknown"]).optional(),
      /** By the limits of this run; null without figures. */
      verdict: verdictKind.nullable(),
      outputs: z.array(measured),
      message: z.string(),
      inputsSha256: z.string().optional(),
      causes: z.array(z.string()).optional(),
      /** Scales of the calibration cache or of Q/DQ nodes that moved, largest factor first; `ratio`: new by old. */
      scales: z.array(z.object({ tensor: z.string(), ratio: z.number() })).optional(),
    })
    .nullable(),
  /** What a user of the model would notice, by output: flipped samples, lost boxes, class maps. It decides nothing. */
  harm: z
    .array(
      z.object({
        kind: z.enum(["classification", "segmentation", "detection"]),
        output: z.string(),
        message: z.string(),
        flipped: z.array(z.object({ sample: z.number().int(), from: z.number(), to: z.number() })).optional(),
        meanIou: z.number().optional(),
        classes: z.array(z.object({ label: z.number(), iou: z.number() })).optional(),
        boxes: z
          .object({
            reference: z.number().int(),
            candidate: z.number().int(),
            both: z.number().int(),
            meanIou: z.number().optional(),
          })
          .optional(),
      }),
    )
    .optional(),
  task: z.object({ metric: z.string(), reference: num, candidate: num, drop: num, maxDrop: num, passes: z.boolean() }).nullable(),
  executed: z.array(z.object({ layer: z.string(), nodes: z.array(z.string()), precision: z.string(), layerType: z.string() })),
  builds: z.array(
    z.object({
      what: z.string(),
      seconds: z.number(),
      latencyMs: num.optional(),
      notes: z.array(z.string()),
      /** Engine layers by the precision that they ran in, as the engine inspector tells. */
      precisions: z.record(z.string(), z.array(z.string())).optional(),
    }),
  ),
  /** Engines timed in alternating rounds of one process; nothing in lanes without engines. `message` says why there are none where it failed. */
  latency: z
    .object({
      /** Median and percentiles over the rounds, in milliseconds of the GPU. `reference` is the FP16 engine, whatever the outputs are compared with. */
      engines: z.array(
        z.object({
          role: z.enum(["reference", "candidate", "fix"]),
          what: z.string(),
          medianMs: num,
          p05Ms: num,
          p95Ms: num,
          /** Time divided by the reference's in the same round. */
          vsReference: z.object({ median: num, p05: num, p95: num }).optional(),
          /** Faster or slower than the reference in 95 of 100 rounds, or neither. */
          speed: z.enum(["faster", "as-fast", "slower"]).optional(),
        }),
      ),
      rounds: z.number().int().optional(),
      usedGraphs: z.boolean().optional(),
      /** Read while the engines ran; null where the GPU does not say. */
      smClockMHz: z.object({ min: z.number(), max: z.number() }).nullable().optional(),
      throttle: z.string().optional(),
      message: z.string(),
    })
    .optional(),
  /** The FP16 engine against the reference, where that is another one: is FP16 the better ship? */
  half: z.object({ verdict: verdictKind, message: z.string(), outputs: z.array(measured), latencyMs: num.optional() }).optional(),
  /** Engines that the verdict is about, and the timing cache of their builds. `path`: in the report's folder; `why`: why it is not there. */
  engines: z
    .array(
      z.object({
        role: z.enum(["timing-cache", "reference", "candidate", "fix"]),
        sha256: z.string(),
        sizeBytes: z.number().int(),
        path: z.string().optional(),
        why: z.string().optional(),
      }),
    )
    .optional(),
  warnings: z.array(z.string()),
  /** Commands that measure the same with other tools, in the order of running, in the workspace. */
  reproduce: z.array(z.string()),
  /** The same as one script, and the files beside it; relative to the report's folder. */
  reproduction: z.object({ script: z.string(), command: z.string(), files: z.array(z.string()) }).optional(),
  /** Words that each tool needs to build as the gate did: shapes, builder options, the cache's calibrator. Null: the tool cannot, for its cache or an input's name. */
  buildWith: z
    .object({
      polygraphy: z.array(z.string()),
      trtexec: z.array(z.string()).nullable(),
      /** As `trt-gate --shapes` takes them. */
      shapes: z.array(z.string()).optional(),
      /** Calibration cache of scales that the gate made, beside the fix's files; and what has to be known of it. */
      cache: z.string().optional(),
      note: z.string().optional(),
    })
    .optional(),
  timings: z.record(z.string(), z.number()),
  toolTail: z.array(z.string()),
  /** Units that the repository already keeps in higher precision: they are part of the candidate. `file`: what says so. */
  kept: z
    .object({
      file: z.string(),
      precision: z.enum(["float16", "float32"]),
      units: z.array(unit),
      /** Whether `file` is as the commit has it that was checked: what is not committed was not reviewed. */
      committed: z.boolean().optional(),
      /** Whether the base keeps the same units by the very same file, by another state of it, or not by it: only what stands on the base was reviewed. */
      atBase: z.enum(["same", "changed", "none"]).optional(),
    })
    .optional(),
  /** The model's entry of the configuration as it was written, without defaults. */
  entry: z.record(z.string(), z.unknown()).optional(),
  /** Place in the configuration, for annotations. */
  place: z.object({ file: z.string(), line: z.number().int() }).optional(),
});
export type ModelReport = z.infer<typeof modelReport>;

export const reportSchema = z.object({
  schemaVersion: z.literal(1),
  tool: z.object({ name: z.literal("trt-gate"), version: z.string(), commit: z.string() }),
  environment: z.object({
    createdAt: z.string(),
    os: z.string(),
    node: z.string(),
    onnxruntime: z.string().nullable(),
    tensorrt: z.string().nullable(),
    polygraphy: z.string().nullable(),
    python: z.string().nullable(),
    gpu: z.string().nullable(),
    driver: z.string().nullable(),
    runner: z.string().nullable(),
    repository: z.string().nullable(),
    headSha: z.string().nullable(),
    baseSha: z.string().nullable(),
    event: z.string().nullable(),
    runUrl: z.string().nullable(),
    jobKey: z.string(),
    seed: z.number().int(),
  }),
  complete: z.boolean(),
  verdict: verdictKind,
  reason: z.string(),
  exitCode: z.number().int(),
  /** Why these models: "changed since …", "all: no base". */
  selection: z.object({ why: z.string(), unchanged: z.array(z.string()), removed: z.array(z.string()), uncertain: z.boolean() }),
  models: z.array(modelReport),
  notices: z.array(z.string()),
  seconds: z.number(),
});
export type Report = z.infer<typeof reportSchema>;
