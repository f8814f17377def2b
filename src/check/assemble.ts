/** Everything that was found about one model -> its part of the report: figures, layers, causes, fix, caveats. Measures and judges nothing. */

import { buildWith } from "../artifacts/build-flags.ts";
import { timingCacheAt } from "../artifacts/fix.ts";
import { withTime } from "../evaluate/half.ts";
import { latencyReport } from "../evaluate/latency.ts";
import type { Decided } from "../evaluate/outputs.ts";
import { withCaveats } from "../gate/caveats.ts";
import { weaknesses } from "../gate/evidence.ts";
import { limitsFor } from "../gate/limits.ts";
import { isOpaque } from "../lanes/tensorrt/executed-precision.ts";
import type { Harm } from "../measure/harm/task-harm.ts";
import type { LaneCoverage, PreparedLane } from "../model/lane.ts";
import { recordOf } from "../model/placement.ts";
import { plural } from "../model/plural.ts";
import type { KeptUnits } from "../prepare/kept-units.ts";
import { coverageReport, firstFailing, gainsOf, measuredTensor, searchReport, worstLayers } from "../report/build.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import { withHistograms } from "../report/histograms.ts";
import { type KeptUnit, type MeasuredTensor, type ModelReport, toNum } from "../report/schema.ts";
import { suspiciousTensors } from "../report/suspicious.ts";
import type { SearchOutcome } from "../search/outcome.ts";
import { adviceFor } from "./advice.ts";
import { buildReports } from "./builds.ts";
import { caveatsOf, unjudgedWarnings } from "./caveats.ts";
import type { CheckFacts } from "./check-facts.ts";
import { referenceReport } from "./reference.ts";
import { withTimes } from "./search-times.ts";
import { withWeightRanges } from "./weight-ranges.ts";

/** `timings`: seconds by what was done. Reads weights of the worst layers; judges nothing. */
export async function assembleReport(facts: CheckFacts, timings: Record<string, number>): Promise<ModelReport> {
  const { entry, prepared, verdict, outcome, fix, task, baseline, decided, builder } = facts;
  const { lane } = prepared;
  const { int8 } = decided.run.engine.facts;
  const measuredLayers = layersOf(facts);
  const worst = worstLayers(measuredLayers);
  const suspicious = suspiciousTensors(worst, keptOf(facts), outcome && gainsOf(outcome.rankings));
  const histograms = withHistograms(measuredLayers, suspicious, facts.localised?.layers ?? [], lane.units);
  const layers = await withWeightRanges(histograms, suspicious, prepared);
  const outputs = outputsOf(facts);
  const caveats = caveatsOf(facts, outputs);
  const latency = latencyReport(facts.timed);
  const report: ModelReport = {
    ...emptyModelReport(entry),
    sha256: prepared.sha256,
    lane: lane.lane,
    laneWhy: prepared.laneWhy,
    ...referenceReport(prepared),
    verdict: verdict.kind,
    reason: verdict.reason,
    message: withCaveats(verdict, caveats).message,
    ...(caveats.length === 0 ? {} : { caveats: caveats.map((caveat) => ({ ...caveat })) }),
    ...(builder === undefined ? {} : { builderCheck: builder.report }),
    outputs,
    layers,
    coverage: coverageReport(decided.run.measured.coverage, {
      ...lane.coverage,
      units: lane.units.length + (prepared.kept?.ids.size ?? 0),
      int8Units: int8,
      droppedMarks: facts.localised?.droppedMarks ?? [],
    }),
    noise: noiseOf(facts),
    firstFailing: firstFailing(layers, entry.tolerance.limits),
    worst,
    ...(prepared.kept === undefined ? {} : { kept: keptPart(prepared.kept) }),
    quantization: { ...prepared.quantization, ...placementPart(lane), ...convergencePart(lane) },
    validation: validationPart(facts),
    ...(facts.harm.length === 0 ? {} : { harm: facts.harm.map(harmPart) }),
    search: outcome ? searchPart(outcome, facts) : null,
    fix: fix ?? null,
    latency,
    baseline: baseline?.report === undefined ? null : explained(baseline.report, prepared),
    ...(facts.inputsSha256 === undefined ? {} : { inputsSha256: facts.inputsSha256 }),
    task: task
      ? {
          ...task,
          reference: toNum(task.reference),
          candidate: toNum(task.candidate),
          drop: toNum(task.drop),
          maxDrop: toNum(task.maxDrop),
        }
      : null,
    executed: (decided.run.engine.facts.executed ?? []).map((layer) => ({ ...layer, nodes: [...layer.nodes] })),
    builds: buildReports(prepared.builds, facts.timed),
    ...(facts.half ? { half: withTime(facts.half, facts.timed) } : {}),
    ...(facts.engines ? { engines: [...facts.engines] } : {}),
    warnings: warningsOf(facts),
    reproduce: [],
    buildWith: buildWith(prepared, facts.own, timingCacheAt(facts)),
    timings,
  };
  return { ...report, advice: [...(await adviceFor(facts, report))] };
}

const keptOf = ({ outcome, prepared }: CheckFacts) =>
  prepared.lane.units.filter(({ id }) => outcome?.keep.includes(id)).map(({ id, output }) => ({ unit: id, output }));

const harmPart = ({ flipped, classes, boxes, ...harm }: Harm): NonNullable<ModelReport["harm"]>[number] => ({
  ...harm,
  flipped: flipped?.map((one) => ({ ...one })),
  classes: classes?.map((one) => ({ ...one })),
  boxes: boxes && { ...boxes },
});

const validationPart = ({ prepared, evidence }: CheckFacts): ModelReport["validation"] => ({
  source: prepared.job.validation.description,
  samples: prepared.lane.sampleCount,
  distinct: evidence.distinct,
  inCalibration: evidence.inCalibration,
  weak: weaknesses(evidence),
});
const keptPart = ({ file, precision, units, committed, atBase }: KeptUnits): NonNullable<ModelReport["kept"]> => ({
  file,
  precision,
  units,
  committed,
  atBase,
});

const placementPart = ({ placement }: Pick<PreparedLane, "placement">): Pick<ModelReport["quantization"], "placement"> =>
  placement === undefined ? {} : { placement: recordOf(placement) };

/** Too few samples to compare with fewer show nothing. */
const convergencePart = ({ convergence = [] }: Pick<PreparedLane, "convergence">): Pick<ModelReport["quantization"], "convergence"> =>
  convergence.length === 0
    ? {}
    : {
        convergence: convergence.map(({ samples, medianChange, worstChange }) => ({
          samples,
          medianChange: toNum(medianChange),
          worstChange: toNum(worstChange),
        })),
      };

/** Scales of a cache that was not judged explain nothing. */
const explained = (base: NonNullable<ModelReport["baseline"]>, { staleCache, lane }: CheckFacts["prepared"]): ModelReport["baseline"] =>
  staleCache?.renewedFrom === undefined ? withUnread(base, lane) : { ...base, scales: [] };

/** Says of moved scales that this lane does not compute with: its figures show nothing of what they do to an engine. */
function withUnread(base: NonNullable<ModelReport["baseline"]>, { readScales }: PreparedLane): NonNullable<ModelReport["baseline"]> {
  const { scales = [], causes = [] } = base;
  const unread = readScales === undefined ? [] : scales.filter(({ tensor }) => !readScales.has(tensor));
  const [first] = unread;
  if (first === undefined) return base;
  const told = causes.findIndex((cause) => cause.includes(" scales moved"));
  const which = unread.length < scales.length ? `"${first.tensor}"${and(unread.length - 1)}` : unread.length === 1 ? "it" : "them";
  const uses = unread.length === 1 ? "it" : "them";
  const words = `no convolution or matrix product reads ${which}, so the simulation does not use ${uses}; an engine may`;
  return { ...base, causes: causes.toSpliced(told + 1, 0, words) };
}

const and = (others: number): string => (others === 0 ? "" : ` and ${plural(others, "other")}`);

function outputsOf({ decided, findings, entry, baseline, prepared }: CheckFacts): MeasuredTensor[] {
  const measurements = decided.run.measured.measurements.filter(({ role }) => role === "output");
  return measurements.map((measurement) => {
    const { tensor } = measurement;
    const limits = limitsFor(measurement, entry.tolerance);
    const before = baseline?.measurements?.find((one) => one.tensor === tensor);
    const order = prepared.lane.order.get(tensor);
    return measuredTensor(measurement, {
      findings: findings.filter((finding) => finding.tensor === tensor),
      limits,
      baseline: before,
      order,
    });
  });
}

function layersOf({ localised, findings, entry, prepared, decided, outcome }: CheckFacts): MeasuredTensor[] {
  const gains = new Map((outcome && gainsOf(outcome.rankings))?.map(({ unit, sqnrDb, share }) => [unit, { sqnrDb, share }]));
  const unitOf = new Map(prepared.lane.units.map((unit) => [unit.output, unit]));
  const precisionOf = new Map(
    (decided.run.engine.facts.executed ?? []).flatMap((layer) =>
      isOpaque(layer) ? [] : layer.nodes.map((node) => [node, layer.precision] as const),
    ),
  );
  return (localised?.layers ?? []).map((measurement) => {
    const { tensor } = measurement;
    const unit = unitOf.get(tensor);
    const injected = localised?.injected.get(tensor);
    const limits = limitsFor(measurement, entry.tolerance);
    const order = prepared.lane.order.get(tensor);
    const executedPrecision = unit && precisionOf.get(unit.nodes[0] ?? "");
    const atOutput = unit && gains.get(unit.id);
    return measuredTensor(measurement, {
      findings: findings.filter((finding) => finding.tensor === tensor),
      limits,
      unit,
      injected,
      atOutput,
      order,
      executedPrecision,
    });
  });
}

function noiseOf({ decided, prepared, localised }: CheckFacts): ModelReport["noise"] {
  const { decision, guardDb, betweenBuildsDb } = decided;
  const { deterministic } = prepared.lane;
  const { markingDb } = localised ?? {};
  const builds = decision.kinds.length;
  const between = betweenBuildsDb.map((value) => value.toFixed(1)).join(", ");
  return {
    deterministic,
    rebuilds: builds - 1,
    guardDb: toNum(guardDb),
    betweenBuildsDb: betweenBuildsDb.map(toNum),
    votes: [...decision.kinds],
    repeatIdentical: repeatsIdentically(decided),
    markingDb: markingDb === undefined || Number.isNaN(markingDb) ? null : toNum(markingDb),
    message: deterministic
      ? "Repeats are bit-identical: no guard band."
      : builds === 1
        ? "One engine was built and judged: the verdict is about that plan, not about another build."
        : `${builds} builds with timings of their own were judged; they differ from the first by SQNR ${between} dB.`,
  };
}

/** Whether either engine, run twice on one sample, gave the same bytes; null in lanes that cannot differ. */
function repeatsIdentically({ run: { engine } }: Decided): boolean | null {
  const tried = [engine.reference, engine.facts].flatMap(({ repeatIdentical }) => repeatIdentical ?? []);
  return tried.length === 0 ? null : tried.every((same) => same);
}

/** Names the network layers of kept units, and what Polygraphy's own search marked. */
function searchPart(outcome: SearchOutcome, { prepared, searched, timed }: CheckFacts): NonNullable<ModelReport["search"]> {
  const report = withTimes(searchReport(outcome, prepared.job.keepPrecision), outcome.probes, timed);
  const { unitLayers } = prepared.lane;
  const withLayers = (unit: KeptUnit): KeptUnit => ({ ...unit, layers: [...(unitLayers?.get(unit.unit) ?? unit.layers)] });
  return {
    ...report,
    unitTable: report.unitTable.map(withLayers),
    keep: report.keep.map(withLayers),
    layersMarked: searched?.layersMarked,
    layersTotal: searched?.layersTotal,
  };
}

/** They are no units: a body runs as one. */
function quantizedInBodies({ bodies, variant }: LaneCoverage): string[] {
  const [first, ...more] = bodies?.quantized ?? [];
  if (first === undefined) return [];
  const nodes =
    more.length === 0
      ? `The compute node ${first}`
      : `${1 + more.length} compute nodes inside bodies of If, Loop and Scan (first: ${first})`;
  const files = variant === "qdq" || variant.startsWith("explicit") ? "" : ", and files that the gate writes have no Q/DQ for it";
  return [`${nodes} ${more.length === 0 ? "runs" : "run"} quantised: a search cannot keep what lies inside a body${files}.`];
}

function warningsOf(facts: CheckFacts): string[] {
  const { decided, prepared, entry, localised, builder } = facts;
  const { coverage } = prepared.lane;
  const { droppedMarks = [] } = localised ?? {};
  return [
    ...prepared.warnings,
    ...(builder?.warnings ?? []),
    ...unjudgedWarnings(facts),
    ...(coverage.missingScales.length > 0
      ? [
          `${coverage.missingScales.length} inputs of compute nodes have no scale and run in float: ${coverage.missingScales.slice(0, 5).join(", ")}.`,
        ]
      : []),
    ...quantizedInBodies(coverage),
    ...(droppedMarks.length > 0 ? [`${droppedMarks.length} tensors could not be marked and were not measured.`] : []),
    ...(prepared.lane.sampleCount > 1
      ? []
      : [`${entry.name} has one validation sample: a fix cannot be proved on samples that the search never saw.`]),
    ...(entry.latency.maxSlowdownVsReference !== undefined && prepared.lane.lane === "simulate"
      ? ["latency.max-slowdown-vs-reference was not judged: the simulate lane has no times."]
      : []),
    ...(repeatsIdentically(decided) === false ? ["The same engine gave different outputs in two runs: its figures carry that noise."] : []),
  ];
}
