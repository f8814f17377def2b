/**
 * From kept units to a fix that carries its proof: the fixed model built afresh, judged by the same rules on samples the search never saw,
 * and the artefacts that a user runs.
 */
import { join, relative } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { type Fix, fixFormats } from "../fix/artifact.ts";
import { makeArtifacts } from "../fix/artifacts.ts";
import type { Engine } from "../model/engine.ts";
import type { PreparedLane } from "../model/lane.ts";
import { encodeModel, removeUnitQdq } from "../onnx/edit.ts";
import { readModel } from "../onnx/read.ts";
import { keptUnit, measuredTensor } from "../report/build.ts";
import type { ModelReport } from "../report/schema.ts";
import type { SampleSplit } from "../search/sample-split.ts";
import type { SearchOutcome } from "../search/search.ts";
import { buildWith } from "./build-flags.ts";
import type { CheckFacts } from "./check-facts.ts";
import type { CheckContext } from "./context.ts";
import { ownCacheName } from "./exported-cache.ts";
import { fileName } from "./file-name.ts";
import { latencyOf, timedOf } from "./latency.ts";
import { type JudgedRun, type Judging, judgeOutputs, worstSqnrDb } from "./outputs.ts";
import type { Prepared } from "./prepare.ts";
import { marginDb } from "./probe.ts";

type FixReport = NonNullable<ModelReport["fix"]>;
type Verified = NonNullable<FixReport["verified"]>;

/** Verifies what the search kept and writes its artefacts, which carry the proof in their header. */
export async function fixModel(facts: CheckFacts, outcome: SearchOutcome): Promise<FixReport> {
  const { entry, prepared, context, judging, halves, own, decided } = facts;
  const { verified, engine } = await verifyFix(judging, halves, outcome);
  const folderName = fixFolder(prepared, entry);
  const fix = await describeFix(facts, outcome, verified);
  const cache = own === undefined ? [] : [await writeCache(own.text, folderName, context)];
  return {
    files: [...(await writeFix(fix, folderName, context)), ...cache],
    verified,
    latency: latencyOf(timedOf(decided.run.engine, engine), entry.latency.maxSlowdownVsReference),
  };
}

const fixFolder = ({ sha256 }: Pick<Prepared, "sha256">, { name }: ModelEntry): string => `${fileName(name)}-${sha256.slice(0, 8)}`;

async function describeFix({ entry, prepared, context, own }: CheckFacts, outcome: SearchOutcome, verified: Verified): Promise<Fix> {
  const units = new Map(prepared.lane.units.map((unit) => [unit.id, unit]));
  const { qdqPath } = prepared.job.quantization;
  const place = placeIn(join("fix", fixFolder(prepared, entry)), context);
  const built = buildWith(prepared, own);
  const cachePath =
    (own && place(ownCacheName)) ?? (prepared.job.quantization.cachePath === undefined ? undefined : entry.quantization?.cache);
  const source = qdqPath ?? (prepared.holdsQdq ? prepared.job.modelPath : undefined);
  const kept = outcome.keep.map((id) => keptUnit(units.get(id) ?? id));
  return {
    gateVersion: context.version,
    model: { name: entry.name, path: entry.path, sha256: prepared.sha256 },
    kept,
    totalUnits: prepared.lane.units.length,
    precision: prepared.job.keepPrecision,
    why: outcome.message,
    verified: verified.message,
    ...(cachePath === undefined ? {} : { cachePath }),
    ...(entry.quantization?.qdq === undefined ? {} : { qdqPath: entry.quantization.qdq }),
    algorithm: prepared.quantization.algorithm,
    buildWith: built,
    entry: entry.given,
    place,
    ...(source === undefined
      ? {}
      : {
          editedModel: await withoutQdqOf(
            source,
            outcome.keep,
            qdqPath === undefined ? undefined : prepared.job.modelPath,
            context.effects,
          ),
        }),
  };
}

/** The explicitly quantised model with the Q/DQ of the kept units taken out. */
async function withoutQdqOf(path: string, keep: readonly string[], floatPath: string | undefined, { files }: Effects): Promise<Uint8Array> {
  const float = floatPath === undefined ? undefined : await readModel(floatPath, files);
  return encodeModel(await removeUnitQdq(await readModel(path, files), keep, files, float));
}

export interface ProvenFix {
  readonly verified: Verified;
  /** The engine whose figures are shown: the worst of those that were judged. */
  readonly engine: Engine | undefined;
}

/**
 * Judged on the held-out half by fresh builds of this run, the search's confirmations among them; all must pass, in the precisions asked for.
 * A build that failed as a tool is neither a vote nor a build.
 */
export async function verifyFix(judging: Judging, halves: SampleSplit, outcome: SearchOutcome): Promise<ProvenFix> {
  const samples = halves[outcome.heldOutHalf ?? "accept"];
  const engines = await freshEngines(judging.lane, outcome);
  const runs: JudgedRun[] = [];
  for (const engine of engines) runs.push(await judgeOutputs(judging, engine, samples));
  const shown = runs.toSorted((a, b) => worstSqnrDb(a.measured) - worstSqnrDb(b.measured))[0];
  const votes = runs.map(({ judgement }) => judgement.verdict.kind === "pass");
  const ignored = engines.flatMap(({ facts }) => facts.ignored ?? []);
  const message = wordProof({
    votes,
    builds: engines.length,
    samples: samples.length,
    heldOut: halves.heldOut,
    lane: judging.lane,
    ignored,
    margins: [...(outcome.heldOut ? [outcome.heldOut.marginDb] : []), ...runs.map(({ judgement }) => marginDb(judgement.findings))],
    sqnrDb: shown ? worstSqnrDb(shown.measured) : Number.NaN,
  });
  return {
    engine: shown?.engine,
    verified: {
      by: judging.lane.lane === "simulate" ? "simulated" : "engine",
      passes: ignored.length === 0 && votes.length > 0 && votes.every((vote) => vote),
      builds: engines.length,
      message,
      outputs: (shown?.measured.measurements ?? []).map((measurement) =>
        measuredTensor(measurement, {
          findings: shown?.judgement.findings.filter(({ tensor }) => tensor === measurement.tensor) ?? [],
          limits: judging.entry.tolerance.limits,
        }),
      ),
    },
  };
}

/** Those that the search confirmed the set by, and as many more as are needed: two, or one where repeats are identical. */
async function freshEngines(lane: PreparedLane, { keep, confirmations }: SearchOutcome): Promise<Engine[]> {
  const engines = confirmations.flatMap(({ engine }) => engine ?? []);
  while (engines.length < (lane.deterministic ? 1 : 2)) engines.push(await lane.build({ keep: new Set(keep) }, { fresh: true }));
  return engines;
}

interface Proof {
  readonly votes: readonly boolean[];
  readonly builds: number;
  readonly samples: number;
  readonly heldOut: boolean;
  readonly lane: PreparedLane;
  readonly ignored: readonly string[];
  /** dB to the limit on the held-out half, of each build of this set. */
  readonly margins: readonly number[];
  readonly sqnrDb: number;
}

function wordProof({ votes, builds, samples: count, heldOut, lane, ignored, margins, sqnrDb }: Proof): string {
  if (ignored.length > 0)
    return `Not verified: TensorRT ran ${ignored.length} layers of kept units in INT8 nevertheless, first "${ignored[0]}".`;
  const samples = `${count} ${heldOut ? "held-out " : ""}sample${count === 1 ? "" : "s"}`;
  const built =
    lane.lane === "simulate" ? "a fresh simulated build (simulated; not verified on an engine)" : `${builds} fresh engine builds`;
  const passing = votes.filter((vote) => vote).length;
  return `${passing === votes.length ? "Passes" : `${passing} of ${votes.length} runs pass`} on ${samples} in ${built}: SQNR ${sqnrDb.toFixed(1)} dB.${wordSpread(margins)}`;
}

/** Recorded on an H100: a set that passed three builds in one run was refused in the next. Nothing where builds move less than the closest has to spare. */
function wordSpread(margins: readonly number[]): string {
  const [closest, most] = [Math.min(...margins), Math.max(...margins)];
  if (margins.length < 2 || !(most - closest > closest) || !(closest >= 0)) return "";
  const moved = Number.isFinite(most) ? `moved by ${(most - closest).toFixed(1)} dB` : "moved without bound";
  return ` Its builds ${moved} and the closest passed by ${closest.toFixed(1)} dB: another build may miss the limit. Use more validation samples, or a looser limit.`;
}

/** Commands run in the workspace: there a file of the fix lies below the report's folder. */
export const placeIn = (folder: string, { reportFolder, effects }: CheckContext): ((name: string) => string) => {
  const below = relative(effects.cwd, reportFolder);
  return (name) => join(below.startsWith("..") ? reportFolder : below, folder, name);
};

/** The scales that the gate made itself, which the commands of the fix name. */
async function writeCache(text: string, folderName: string, { effects, reportFolder }: CheckContext): Promise<FixReport["files"][number]> {
  const path = join("fix", folderName, ownCacheName);
  await effects.files.writeText(join(reportFolder, path), text);
  return { format: "cache", path, command: "", leftOut: [] };
}

/** Writes every format's files under `<report>/fix/<model>/` and tells what was written, with the command that uses each. */
export async function writeFix(fix: Fix, folderName: string, context: CheckContext): Promise<FixReport["files"]> {
  const written: FixReport["files"] = [];
  for (const artifact of fixFormats.flatMap((format) => makeArtifacts(format, fix))) {
    const path = join("fix", folderName, artifact.fileName);
    const target = join(context.reportFolder, path);
    if (typeof artifact.content === "string") await context.effects.files.writeText(target, artifact.content);
    else await context.effects.files.writeBytes(target, artifact.content);
    written.push({ format: artifact.format, path, command: artifact.command, leftOut: artifact.leftOut.map((one) => ({ ...one })) });
  }
  return written;
}
