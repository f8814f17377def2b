/**
 * Sample reports with the shapes and figures of the recorded text-direction classifier (test/fixtures/tensorrt-8.6.1-h100).
 * Layer figures between the measured ones are drawn by a formula; nothing here is a measurement.
 */
import { checkLimits } from "../../src/gate/checks.ts";
import type { CheckReport, KeptUnit, MeasuredTensor, ModelReport, Report } from "../../src/report/schema.ts";

export type Search = NonNullable<ModelReport["search"]>;
export type Fix = NonNullable<ModelReport["fix"]>;

/** Output tensors of the classifier's 54 compute nodes in topological order, BatchNormalization folded. */
const plainConvs = new Map([
  [3, 55],
  [4, 56],
  [14, 63],
  [15, 64],
  [19, 67],
  [20, 68],
  [24, 71],
  [25, 72],
  [29, 75],
  [30, 76],
  [34, 79],
  [35, 80],
  [39, 83],
  [40, 84],
  [44, 87],
  [45, 88],
  [49, 91],
  [50, 92],
]);
let norms = 0;
const tensorNames: readonly string[] = Array.from({ length: 54 }, (_, i) => {
  if (i === 53) return "p2o.MatMul.1";
  const conv = plainConvs.get(i);
  return conv === undefined ? `batch_norm_${norms++}.tmp_3` : `conv2d_${conv}.tmp_0`;
});
const nodeName = (i: number) => (i === 53 ? "p2o.MatMul.0" : `p2o.Conv.${i}`);
const opType = (i: number) => (i === 53 ? "MatMul" : "Conv");
const unitId = (i: number) => `${opType(i)}:${tensorNames[i]}`;

export const sampleUnit = (i: number): KeptUnit => ({
  unit: unitId(i),
  nodes: [nodeName(i)],
  layers: [],
  opType: opType(i),
  inputs: [`input_of_${nodeName(i)}`],
  output: tensorNames[i] ?? "",
});

export function sampleTensor(overrides: Partial<MeasuredTensor> = {}): MeasuredTensor {
  const tensor = plainTensor(overrides);
  return { checks: sampleChecks(tensor), ...tensor };
}

/** The decision that a test names, and every limit of the tensor besides it. */
function sampleChecks({ metrics, limits = {}, decidedBy, level }: MeasuredTensor): CheckReport[] {
  const values = Object.fromEntries(Object.entries(metrics).map(([name, value]) => [name, Number(value)]));
  const fails = Object.fromEntries(Object.entries(limits).map(([name, limit]) => [name, { fail: Number(limit?.fail) }]));
  const others = checkLimits(values, fails, "tensor").filter(({ metric, of }) => metric !== decidedBy?.metric || of !== decidedBy.of);
  return [...(decidedBy === undefined ? [] : [{ ...decidedBy, marginDb: decidedBy.margin, level }]), ...others];
}

function plainTensor(overrides: Partial<MeasuredTensor>): MeasuredTensor {
  return {
    tensor: "softmax_0.tmp_0",
    metrics: { sqnrDb: 18.42, cosine: 0.99642, maxAbs: 0.0921, meanAbs: 0.0184, maxRel: 6.31, meanRel: 0.214, top1Agreement: 1 },
    reference: { min: 0.0021, max: 0.9979, mean: 0.5, std: 0.4127 },
    candidate: { min: 0.0044, max: 0.9956, mean: 0.5, std: 0.4031 },
    level: "fail",
    samples: 8,
    elements: 16,
    limits: { sqnrDb: { fail: 20, warn: 25 }, cosine: { fail: 0.997 } },
    decidedBy: { metric: "sqnrDb", of: "tensor", value: 18.42, limit: 20, margin: -1.58 },
    scoreMetrics: { sqnrDb: 8.91, cosine: 0.9374 },
    scoreKind: "softmax",
    clampedShare: 0.0625,
    spread: { sqnrDbSd: 2.6, cosineSd: 0.0021, worstShare: 0.46, worst3Share: 0.85 },
    ...overrides,
  };
}

/** One layer: injected error from a fixed pattern with the two measured culprits, accumulated error falling along the network. */
export function sampleLayer(i: number, overrides: Partial<MeasuredTensor> = {}): MeasuredTensor {
  const culprit = new Map([
    [7, 21.2],
    [2, 24.8],
    [12, 29.4],
    [21, 30.6],
    [53, 33.8],
  ]).get(i);
  const injected = culprit ?? 34 + ((i * 37) % 17) * 0.9;
  const accumulated = i < 2 ? 38 - i : i < 7 ? 26.1 - 0.4 * i : 21.9 - 0.09 * i + ((i * 29) % 11) * 0.35;
  return {
    tensor: tensorNames[i] ?? `tensor_${i}`,
    metrics: {
      sqnrDb: accumulated,
      cosine: 1 - 10 ** (-accumulated / 10) / 2,
      maxAbs: 3 * 10 ** (-accumulated / 20),
      meanAbs: 0.4 * 10 ** (-accumulated / 20),
    },
    reference: { min: -6.2, max: 7.9, mean: 0.11, std: 1.02 },
    candidate: { min: -6.1, max: 7.6, mean: 0.1, std: 1.01 },
    level: "unjudged",
    samples: 8,
    elements: 8 * 64 * 288,
    order: i,
    node: nodeName(i),
    opType: opType(i),
    unit: unitId(i),
    injected: { sqnrDb: injected, cosine: 1 - 10 ** (-injected / 10) / 2 },
    ...overrides,
  };
}

const sampleProbe = (n: number, phase: string, kept: number[], sqnrDb: number, half: "search" | "accept" | "all" = "search") => ({
  n,
  phase,
  ranking: "leave-one-in",
  half,
  keep: kept.map(unitId),
  kept: kept.length,
  kind: "measured" as const,
  passes: sqnrDb >= 20,
  sqnrDb,
  margin: sqnrDb - 20,
  sdDb: 1.1,
  seconds: 0.09,
});

export function sampleSearch(overrides: Partial<Search> = {}): Search {
  return {
    method: "ranked",
    outcome: "found",
    message: "Keeping 2 of 54 units in float32 passes on held-out samples; no unit of the set can be dropped.",
    units: 54,
    unitTable: Array.from({ length: 54 }, (_, i) => sampleUnit(i)),
    rankings: [
      { name: "leave-one-in", order: [7, 2, 12, 21, 53].map(unitId), probes: 54, seconds: 2.9 },
      { name: "leave-one-out", order: [7, 12, 2, 53, 21].map(unitId), probes: 54, seconds: 3.1 },
    ],
    probes: [
      sampleProbe(1, "premise", [], 18.42),
      sampleProbe(2, "gallop", [7], 19.61),
      sampleProbe(3, "gallop", [7, 2], 22.87),
      sampleProbe(4, "gallop", [7, 2, 12, 21], 19.47),
      sampleProbe(5, "prune", [2], 19.02),
      { n: 6, phase: "prune", half: "search", keep: [], kept: 3, kind: "unknown", seconds: 2.1, why: "onnxruntime ended by SIGKILL" },
      sampleProbe(7, "accept", [7, 2], 22.31, "accept"),
    ],
    prefix: [
      { ranking: "leave-one-in", length: 2 },
      { ranking: "leave-one-out", length: 3 },
    ],
    keep: [sampleUnit(7), sampleUnit(2)],
    oneMinimal: true,
    heldOut: { passes: true, sqnrDb: 22.31, margin: 2.31 },
    proof: {
      state: "likely",
      samples: 16,
      sqnrDb: 22.31,
      margin: 2.31,
      low: -0.4,
      nearest: 'SQNR 22.31 dB of "softmax_0.tmp_0", limit 20 dB',
      neededSamples: 44,
      indices: [0, 1],
      message: "Likely, not proved: the limit lies inside the interval. About 44 validation samples in all would settle it (32 now).",
    },
    samples: { all: 32, rank: 16, choose: 16, prove: 16, apart: true },
    curve: {
      order: [7, 2, 12, 21, 53].map(unitId),
      points: [
        {
          kept: 0,
          by: "measured",
          sqnrDb: 18.42,
          low: 17.1,
          high: 19.7,
          margin: -1.58,
          marginLow: -2.9,
          nearest: 'SQNR 18.42 dB of "softmax_0.tmp_0", limit 20 dB',
        },
        {
          kept: 1,
          by: "measured",
          sqnrDb: 19.61,
          low: 18.2,
          high: 21,
          margin: -0.39,
          marginLow: -1.8,
          nearest: 'SQNR 19.61 dB of "softmax_0.tmp_0", limit 20 dB',
        },
        {
          kept: 2,
          by: "measured",
          sqnrDb: 22.87,
          low: 21.2,
          high: 24.5,
          margin: 2.87,
          marginLow: 1.2,
          nearest: 'SQNR 22.87 dB of "softmax_0.tmp_0", limit 20 dB',
        },
        { kept: 3, by: "predicted", sqnrDb: 23.9, low: 21.4, high: 26.4, margin: 3.9, marginLow: 1.4 },
        { kept: 54, by: "measured", sqnrDb: "Infinity", low: "Infinity", high: "Infinity", margin: "Infinity", marginLow: "Infinity" },
      ],
    },
    gains: Array.from({ length: 54 }, (_, i) => ({
      unit: unitId(i),
      sqnrDb: i === 7 ? 21.4 : i === 2 ? 24.1 : 45,
      share: i === 7 ? 0.5 : i === 2 ? 0.27 : 0.23 / 52,
    })),
    builds: 115,
    seconds: 6.3,
    seed: 1,
    precision: "float32",
    ...overrides,
  };
}

export function sampleFix(overrides: Partial<Fix> = {}): Fix {
  return {
    files: [
      {
        format: "polygraphy",
        path: "fix/text-direction/fix_precision.py",
        command:
          "polygraphy run model.onnx --trt --int8 --fp16 --calibration-cache cls.cache --trt-network-postprocess-script fix_precision.py --precision-constraints obey",
        leftOut: [],
      },
      {
        format: "trtexec",
        path: "fix/text-direction/trtexec.txt",
        command:
          "trtexec --onnx=model.onnx --int8 --fp16 --calib=cls.cache --precisionConstraints=obey --layerPrecisions=p2o.Conv.7:fp16,p2o.Conv.2:fp16",
        leftOut: [],
      },
    ],
    verified: {
      by: "simulated",
      passes: true,
      builds: 1,
      message: "Simulated; not verified on an engine.",
      outputs: [
        sampleTensor({
          metrics: { sqnrDb: 22.31, cosine: 0.99713, maxAbs: 0.0512, meanAbs: 0.0101 },
          level: "pass",
          decidedBy: { metric: "sqnrDb", of: "tensor", value: 22.31, limit: 20, margin: 2.31 },
          scoreMetrics: { sqnrDb: 12.4 },
        }),
      ],
    },
    latency: null,
    ...overrides,
  };
}

export function sampleModel(overrides: Partial<ModelReport> = {}): ModelReport {
  const layers = Array.from({ length: 54 }, (_, i) => sampleLayer(i));
  return {
    name: "text-direction",
    path: "models/cls.onnx",
    sha256: "491843a3c65de46295864c6815e41127eaa812c4dac1e19c6850ec49da9d3640",
    lane: "simulate",
    laneWhy: "auto: this machine has no NVIDIA GPU",
    status: "checked",
    verdict: "regression",
    reason: "beyond-limit",
    message:
      "softmax_0.tmp_0 has SQNR 18.4 dB, 1.58 dB under its limit of 20 dB. Keep p2o.Conv.7 and p2o.Conv.2 in higher precision, or recalibrate.",
    outputs: [sampleTensor()],
    layers,
    coverage: {
      referenceTensors: 55,
      candidateTensors: 55,
      compared: 55,
      onlyReference: [],
      onlyCandidate: [],
      quantizedUnits: 54,
      totalUnits: 54,
      missingScales: [],
      variant: "core",
      droppedMarks: [],
    },
    noise: {
      deterministic: true,
      rebuilds: 0,
      guardDb: 0,
      betweenBuildsDb: [],
      votes: [],
      repeatIdentical: true,
      markingDb: null,
      message: "Simulated runs repeat bit for bit; no guard band.",
    },
    firstFailing: layers.find((layer) => Number(layer.metrics.sqnrDb) < 20)?.tensor ?? null,
    worst: layers
      .toSorted((a, b) => Number(a.injected?.sqnrDb) - Number(b.injected?.sqnrDb))
      .slice(0, 10)
      .map((layer) => ({
        tensor: layer.tensor,
        node: layer.node ?? "",
        opType: layer.opType ?? "",
        injectedSqnrDb: layer.injected?.sqnrDb ?? null,
        accumulatedSqnrDb: layer.metrics.sqnrDb ?? null,
        ...(layer.unit === undefined ? {} : { unit: layer.unit }),
      })),
    quantization: {
      source: "calibration/cls.cache",
      algorithm: "entropy",
      samples: null,
      cacheHeader: "TRT-8601-EntropyCalibration2",
      stale: null,
    },
    validation: { source: "validation/cls.npz", samples: 8 },
    search: sampleSearch(),
    fix: sampleFix(),
    advice: [
      {
        rule: "percentile",
        text: "Calibrate with percentile 99.999: simulated SQNR rises from 18.4 to 23.4 dB.",
        evidence: { entropyDb: 18.42, percentileDb: 23.4 },
      },
    ],
    baseline: null,
    task: null,
    executed: [],
    builds: [
      { what: "reference session", seconds: 0.07, notes: [] },
      { what: "candidate session", seconds: 0.09, notes: [] },
    ],
    warnings: [],
    reproduce: [
      "trt-gate check models/cls.onnx --lane simulate",
      "polygraphy run models/cls.onnx --trt --int8 --fp16 --calibration-cache calibration/cls.cache",
    ],
    timings: { prepare: 0.31, run: 0.82, search: 6.3, verify: 0.2 },
    toolTail: [],
    place: { file: ".github/trt-gate.yml", line: 3 },
    ...overrides,
  };
}

export function sampleReport(overrides: Partial<Report> = {}): Report {
  return {
    schemaVersion: 1,
    tool: { name: "trt-gate", version: "0.1.0", commit: "1f0c2d9a7b3e4f5061728394a5b6c7d8e9f00112" },
    environment: {
      createdAt: "2026-11-24T14:35:53.000Z",
      os: "linux x64",
      node: "24.21.0",
      onnxruntime: "1.30.0",
      tensorrt: null,
      polygraphy: null,
      python: null,
      gpu: null,
      driver: null,
      runner: "github-hosted",
      repository: "acme/vision",
      headSha: "8d3f1c0b5a6e7f8091a2b3c4d5e6f708192a3b4c",
      baseSha: "2b4c6d8e0f1a3b5c7d9e0f1a2b3c4d5e6f708192",
      event: "pull_request",
      runUrl: "https://github.com/acme/vision/actions/runs/4242",
      jobKey: "accuracy/check",
      seed: 1,
    },
    complete: true,
    verdict: "regression",
    reason: "beyond-limit",
    exitCode: 1,
    selection: { why: "changed since 2b4c6d8", unchanged: ["text-recognition"], removed: [], uncertain: false },
    models: [sampleModel()],
    notices: [],
    seconds: 7.9,
    ...overrides,
  };
}

/** A model that passes, nothing searched. */
export const passingModel = (overrides: Partial<ModelReport> = {}): ModelReport =>
  sampleModel({
    verdict: "pass",
    reason: "within-limits",
    message: "Every output is within its limits; the nearest is softmax_0.tmp_0 with 11.9 dB to spare.",
    outputs: [
      sampleTensor({
        level: "pass",
        metrics: { sqnrDb: 31.9, cosine: 0.99968, maxAbs: 0.0121, meanAbs: 0.0031, top1Agreement: 1 },
        decidedBy: { metric: "sqnrDb", of: "tensor", value: 31.9, limit: 20, margin: 11.9 },
      }),
    ],
    firstFailing: null,
    search: null,
    fix: null,
    advice: [],
    ...overrides,
  });

/** A model whose tool failed before anything was measured. */
export const undecidedModel = (overrides: Partial<ModelReport> = {}): ModelReport =>
  sampleModel({
    name: "text-detection",
    path: "models/det.onnx",
    lane: "implicit",
    laneWhy: "asked for by name",
    status: "failed",
    verdict: "undecided",
    reason: "build-failed",
    message:
      "The INT8 engine of models/det.onnx was not built: the builder ended with exit code 1 after 42 s. Read the last lines below, or run the command under “Reproduce”.",
    outputs: [],
    layers: [],
    worst: [],
    firstFailing: null,
    search: null,
    fix: null,
    advice: [],
    coverage: {
      referenceTensors: 0,
      candidateTensors: 0,
      compared: 0,
      onlyReference: [],
      onlyCandidate: [],
      quantizedUnits: 0,
      totalUnits: 0,
      missingScales: [],
      variant: "engine",
      droppedMarks: [],
    },
    toolTail: [
      "[E] Error Code 2: Internal Error (Assertion dt1 == DataType::kFLOAT || dt1 == DataType::kHALF failed. )",
      "[!] Invalid Engine. Please ensure the engine was built correctly",
    ],
    ...overrides,
  });

export const passReport = (overrides: Partial<Report> = {}): Report =>
  sampleReport({ verdict: "pass", reason: "within-limits", exitCode: 0, models: [passingModel()], ...overrides });
export const undecidedReport = (overrides: Partial<Report> = {}): Report =>
  sampleReport({ verdict: "undecided", reason: "build-failed", exitCode: 4, models: [undecidedModel()], ...overrides });

/** What the comment offers for `sampleModel`: constant code and one data block. */
export const sampleScript = {
  model: "text-direction",
  fileName: "fix_precision.py",
  text: [
    '"""Keeps 2 of 54 units in FP16. Written by trt-gate; the names are data."""',
    "import base64",
    "import json",
    "",
    'KEEP = json.loads(base64.b64decode("WyJwMm8uQ29udi43IiwgInAyby5Db252LjIiXQ=="))',
    "",
    "",
    "def postprocess(network):",
    "    import tensorrt as trt",
    "    for layer in network:",
    "        if layer.name in KEEP:",
    "            layer.precision = trt.float16",
    "",
  ].join("\n"),
  command: sampleFix().files[0]?.command ?? "",
};
