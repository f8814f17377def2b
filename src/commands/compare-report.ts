/** A comparison of saved files in the shape of a report, so that the HTML page can show it. */

import { withCaveats } from "../gate/caveats.ts";
import { shellWord } from "../model/shell-word.ts";
import { coverageReport } from "../report/build.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import type { Report } from "../report/schema.ts";
import { version } from "../version.ts";
import { type Comparison, firstFailingOf, tensorsOf } from "./compare-output.ts";

/** One model, named by the candidate's file. `seconds`: what the comparison took. */
export function comparisonReport(comparison: Comparison, now: Date, seconds: number): Report {
  const { verdict } = comparison.judgement;
  const { reference, candidate, coverage, exitCode } = comparison;
  const empty = emptyModelReport({ name: candidate.path.replace(/^.*[/\\]/, ""), path: candidate.path });
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
        ...empty,
        lane: "saved",
        laneWhy: `${reference.path} (${reference.runner}) is the reference`,
        verdict: verdict.kind,
        reason: verdict.reason,
        message: withCaveats(verdict, comparison.caveats).message,
        ...(comparison.caveats.length === 0 ? {} : { caveats: comparison.caveats.map((caveat) => ({ ...caveat })) }),
        outputs: tensorsOf(comparison),
        coverage: coverageReport(coverage, { quantizedUnits: 0, totalUnits: 0, missingScales: [], variant: "saved", droppedMarks: [] }),
        noise: { ...empty.noise, message: "Saved files are compared as they are." },
        firstFailing: firstFailingOf(comparison),
        quantization: { source: "unknown: saved outputs", algorithm: "unknown", samples: null, cacheHeader: null, stale: null },
        validation: { source: reference.path, samples: reference.iterations },
        warnings: [...comparison.warnings],
        reproduce: [
          `polygraphy run --load-outputs ${shellWord(reference.path)} ${shellWord(candidate.path)} --compare snr cosine_similarity`,
        ],
        timings: { compare: seconds },
      },
    ],
    notices: [],
    seconds,
  };
}
