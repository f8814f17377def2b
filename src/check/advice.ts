/** Gathers the figures that the rules of advice look at. The rules themselves are search/advice/. */

import { speedOf } from "../evaluate/latency.ts";
import { type HeldRange, heldRanges, reachOf } from "../model/held-range.ts";
import { pathArgument, shellLine } from "../model/shell-word.ts";
import { channelRanges } from "../onnx/channel-ranges.ts";
import { toNetwork } from "../onnx/network.ts";
import { readModel } from "../onnx/read.ts";
import { isKeptByFlag, withoutKeep } from "../prepare/kept-units.ts";
import { hasFallen } from "../report/base-change.ts";
import { stepThatSettles } from "../report/fitting-message.ts";
import { fromNum, type ModelReport } from "../report/schema.ts";
import { decidingRow, limitPhrase, rowLabel, rowName } from "../report/sections/outputs.ts";
import { changedFileRule } from "../search/advice/changed-file.ts";
import { type AdviceFacts, advise } from "../search/advice/index.ts";
import { inputRangeRule } from "../search/advice/input-range.ts";
import { madeUpRule } from "../search/advice/made-up-samples.ts";
import { movedScalesRule } from "../search/advice/moved-scales.ts";
import { isRenewal } from "../search/advice/stale-cache.ts";
import type { Advice } from "../search/outcome.ts";
import type { CheckFacts } from "./check-facts.ts";

/** A cache to renew, scales to put back and samples to prepare anew, then the search's own advice (it was measured), then what the other rules find. Nothing for a plain pass that has nothing slow. */
export async function adviceFor(facts: CheckFacts, report: ModelReport): Promise<readonly Advice[]> {
  const found = advise(await gather(facts, report));
  const first: readonly string[] = [movedScalesRule, changedFileRule, madeUpRule, inputRangeRule];
  const isFirst = (one: Advice) => isRenewal(one) || first.includes(one.rule);
  return [...found.filter(isFirst), ...(facts.outcome?.advice ?? []), ...found.filter((one) => !isFirst(one))];
}

async function gather(facts: CheckFacts, report: ModelReport): Promise<AdviceFacts> {
  const { entry, prepared, decided, outcome } = facts;
  const limitDb = entry.tolerance.limits.sqnrDb?.fail;
  const worstOutputDb = Math.min(
    ...decided.run.measured.measurements
      .filter(({ role, kind }) => role === "output" && kind !== "index")
      .map(({ metrics }) => metrics.sqnrDb ?? Number.NaN),
  );
  return {
    layers: report.layers.map((layer) => ({
      tensor: layer.tensor,
      injectedDb: layer.injected?.sqnrDb === undefined ? Number.NaN : fromNum(layer.injected.sqnrDb),
      accumulatedDb: layer.metrics.sqnrDb === undefined ? Number.NaN : fromNum(layer.metrics.sqnrDb),
    })),
    limitDb,
    calibration: {
      algorithm: report.quantization.algorithm,
      ...(report.quantization.samples === null ? {} : { samples: report.quantization.samples }),
      minSamples: entry.quantization?.minSamples ?? 0,
      onlyCache: entry.quantization?.cache !== undefined && prepared.job.quantization.data === undefined,
      ranges: await rangesOf(facts),
      inputs: report.verdict === "regression" ? await inputsBeyond(facts.prepared) : [],
      missingScales: prepared.lane.coverage.missingScales,
      ...(prepared.staleCache === undefined ? await staleOf(facts) : { renewal: prepared.staleCache }),
    },
    moved: await movedOf(facts, report),
    changed: changedOf(facts, report),
    validation: validationFacts(facts, report),
    keptHere: keptFacts(facts, report),
    weights: outcome?.kind === "diffuse" ? await weightsOf(facts) : [],
    ...(outcome
      ? {
          search: {
            outcome: outcome.kind,
            kept: outcome.keep.length,
            units: outcome.units.length,
            probes: outcome.probes.length,
            precision: prepared.job.keepPrecision,
            ...(Number.isFinite(worstOutputDb) ? { plainDb: worstOutputDb } : {}),
            missed: missedBy(report),
            settles: stepThatSettles(report, entry.validation?.maxSamples),
          },
        }
      : {}),
    latency: latencyFacts(facts),
    accurate: report.verdict === "pass" || report.reason === "latency",
  };
}

/** A list in the configuration has no file of its own to take away. */
function keptFacts({ entry }: CheckFacts, { kept }: ModelReport): AdviceFacts["keptHere"] {
  if (kept === undefined) return undefined;
  const { file, atBase = "none", committed } = kept;
  const remove = shellLine([...(committed === true ? ["git", "rm"] : ["rm"]), pathArgument(file)]);
  const isOwn = typeof entry.keep === "string" && !isKeptByFlag(entry);
  return { file, atBase, without: withoutKeep(entry), ...(isOwn ? { remove } : {}) };
}

/** How long a run takes does not depend on the numbers. */
const validationFacts = ({ evidence: { samples, madeUp = 0 } }: CheckFacts, { verdict, reason }: ModelReport): AdviceFacts["validation"] =>
  verdict === "regression" && reason !== "latency" ? { samples, madeUp } : undefined;

/** `agreement 98.96 % of "label", limit ≥ 99 %`: the figure that decided, by the limit that its output has. */
function missedBy(report: ModelReport): string | undefined {
  const row = decidingRow(report);
  if (row?.level !== "fail" || row.limit === undefined || row.of === "task") return undefined;
  return `${rowLabel(row)} ${row.words.value} of "${rowName(row, (name) => name)}", ${limitPhrase(row)}`;
}

function latencyFacts({ timed: { half, candidate }, entry }: CheckFacts): NonNullable<AdviceFacts["latency"]> {
  return {
    referenceMs: half?.ms.median,
    candidateMs: candidate?.ms.median,
    isFaster: candidate?.ratio !== undefined && speedOf(candidate.ratio) === "faster",
    maxSlowdown: entry.latency.maxSlowdownVsReference,
  };
}

/** Only of Q/DQ models: from scales the gate quantises weights per channel. */
async function weightsOf({ prepared: { job, holdsQdq } }: CheckFacts): Promise<NonNullable<AdviceFacts["weights"]>> {
  const path = job.quantization.qdqPath ?? (holdsQdq ? job.modelPath : undefined);
  if (path === undefined) return [];
  const { files } = job.effects;
  return await channelRanges(toNetwork(await readModel(path, files, { weights: "left-in-file" })), files);
}

/** What each scale can represent against what the float model showed on the validation samples. */
async function rangesOf({ prepared, localised }: CheckFacts): Promise<NonNullable<NonNullable<AdviceFacts["calibration"]>["ranges"]>> {
  const held = heldRanges(prepared.lane);
  return (localised?.layers ?? []).flatMap(({ tensor, reference }) => {
    const range = held.get(tensor);
    return range === undefined ? [] : [{ tensor, ...seenRange(range, reference) }];
  });
}

function seenRange(range: HeldRange, { min, max }: { readonly min: number; readonly max: number }) {
  const { ratio, seen, end } = reachOf(range, min, max);
  return { ratio, seenAmax: seen, calibratedAmax: end };
}

/** Of each input that has a scale or quantiser: how far the validation samples go, and the share of values beyond it. */
async function inputsBeyond({
  lane,
  job: { validation },
}: CheckFacts["prepared"]): Promise<NonNullable<NonNullable<AdviceFacts["calibration"]>["inputs"]>> {
  const held = heldRanges(lane);
  const found = new Map<string, { range: HeldRange; min: number; max: number; beyond: number; count: number }>();
  for (let sample = 0; sample < validation.count; sample++) {
    for (const { name, data } of (await validation.feed(sample)).values()) {
      const range = held.get(name);
      if (range === undefined || !(range.high > 0) || !(data instanceof Float32Array)) continue;
      const input = found.get(name) ?? { range, min: Number.POSITIVE_INFINITY, max: Number.NEGATIVE_INFINITY, beyond: 0, count: 0 };
      found.set(name, input);
      input.count += data.length;
      for (const value of data) {
        if (value < input.min) input.min = value;
        if (value > input.max) input.max = value;
        if (value < range.low || value > range.high) input.beyond++;
      }
    }
  }
  return [...found].map(([tensor, { range, beyond, count, ...ends }]) => ({
    tensor,
    ...seenRange(range, ends),
    share: count === 0 ? 0 : beyond / count,
  }));
}

/** Nothing without a base commit, where no scale moved, and where the file that holds them changed otherwise too. Of what is no regression only where units are kept, which may hide a broken scale, and where a figure fell by more than its noise. */
async function movedOf({ baseline, entry, context, prepared }: CheckFacts, report: ModelReport): Promise<AdviceFacts["moved"]> {
  const { verdict, kept } = report;
  const { scalesIn, report: base } = baseline ?? {};
  const fell = verdict !== "regression" && hasFallen(report);
  if (!(verdict === "regression" || kept !== undefined || fell)) return undefined;
  if (base === undefined || scalesIn === undefined || !holdsScales(entry) || prepared.staleCache?.renewedFrom !== undefined)
    return undefined;
  const { proto } = await readModel(prepared.job.modelPath, context.effects.files, { weights: "left-in-file" });
  return {
    commit: base.commit,
    scales: base.scales ?? [],
    hasFallen: fell,
    cache: scalesIn,
    what: scalesIn === entry.quantization?.cache ? "calibration cache" : "Q/DQ model",
    basePassed: didPass(base),
    inputs: (proto.graph?.input ?? []).map(({ name }) => name),
  };
}

/** Nothing without a base commit; of what is no regression only where a figure fell. */
function changedOf({ baseline }: CheckFacts, report: ModelReport): AdviceFacts["changed"] {
  const { calibrationFile, report: base } = baseline ?? {};
  const fell = report.verdict !== "regression" && hasFallen(report);
  if (base === undefined || calibrationFile === undefined || !(report.verdict === "regression" || fell)) return undefined;
  return { ...calibrationFile, commit: base.commit, basePassed: didPass(base), hasFallen: fell };
}

const didPass = ({ verdict }: NonNullable<ModelReport["baseline"]>): boolean | undefined =>
  verdict === null ? undefined : verdict === "pass";

/** Else calibration makes them. */
const holdsScales = ({ quantization }: CheckFacts["entry"]): boolean =>
  quantization === undefined || quantization.cache !== undefined || quantization.qdq !== undefined;

/** Hours by which the model is newer than its cache; nothing where the files come from a checkout, whose times say nothing. */
async function staleOf({ entry, context }: CheckFacts): Promise<{ stale?: { modelNewerHours: number } }> {
  const cache = entry.quantization?.cache;
  if (cache === undefined || context.isCheckout) return {};
  const { files, cwd } = context.effects;
  const [model, file] = await Promise.all([files.stat(`${cwd}/${entry.path}`), files.stat(`${cwd}/${cache}`)]);
  const hours = model && file ? (model.modifiedMs - file.modifiedMs) / 3_600_000 : 0;
  return hours > 0 ? { stale: { modelNewerHours: Math.round(hours * 10) / 10 } } : {};
}
