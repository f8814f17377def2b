/** From kept units to a fix that carries its proof, and the artefacts that a user runs. Proves nothing by itself: the search did. */

import { join, relative } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import { fileName } from "../effects/file-name.ts";
import { latencyOfFix } from "../evaluate/latency.ts";
import type { Judging } from "../evaluate/outputs.ts";
import { comesAsQdq, type Fix, type FixFormat, formatsFor } from "../fix/artifact.ts";
import { makeArtifacts } from "../fix/artifacts.ts";
import { refusedIn, withoutProof } from "../fix/from-report.ts";
import type { Engine } from "../model/engine.ts";
import { recordOf } from "../model/placement.ts";
import { plural } from "../model/plural.ts";
import type { CheckContext } from "../prepare/context.ts";
import { editedQdqModel } from "../prepare/edited-qdq.ts";
import { ownCacheName } from "../prepare/exported-cache.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { Searched } from "../probes/search.ts";
import { keptUnit, measuredOutputs } from "../report/build.ts";
import type { KeptUnit, ModelReport } from "../report/schema.ts";
import type { SearchOutcome } from "../search/outcome.ts";
import { writeBeside } from "./beside-report.ts";
import { buildWith } from "./build-flags.ts";
import { wholeModel } from "./built-models.ts";
import { type FixCaveat, fixCaveats } from "./fix-caveats.ts";
import type { FixFacts } from "./fix-facts.ts";
import { writeKeepPatch } from "./keep-patch.ts";
import { withReplacement } from "./replace-model.ts";

type FixReport = NonNullable<ModelReport["fix"]>;
type Verified = NonNullable<FixReport["verified"]>;

/** Verifies what the search kept and writes its artefacts, which carry the proof in their header. */
export async function fixModel(facts: FixFacts, searched: Searched): Promise<FixReport> {
  const { entry, prepared, context, judging, own, fixed, timed } = facts;
  const { outcome } = searched;
  const proved = provedForm(prepared, fixed);
  const checked = verifyFix(judging, searched);
  const left = checked.passes && fixed !== undefined ? await fixCaveats(judging, fixed, searched.proofRun) : [];
  const verified = { ...withLeft(checked, left), ...(proved ? { form: proved } : {}) };
  const folderName = fixFolder(prepared, entry);
  const fix = { ...(await describeFix(facts, outcome, verified)), proved };
  const cache = own === undefined ? [] : await writeCache(own.text, folderName, context);
  const { files: patch, ...suggestion } = await writeKeepPatch(fix, folderName, context);
  const written = await writeFix(fix, folderName, context);
  // A keep file that is there already would name units that the fixed model does not quantise.
  const files = prepared.kept === undefined ? await withReplacement(written, fix, context) : written;
  return {
    files: [...files, ...cache, ...patch],
    ...suggestion,
    verified,
    latency: latencyOfFix(timed, entry.latency.maxSlowdownVsReference),
  };
}

/** Without kept units only the scales that the gate made itself, for the fix of any point of the curve; undefined where there are none. */
export async function scalesOnly({ prepared, entry, own, context }: FixFacts): Promise<FixReport | undefined> {
  if (own === undefined) return undefined;
  return { files: await writeCache(own.text, fixFolder(prepared, entry), context), verified: null, latency: null };
}

/**
 * Of a model that comes as Q/DQ the file that was judged: the repository's own without the Q/DQ of the units that its keep file names. Undefined where
 * none are kept, and where scales quantise the model.
 */
export async function keptModel(facts: FixFacts): Promise<FixReport | undefined> {
  const { entry, prepared, context, decided } = facts;
  if (prepared.kept === undefined || !comesAsQdq(prepared.quantization)) return undefined;
  const why = { keep: [], message: `Kept by ${prepared.kept.file}.` };
  const verified = { message: "The check judged the model with these units kept: report.json holds its verdict." };
  const { engine } = decided.run;
  const fix = { ...(await describeFix({ ...facts, fixed: engine }, why, verified)), proved: provedForm(prepared, engine) };
  return { files: await writeFix(fix, fixFolder(prepared, entry), context, ["qdq"]), verified: null, latency: null };
}

const fixFolder = ({ sha256 }: Pick<Prepared, "sha256">, { name }: ModelEntry): string => `${fileName(name)}-${sha256.slice(0, 8)}`;

async function describeFix(
  { entry, prepared, context, own, fixed, engines = [] }: FixFacts,
  outcome: Pick<SearchOutcome, "keep" | "message"> & Partial<Pick<SearchOutcome, "proof">>,
  verified: Pick<Verified, "message">,
): Promise<Fix> {
  const units = new Map(prepared.lane.units.map((unit) => [unit.id, unit]));
  const place = placeIn(join("fix", fixFolder(prepared, entry)), context);
  const built = buildWith(prepared, own, timingCacheAt({ engines, context }));
  const cachePath =
    (own && place(ownCacheName)) ?? (prepared.job.quantization.cachePath === undefined ? undefined : entry.quantization?.cache);
  const kept = [...(prepared.kept?.units ?? []), ...outcome.keep.map((id) => keptUnit(units.get(id) ?? id))];
  const { placement } = prepared.lane;
  const keptIds = kept.map(({ unit }) => unit);
  const edited = (await builtModel(prepared, fixed)) ?? (await editedQdqModel(prepared, keptIds));
  return {
    gateVersion: context.version,
    model: { name: entry.name, path: entry.path, sha256: prepared.sha256 },
    kept,
    int8: int8Units(prepared, outcome.keep),
    totalUnits: prepared.lane.units.length + (prepared.kept?.ids.size ?? 0),
    precision: prepared.job.keepPrecision,
    why: withoutProof(outcome),
    verified: verified.message,
    cachePath,
    ...(placement === undefined ? {} : { placement: recordOf(placement) }),
    qdqPath: entry.quantization?.qdq,
    algorithm: prepared.quantization.algorithm,
    quantized: prepared.quantization.precision,
    refused: refusedIn({ quantization: prepared.quantization, caveats: [...prepared.caveats] }),
    buildWith: built,
    entry: entry.given,
    place,
    report: placeIn("", context)("report.json"),
    editedModel: edited,
  };
}

/** Units with scales that are not kept; none where Q/DQ in the model say which they are. */
function int8Units({ lane, job, holdsQdq }: Prepared, keep: readonly string[]): KeptUnit[] {
  if (holdsQdq || job.quantization.qdqPath !== undefined) return [];
  const missing = new Set(lane.coverage.missingScales);
  return lane.units
    .filter((unit) => !keep.includes(unit.id) && !unit.inputs.some((name) => missing.has(name)))
    .map((unit) => keptUnit(unit));
}

/** In which form the fixed engine was built: as a model of its own, whose kept units hold no Q/DQ, or by precisions of the given model's layers. */
function provedForm({ job }: Prepared, fixed: Engine | undefined): Fix["proved"] {
  const built = fixed?.facts.built;
  if (built === undefined) return undefined;
  return { format: built.modelPath === job.modelPath ? "polygraphy" : "qdq", typed: built.typed };
}

/** The very file that the fixed engine was built from; undefined where that is the user's own. Weights that lie beside it are taken in. */
async function builtModel(prepared: Prepared, fixed: Engine | undefined): Promise<Uint8Array | undefined> {
  const { files } = prepared.job.effects;
  const path = provedForm(prepared, fixed)?.format === "qdq" ? fixed?.facts.built?.modelPath : undefined;
  if (path === undefined) return undefined;
  return await wholeModel(path, files);
}

/** What the search proved, as the fix carries it: by the proof samples, in the precisions asked for. */
export function verifyFix(judging: Judging, { outcome, proofRun }: Searched): Verified {
  const { proof } = outcome;
  const ignored = proof.result?.engine?.facts.ignored ?? [];
  const isSimulated = judging.lane.lane === "simulate";
  return {
    by: isSimulated ? "simulated" : "engine",
    passes: ignored.length === 0 && (proof.state === "proved" || proof.state === "likely"),
    builds: 1,
    message:
      ignored.length > 0 ? ignoredWords(ignored) : `${proof.message}${isSimulated ? " (Simulated; not verified on an engine.)" : ""}`,
    outputs: proofRun ? measuredOutputs(proofRun.measured.measurements, proofRun.judgement.findings, judging.entry.tolerance) : [],
  };
}

/** What a check of the fix would add stands in its message, so that no proof is followed by a caveat that nobody announced. */
export const withLeft = (verified: Verified, left: readonly FixCaveat[]): Verified =>
  left.length === 0
    ? verified
    : {
        ...verified,
        message: [verified.message, ...left.map(({ reason, message }) => `Caveat of the fix (${reason}): ${message}`)].join(" "),
        caveats: left.map((caveat) => ({ ...caveat })),
      };

const ignoredWords = (ignored: readonly string[]): string =>
  `Not verified: TensorRT ran ${plural(ignored.length, "layer")} of kept units in a lower precision nevertheless, first "${ignored[0]}".`;

/** Path of the run's timing cache in the report's folder; undefined where it is not there. */
export const timingCacheOf = ({ engines = [] }: Pick<FixFacts, "engines">): string | undefined =>
  engines.find(({ role }) => role === "timing-cache")?.path;

/** The same as commands in the workspace name it. */
export function timingCacheAt(facts: Pick<FixFacts, "engines" | "context">): string | undefined {
  const path = timingCacheOf(facts);
  return path === undefined ? undefined : placeIn("", facts.context)(path);
}

/** Commands run in the workspace: there a file of the fix lies below the report's folder. */
export const placeIn = (folder: string, { reportFolder, effects }: CheckContext): ((name: string) => string) => {
  const below = relative(effects.cwd, reportFolder);
  return (name) => join(below.startsWith("..") ? reportFolder : below, folder, name);
};

/** The scales that the gate made itself, which the commands of the fix name. */
async function writeCache(text: string, folderName: string, context: CheckContext): Promise<FixReport["files"]> {
  const path = join("fix", folderName, ownCacheName);
  const written = await writeBeside(path, context, (target) => context.effects.files.writeText(target, text));
  return written ? [{ format: "cache", path, command: "", leftOut: [] }] : [];
}

/** Writes the formats' files under `<report>/fix/<model>/` and tells what was written, with the command that uses each. */
async function writeFix(
  fix: Fix,
  folderName: string,
  context: CheckContext,
  formats: readonly FixFormat[] = formatsFor(fix),
): Promise<FixReport["files"]> {
  const written: FixReport["files"] = [];
  for (const artifact of formats.flatMap((format) => makeArtifacts(format, fix))) {
    const path = join("fix", folderName, artifact.fileName);
    const { content } = artifact;
    const isWritten = await writeBeside(path, context, (target) =>
      typeof content === "string" ? context.effects.files.writeText(target, content) : context.effects.files.writeBytes(target, content),
    );
    // One warning is enough: what follows lies in the same folder.
    if (!isWritten) break;
    written.push({ format: artifact.format, path, command: artifact.command, leftOut: artifact.leftOut.map((one) => ({ ...one })) });
  }
  return written;
}
