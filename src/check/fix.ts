/**
 * From kept units to a fix that carries its proof: the fixed model built afresh, judged by the same rules on samples the search never saw,
 * and the artefacts that a user runs.
 */
import { join } from "node:path";
import type { Effects } from "../effects/effects.ts";
import { type Fix, fixFormats } from "../fix/artifact.ts";
import { makeArtifacts } from "../fix/artifacts.ts";
import type { BuildFacts, PreparedLane } from "../lanes/lane.ts";
import { encodeModel, removeUnitQdq } from "../onnx/edit.ts";
import { readModel } from "../onnx/read.ts";
import { keptUnit, measuredTensor } from "../report/build.ts";
import { type ModelReport, toNum } from "../report/schema.ts";
import type { SearchOutcome } from "../search/search.ts";
import type { CheckFacts } from "./assemble.ts";
import type { CheckContext } from "./context.ts";
import type { Halves } from "./halves.ts";
import { type Judging, judgeOutputs, worstSqnrDb } from "./outputs.ts";

type FixReport = NonNullable<ModelReport["fix"]>;
type Verified = NonNullable<FixReport["verified"]>;
type Latency = NonNullable<FixReport["latency"]>;

/** Verifies what the search kept and writes its artefacts, which carry the proof in their header. */
export async function fixModel(facts: CheckFacts, outcome: SearchOutcome): Promise<FixReport> {
  const { entry, prepared, context, judging, halves } = facts;
  const verified = await verifyFix(judging, halves, outcome);
  const fix = await describeFix(facts, outcome, verified);
  const folderName = `${entry.name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60)}-${prepared.sha256.slice(0, 8)}`;
  return {
    files: await writeFix(fix, folderName, context),
    verified,
    latency: latencyOf(prepared.lane, entry.latency.maxSlowdownVsReference),
  };
}

async function describeFix({ entry, prepared, context }: CheckFacts, outcome: SearchOutcome, verified: Verified): Promise<Fix> {
  const units = new Map(prepared.lane.units.map((unit) => [unit.id, unit]));
  const { cachePath, qdqPath } = prepared.job.quantization;
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
    ...(cachePath === undefined || entry.quantization?.cache === undefined ? {} : { cachePath: entry.quantization.cache }),
    ...(entry.quantization?.qdq === undefined ? {} : { qdqPath: entry.quantization.qdq }),
    algorithm: prepared.quantization.algorithm,
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
  return encodeModel(removeUnitQdq(await readModel(path, files), keep, float));
}

/** Judged on the held-out half by fresh builds; all of them must pass. */
export async function verifyFix(judging: Judging, halves: Halves, outcome: SearchOutcome): Promise<Verified> {
  const { lane } = judging;
  const by = lane.lane === "simulate" ? "simulated" : "engine";
  const builds = lane.deterministic ? 1 : 2;
  const runs = [];
  for (let n = 0; n < builds; n++) {
    runs.push(await judgeOutputs(judging, { assignment: { keep: new Set(outcome.keep) }, samples: halves.accept, fresh: true }));
  }
  const passing = runs.filter(({ judgement }) => judgement.verdict.kind === "pass").length;
  const shown = runs.toSorted((a, b) => worstSqnrDb(a.measured) - worstSqnrDb(b.measured))[0];
  const samples = `${halves.accept.length} ${halves.heldOut ? "held-out" : "(the same)"} sample${halves.accept.length === 1 ? "" : "s"}`;
  const built = by === "engine" ? `${builds} fresh engine builds` : "a fresh simulated build (simulated; not verified on an engine)";
  const passes = passing === builds;
  return {
    by,
    passes,
    builds,
    message: `${passes ? "Passes" : `${passing} of ${builds} pass`} on ${samples} in ${built}: SQNR ${worstSqnrDb(shown?.measured ?? { measurements: [], coverage: noCoverage }).toFixed(1)} dB.`,
    outputs: (shown?.measured.measurements ?? []).map((measurement) =>
      measuredTensor(measurement, {
        findings: shown?.judgement.findings.filter(({ tensor }) => tensor === measurement.tensor) ?? [],
        limits: judging.entry.tolerance.limits,
      }),
    ),
  };
}

const noCoverage = { referenceTensors: 0, candidateTensors: 0, compared: 0, onlyReference: [], onlyCandidate: [] };

/** A fix that is slower than the reference engine is pointless: the reference could be shipped instead. */
export function latencyOf(lane: PreparedLane, maxSlowdown: number | undefined): Latency | null {
  const last = (wanted: (build: BuildFacts) => boolean) =>
    lane.builds().findLast((build) => build.latencyMs !== undefined && wanted(build))?.latencyMs;
  const referenceMs = last((build) => build.role === "reference");
  const candidateMs = last((build) => build.role === "candidate" && build.kept === 0);
  const fixedMs = last((build) => build.role === "candidate" && (build.kept ?? 0) > 0);
  if (referenceMs === undefined) return null;
  const slowdown = fixedMs === undefined ? undefined : fixedMs / referenceMs;
  const pointless = slowdown !== undefined && slowdown > (maxSlowdown ?? 1);
  const figures = [
    ["reference", referenceMs],
    ["INT8", candidateMs],
    ["fixed", fixedMs],
  ] as const;
  const text = figures.flatMap(([what, ms]) => (ms === undefined ? [] : [`${what} ${ms.toFixed(3)} ms`])).join(", ");
  return {
    referenceMs: toNum(referenceMs),
    ...(candidateMs === undefined ? {} : { candidateMs: toNum(candidateMs) }),
    ...(fixedMs === undefined ? {} : { fixedMs: toNum(fixedMs) }),
    ...(slowdown === undefined ? {} : { slowdownVsReference: toNum(slowdown) }),
    pointless,
    message: pointless
      ? `Pointless: the fixed engine is slower than the reference (${text}). Ship the reference instead.`
      : `Median latency: ${text}.`,
  };
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
