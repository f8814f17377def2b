/**
 * The base commit's result beside this one: what its model gave, and what of its files changed since. Measured in the same job by this run's limits, or
 * taken from a report of the very same files. It is something to compare with, never a verdict of its own on the change.
 */
import type { ComparedBase } from "../changes/compared-base.ts";
import { refusePointers } from "../changes/lfs.ts";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects, Memory } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError, TrustError } from "../effects/failure.ts";
import type { BaselineGap } from "../gate/baseline-limits.ts";
import type { Measurement } from "../measure/measurement.ts";
import { plainCandidate } from "../model/unit.ts";
import type { BaseOfModel, CheckContext } from "../prepare/context.ts";
import { prepareModel } from "../prepare/prepare-model.ts";
import { measuredOutputs } from "../report/build.ts";
import type { ModelReport } from "../report/schema.ts";
import { inputsDigest, type MeasuredWith, measuredWith, type Roots, validationDigest } from "./inputs-digest.ts";
import { judgeOutputs } from "./outputs.ts";
import { type ChangedFile, isOfJudgedSamples, type Suspects, suspects } from "./suspects.ts";

type BaselineReport = NonNullable<ModelReport["baseline"]>;

export interface Baseline {
  /** Only where they were measured in this run: what a report says decides nothing. */
  readonly measurements?: readonly Measurement[];
  /** Absent where there is no base at all. */
  readonly report?: BaselineReport;
  /** Why there are no measurements, where they were wanted. */
  readonly gap?: BaselineGap;
  /** The file that holds the scales that moved and nothing else that changed. */
  readonly scalesIn?: string | undefined;
  /** The only file besides validation samples that changed, where calibration rests on it. */
  readonly calibrationFile?: ChangedFile | undefined;
}

export interface BaselineRequest {
  readonly entry: ModelEntry;
  /** How this run's own figures were made, and the hash of what they rest on. */
  readonly by: MeasuredWith;
  readonly digest: string | undefined;
  /** What the same run of this commit's model took. */
  readonly seconds: number;
  readonly context: CheckContext;
}

/**
 * For limits against the base, or because it was asked for: always measured, whatever changed. Says why where there is no base or its model cannot be run.
 * To be called while no lane of this commit's model is open: a lane of engines holds its GPU.
 */
export async function measureBaseline(entry: ModelEntry, context: CheckContext): Promise<Baseline> {
  const found = await context.base(entry);
  const baseline =
    found === undefined
      ? { gap: context.baseGap }
      : await withFiles(found, { entry, context }, async (folder, changes) => await measuredThen(folder, changes, { entry, context }));
  if (baseline.gap !== undefined) context.effects.log.notice(`${entry.name} has no baseline: ${baseline.gap.why}`);
  return baseline;
}

/**
 * What explains a figure: the base's own, and what changed. Where no file of the model changed its figures are these. From a report of the very same
 * files where one is at hand; else by one run more in the simulate lane, while engines are not built again for it.
 */
export async function explainByBaseline(request: BaselineRequest): Promise<Baseline | undefined> {
  const { entry, context } = request;
  const found = await context.base(entry);
  if (found === undefined) return undefined;
  const { base, was } = found;
  if (!base.mayDiffer({ now: entry, was })) return { report: without(base, "same", sameWords(base)) };
  return await withFiles(found, request, async (folder, changes) => await knownThen(folder, changes, request));
}

/** What the base's files tell, and their folder's run; whatever fails of it is told in words and changes no verdict. */
async function withFiles(
  { base, was }: BaseOfModel,
  { entry, context: { effects } }: Pick<BaselineRequest, "entry" | "context">,
  figures: (folder: string, changes: Changes) => Promise<Baseline>,
): Promise<Baseline> {
  let changes: Changes = { base, was, suspects: nothingChanged };
  try {
    const files = await base.filesOf({ now: entry, was });
    if (files.kind === "new") {
      const why = `${entry.name} is new: it is not at ${placeOf(base)}.`;
      return { report: without(base, "new", why), gap: { kind: "none", why } };
    }
    if (files.kind === "unknown") return { ...unknown(changes, files.why), gap: { kind: "none", why: files.why } };
    changes = { base, was, suspects: await suspects(entry, files.folder, effects) };
    if (typeof was.reference === "object" && (await haveSamplesChanged(was, files.folder, effects))) {
      const why = "not comparable: the validation samples changed, and its saved reference is of the former ones";
      return { ...unknown(changes, why), gap: { kind: "unusable", why } };
    }
    await refusePointers([was], effects, files.folder);
    return await figures(files.folder, changes);
  } catch (error) {
    // What the base's files do that a change's must not is the base's matter: the change may be what mends it.
    const isKnown = [ToolError, ConfigError, FileError, TrustError].some((kind) => error instanceof kind);
    if (!(error instanceof Error) || !isKnown || (error instanceof ToolError && error.reason === "cancelled")) throw error;
    const why = `the base's model could not be run. ${error.message}`;
    return { ...unknown(changes, why), gap: { kind: "unusable", why } };
  }
}

/** Figures are compared on the same samples: the base's model runs on those of this commit. */
const rootsOf = (folder: string, { effects: { cwd } }: CheckContext): Required<Roots> => ({ root: folder, validationRoot: cwd });

async function haveSamplesChanged(was: ModelEntry, folder: string, { files, cwd }: Effects): Promise<boolean> {
  const [then, now] = [await validationDigest(was, folder, files), await validationDigest(was, cwd, files)];
  return then === undefined || then !== now;
}

interface Changes extends BaseOfModel {
  readonly suspects: Suspects;
}

const nothingChanged: Suspects = { causes: [], scales: [] };

async function knownThen(folder: string, changes: Changes, request: BaselineRequest): Promise<Baseline> {
  const { entry, by, digest, seconds, context } = request;
  const { base, was } = changes;
  const then = await inputsDigest(was, rootsOf(folder, context), by, context.effects.files);
  if (then !== undefined && then === digest) return { report: without(base, "same", sameWords(base, changes.suspects.causes)) };
  const reports = await context.reportsOf(entry);
  const kept = then === undefined ? undefined : reports.flatMap(figuresOf).find((one) => one.inputsSha256 === then);
  if (kept !== undefined) return told(changes, { ...kept, source: "report", inputsSha256: then });
  if (!entry.explainsByBaseline) return unknown(changes, "its configuration says baseline: false");
  if (by.lane !== "simulate") return unknown(changes, notBuilt(entry));
  const leftMs = context.deadlineMs - context.effects.clock.monotonicMs();
  if (leftMs < 2000 * seconds) return unknown(changes, "too little of the run's time is left to measure it");
  if (isTight(context.effects.memory())) return unknown(changes, "too little memory is left to hold its model beside this one");
  // The same lane, whatever the machine would allow.
  const settings = { ...context.settings, options: { ...context.settings.options, lane: by.lane } };
  return await measuredThen(folder, changes, { entry, context: { ...context, settings } });
}

/** This commit's model is still open: its base's takes about as much. */
const isTight = ({ usedBytes, availableBytes }: Memory): boolean => availableBytes < usedBytes - ownBytes;
/** Of the program without a model. */
const ownBytes = 200 * 2 ** 20;

const notBuilt = ({ baseReport }: ModelEntry): string =>
  `engines of it are not built again for a figure, and ${baseReport === undefined ? "no report at hand" : `no report at hand, also not ${baseReport},`} is of its files, this machine and these versions. Keep its report (baseline: FILE), or build them in the same job (baseline: true)`;

/** A report of a model, and what it says of its own base: both may be of the files that are looked for. */
function figuresOf({ inputsSha256, outputs, verdict, message, baseline }: ModelReport): Figures[] {
  return [...(outputs.length === 0 ? [] : [{ inputsSha256, outputs, verdict, message }]), ...(hasFigures(baseline) ? [baseline] : [])];
}

type Figures = Pick<BaselineReport, "inputsSha256" | "outputs" | "message"> & { readonly verdict: NonNullable<BaselineReport["verdict"]> };

const hasFigures = (baseline: ModelReport["baseline"]): baseline is BaselineReport & Figures =>
  baseline !== null && baseline.verdict !== null && baseline.outputs.length > 0;

async function measuredThen(
  folder: string,
  changes: Changes,
  { entry, context }: Pick<BaselineRequest, "entry" | "context">,
): Promise<Baseline> {
  const { was } = changes;
  // What is to say of the base's files was said when they were merged.
  const { root, validationRoot } = rootsOf(folder, context);
  const prepared = await prepareModel(was, root, { ...context, effects: quiet(context.effects) }, validationRoot);
  try {
    const { lane } = prepared;
    const samples = Array.from({ length: lane.sampleCount }, (_, i) => i);
    const { seed } = context.settings.options;
    const judging = { entry, lane, seed, today: context.today, rowsOf: prepared.rowsOf };
    const run = await judgeOutputs(judging, await lane.build(plainCandidate), samples);
    const { measurements } = run.measured;
    const { verdict, findings } = run.judgement;
    const inputsSha256 = await inputsDigest(was, rootsOf(folder, context), measuredWith(lane, context), context.effects.files);
    const outputs = measuredOutputs(measurements, findings, entry.tolerance);
    return {
      ...told(changes, { source: "measured", inputsSha256, verdict: verdict.kind, message: verdict.message, outputs }),
      measurements,
    };
  } finally {
    await prepared.close();
  }
}

const quiet = (effects: Effects): Effects => ({
  ...effects,
  log: { ...effects.log, notice: (text) => effects.log.debug(text), warning: (text) => effects.log.debug(text) },
});

const told = (
  { base, suspects: { causes, scales, scalesIn, calibrationFile } }: Changes,
  figures: Pick<BaselineReport, "source" | "inputsSha256" | "verdict" | "message" | "outputs">,
): Baseline => ({
  report: {
    commit: base.commit,
    name: base.name,
    ...figures,
    causes: causes.filter((cause) => figures.source === "unknown" || !isOfJudgedSamples(cause)),
    scales: [...scales],
  },
  scalesIn,
  calibrationFile,
});

/** `why`: a clause or sentences. */
const unknown = (changes: Changes, why: string): Baseline =>
  told(changes, {
    source: "unknown",
    verdict: null,
    outputs: [],
    message: `No figure of ${placeOf(changes.base)}: ${why.replace(/\.$/, "")}.`,
  });

const without = ({ commit, name }: ComparedBase, source: BaselineReport["source"], message: string): BaselineReport => ({
  commit,
  name,
  source,
  verdict: null,
  outputs: [],
  message,
});

/** `main (2b4c6d8)`. */
const placeOf = ({ name, commit }: ComparedBase): string => `${name} (${commit.slice(0, 7)})`;
/** `causes`: what changed of its files although the figures on this commit's samples are the same. */
const sameWords = (base: ComparedBase, [cause]: readonly string[] = []): string =>
  cause === undefined
    ? `Its files are as at ${placeOf(base)}.`
    : `Only the samples that it is judged on changed: ${placeOf(base)} has the same figures on these.`;
