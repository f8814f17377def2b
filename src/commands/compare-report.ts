/** A comparison of saved files in the shape of a report, so that the HTML page can show it. */
import type { Report } from "../report/schema.ts";
import { version } from "../version.ts";
import { type Comparison, firstFailingOf, tensorsOf } from "./compare-output.ts";

export function comparisonReport(comparison: Comparison, now: Date, seconds: number): Report {
  const { verdict } = comparison.judgement;
  const { reference, candidate, coverage, exitCode } = comparison;
  const nothing = {
    onnxruntime: null,
    tensorrt: null,
    polygraphy: null,
    python: null,
    gpu: null,
    driver: null,
    runner: null,
    repository: null,
    headSha: null,
    baseSha: null,
    event: null,
    runUrl: null,
  };
  return {
    schemaVersion: 1,
    tool: { name: "trt-gate", version, commit: "" },
    environment: {
      ...nothing,
      createdAt: now.toISOString(),
      os: process.platform,
      node: process.versions.node,
      jobKey: "compare",
      seed: 0,
    },
    complete: true,
    verdict: verdict.kind,
    reason: verdict.reason,
    exitCode,
    selection: { why: "two saved files", unchanged: [], removed: [], uncertain: false },
    models: [
      {
        name: candidate.path.replace(/^.*[/\\]/, ""),
        path: candidate.path,
        sha256: "",
        lane: "saved",
        laneWhy: `${reference.path} (${reference.runner}) is the reference`,
        status: "checked",
        verdict: verdict.kind,
        reason: verdict.reason,
        message: verdict.message,
        outputs: tensorsOf(comparison),
        layers: [],
        coverage: {
          ...coverage,
          onlyReference: [...coverage.onlyReference],
          onlyCandidate: [...coverage.onlyCandidate],
          quantizedUnits: 0,
          totalUnits: 0,
          missingScales: [],
          variant: "saved",
          droppedMarks: [],
        },
        noise: {
          deterministic: true,
          rebuilds: 0,
          guardDb: 0,
          betweenBuildsDb: [],
          votes: [],
          repeatIdentical: null,
          markingDb: null,
          message: "Saved files are compared as they are.",
        },
        firstFailing: firstFailingOf(comparison),
        worst: [],
        quantization: { source: "unknown: saved outputs", algorithm: "unknown", samples: null, cacheHeader: null, stale: null },
        validation: { source: reference.path, samples: reference.iterations },
        search: null,
        fix: null,
        advice: [],
        baseline: null,
        task: null,
        executed: [],
        builds: [],
        warnings: [...comparison.warnings],
        reproduce: [`polygraphy run --load-outputs ${quoted(reference.path)} ${quoted(candidate.path)} --compare snr cosine_similarity`],
        timings: { compare: seconds },
        toolTail: [],
      },
    ],
    notices: [],
    seconds,
  };
}

const quoted = (path: string): string => (/^[\w./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`);
