/**
 * The story of one model: prepare, compare, judge, and where it regressed localise, search, fix and verify. Ends in the model's part of the report.
 * A tool's failure stays here: it becomes a verdict with a reason, and the other models go on.
 */

import { keepEngineFiles } from "../artifacts/engine-files.ts";
import { fixModel, keptModel, scalesOnly } from "../artifacts/fix.ts";
import { writeReproduction } from "../artifacts/reproduction.ts";
import type { ModelEntry } from "../config/settings.ts";
import { ToolError } from "../effects/failure.ts";
import { type BaselineRequest, explainByBaseline, measureBaseline } from "../evaluate/baseline.ts";
import { checkBuilder } from "../evaluate/builder-check.ts";
import { judgeHalf } from "../evaluate/half.ts";
import { harmSink } from "../evaluate/harm.ts";
import { inputsDigest, measuredWith } from "../evaluate/inputs-digest.ts";
import { withInt8Share } from "../evaluate/int8-share.ts";
import { type Timed, timeEngines, withLatency } from "../evaluate/latency.ts";
import { judgeWithLayers, localise, namesLayers } from "../evaluate/layers.ts";
import { hearSamples } from "../evaluate/output-sinks.ts";
import { baselineFacts, decideOutputs, type Judging } from "../evaluate/outputs.ts";
import { savedOutputs } from "../evaluate/save-outputs.ts";
import { runTask, taskFolders, taskOutputs, withTask } from "../evaluate/task.ts";
import { withBaselineLimits } from "../gate/baseline-limits.ts";
import { withCaveats } from "../gate/caveats.ts";
import { doubtOf, withCertainty } from "../gate/certainty.ts";
import { withEvidence } from "../gate/evidence.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { Engine } from "../model/engine.ts";
import { withComputeInFloat } from "../prepare/compute-in-float.ts";
import { type CheckContext, type Stopwatch, stopwatch } from "../prepare/context.ts";
import { exportedCache } from "../prepare/exported-cache.ts";
import { withMissingActivations } from "../prepare/missing-activations.ts";
import { type Prepared, prepareModel } from "../prepare/prepare-model.ts";
import { type ModelSearch, openSearch, type Searched } from "../probes/search.ts";
import { emptyModelReport } from "../report/empty-model.ts";
import { fittingMessage } from "../report/fitting-message.ts";
import type { ModelReport } from "../report/schema.ts";
import { readLabels } from "../samples/labels.ts";
import { assembleReport } from "./assemble.ts";
import { buildReports } from "./builds.ts";
import type { CheckFacts } from "./check-facts.ts";
import { otherPlacement, type SecondTry } from "./other-placement.ts";
import { referenceReport } from "./reference.ts";

/** Rejects for what is not this model's alone: a bug, a refusal for trust, a wrong configuration or file, a cancelled run. */
export async function checkModel(entry: ModelEntry, context: CheckContext): Promise<ModelReport> {
  const ended = await checkOnce(entry, context);
  if (!("warning" in ended)) return ended;
  const { quantization, warning } = ended;
  context.effects.log.warning(warning);
  const report = await checkModel({ ...entry, quantization }, context);
  return { ...report, warnings: [warning, ...report.warnings] };
}

async function checkOnce(entry: ModelEntry, context: CheckContext): Promise<ModelReport | SecondTry> {
  const watch = stopwatch(context.effects, entry.name);
  let prepared: Prepared | undefined;
  try {
    const baseline = entry.baseline ? await watch.time("baseline", () => measureBaseline(entry, context)) : undefined;
    prepared = await watch.time("prepare", () => prepareModel(entry, context.effects.cwd, context));
    return await checkPrepared({ entry, prepared, context, ...optional({ baseline }) }, watch);
  } catch (error) {
    if (!(error instanceof ToolError) || error.reason === "cancelled") throw error;
    const second = prepared && otherPlacement(entry.quantization, { placement: prepared.lane.placement, builds: prepared.builds }, error);
    if (second !== undefined) return second;
    const known = prepared
      ? {
          sha256: prepared.sha256,
          lane: prepared.lane.lane,
          laneWhy: prepared.laneWhy,
          ...referenceReport(prepared),
          builds: buildReports(prepared.builds),
          ...(prepared.caveats.length === 0 ? {} : { caveats: prepared.caveats.map((caveat) => ({ ...caveat })) }),
        }
      : {};
    const { message } = withCaveats({ kind: "undecided", reason: error.reason, message: error.message }, prepared?.caveats ?? []);
    return {
      ...emptyModelReport(entry),
      ...known,
      verdict: "undecided",
      reason: error.reason,
      message,
      toolTail: [...error.tail],
      timings: watch.timings,
    };
  } finally {
    await prepared?.close();
  }
}

async function checkPrepared(
  known: Pick<CheckFacts, "entry" | "prepared" | "context" | "baseline">,
  watch: Stopwatch,
): Promise<ModelReport> {
  const { entry, prepared, context, baseline } = known;
  const { lane } = prepared;
  Object.assign(context.versions, lane.versions);
  const by = measuredWith(lane, context);
  const digest = await watch.time("prepare", () => inputsDigest(entry, { root: context.effects.cwd }, by, context.effects.files));
  const labels = await readLabels(entry, lane.sampleCount, context.effects);
  const judging: Judging = {
    entry,
    lane,
    seed: context.settings.options.seed,
    today: context.today,
    rowsOf: prepared.rowsOf,
    labels,
    ...(baseline?.measurements ? { baseline: new Map(baseline.measurements.map((one) => [one.tensor, one])) } : {}),
    ...(baseline?.gap ? { baselineGap: baseline.gap } : {}),
  };
  const search = openSearch({ prepared, judging, context });
  try {
    return await judgeAndExplain({ ...known, judging, search, asked: { entry, by, digest, context } }, watch);
  } finally {
    await search.close();
  }
}

/** All but what this commit's run took, which is known after it. */
type BaselineAsked = Omit<BaselineRequest, "seconds">;

const secondsOf = ({ timings }: Stopwatch): number => (timings.prepare ?? 0) + (timings.compare ?? 0);

type Known = Pick<CheckFacts, "entry" | "prepared" | "context" | "judging" | "baseline"> & {
  readonly search: ModelSearch;
  readonly asked: BaselineAsked;
};

async function judgeAndExplain(known: Known, watch: Stopwatch): Promise<ModelReport> {
  const { entry, prepared, context, judging, search } = known;
  const wanted = context.settings.options.search;
  const { lane } = prepared;
  const { task: wantedTask } = entry;
  const folders = taskFolders(prepared.job.workFolder);
  const harm = harmSink(lane.forms, entry.taskKind);
  const sinks = [
    ...(await savedOutputs(entry.name, lane.lane, context)),
    ...(wantedTask ? [taskOutputs(folders, context.effects.files)] : []),
    harm.sink,
    hearSamples((done) => context.effects.log.progress(`${entry.name}: compare`, `sample ${done} of ${lane.sampleCount}`)),
  ];
  const samples = Array.from({ length: lane.sampleCount }, (_, i) => i);
  const decided = await watch.time("compare", () => decideOutputs(judging, samples, sinks));
  const { engine } = decided.run;
  const half = await watch.time("compare", () => judgeHalf(judging, samples));
  const task = wantedTask && (await watch.time("task", () => runTask(wantedTask, folders, context)));
  const baseVerdict = withBaselineLimits(decided.decision.verdict, baselineFacts(judging, decided.run));
  const taskVerdict = withComputeInFloat(withTask(baseVerdict, task), lane.coverage);
  const outputsVerdict = await watch.time("compare", () => withMissingActivations(taskVerdict, lane));
  const wantsSearch = ({ kind }: Verdict) => wanted === "always" || (wanted === "on-regression" && kind === "regression");

  const wantsLayers = outputsVerdict.kind === "regression" || wanted === "always" || namesLayers(entry, lane.outputs);
  // Engines with marked layers are built on the GPU for a while.
  if (wantsSearch(outputsVerdict)) search.beginRanking();
  const hear = (done: number) => context.effects.log.progress(`${entry.name}: localise`, `layers of sample ${done} of ${samples.length}`);
  const localised = wantsLayers ? await watch.time("localise", () => localise(judging, engine, samples, hear)) : undefined;
  const { verdict: measuredVerdict, findings } = judgeWithLayers(judging, decided, localised, outputsVerdict);
  const evidence = await prepared.evidence();
  const doubt = doubtOf(findings, decided.run.measured.measurements, {
    waivers: entry.waivers,
    today: context.today,
    cap: entry.validation?.maxSamples,
  });
  const verdict = withEvidence(withCertainty(measuredVerdict, doubt), evidence);

  const searched = wantsSearch(verdict) ? await watch.time("search", () => search.run(decided.run, verdict)) : undefined;
  const outcome = searched?.outcome;
  const accepted = searched && isFix(searched) ? searched : undefined;
  // A curve lets people choose another set: its fix needs the scales as well.
  const own = accepted || outcome?.curve ? await exportedCache(prepared) : undefined;
  const fixed = accepted && (await fixedEngine(lane, accepted));
  // Times are taken while nothing else of the gate runs.
  if (lane.timePlans) await search.close();
  const tried = (outcome?.probes ?? []).flatMap(({ result }) => (result.kind === "measured" ? (result.engine ?? []) : []));
  const timed = await watch.time("latency", () => timeEngines(lane, { plain: engine, fixed, tried }));
  const engines = await keepEngineFiles({ judged: engine, fixed }, prepared, context);
  const before = known.baseline ?? (await watch.time("baseline", () => explainByBaseline({ ...known.asked, seconds: secondsOf(watch) })));
  const facts: CheckFacts = {
    ...known,
    ...optional({ baseline: before, inputsSha256: known.asked.digest }),
    decided,
    verdict: lane.lane === "simulate" ? verdict : withEngineFacts(verdict, engine, entry, timed),
    timed,
    findings,
    evidence,
    harm: harm.found(),
    ...optional({ doubt, localised, searched, outcome, own, task, fixed, engines, half }),
  };
  const fix = accepted ? await watch.time("fix", () => fixModel(facts, accepted)) : ((await scalesOnly(facts)) ?? (await keptModel(facts)));
  const builder = await watch.time("builder-check", () => checkBuilder(prepared, accepted?.outcome.keep ?? []));
  const report = await assembleReport({ ...facts, ...optional({ fix, builder }) }, watch.timings);
  return { ...report, message: fittingMessage(report, entry.validation?.maxSamples), ...(await writeReproduction(facts)) };
}

/** All units of several in higher precision are the model without INT8: nothing to offer. */
const isFix = ({ outcome: { keep, units } }: Searched): boolean => keep.length > 0 && (units.length === 1 || keep.length < units.length);

/** The engine that the proof is about; where nothing could be proved, the one that the search chose. */
const fixedEngine = async (lane: Prepared["lane"], { outcome }: Searched): Promise<Engine | undefined> =>
  outcome.proof.result?.engine ?? (lane.lane === "simulate" ? undefined : await lane.build({ keep: new Set(outcome.keep) }));

/** What the engine itself says: whether INT8 was used at all, then its speed. */
const withEngineFacts = (verdict: Verdict, { facts }: Engine, { tensorrt, latency }: ModelEntry, timed: Timed): Verdict =>
  withLatency(withInt8Share(verdict, facts.int8, tensorrt.minInt8Share, timed), timed, latency.maxSlowdownVsReference);

/** Leaves out what is undefined, as exact optional properties ask. */
function optional<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
