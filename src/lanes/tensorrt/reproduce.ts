/** The commands that do by hand what the engine lanes did, for people who live in `polygraphy` and `trtexec`. Words only; runs nothing. */
import { basename } from "node:path";
import { polygraphyBuild, trtexecBuild } from "../../model/build-command.ts";
import {
  polygraphyCalibrator,
  polygraphyOptions,
  polygraphyPlugins,
  polygraphyShapes,
  polygraphyTiming,
  trtexecOptions,
  trtexecTiming,
} from "../../model/build-options.ts";
import type { EngineJob, ShapeRange } from "../../model/job.ts";
import { besideCommands, type ReproductionFiles } from "../../model/reproduction.ts";
import { shellLine } from "../../model/shell-word.ts";

type NamedJob = Pick<EngineJob, "name" | "modelPath" | "quantization" | "tensorrt" | "sources">;

export interface Reproduction {
  readonly job: NamedJob;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Candidate's model and, in the implicit lane, its cache. */
  readonly candidateModel: string;
  readonly cachePath: string | undefined;
  /** Class that the cache was written by; the tools' own where it is left out. */
  readonly calibrator?: string;
  /** Weak typing: precisions are flags. Without it the model alone decides, and the flags are gone. */
  readonly weak: boolean;
  readonly keeps: boolean;
  /** Without it everything is in the folder that the commands run in. */
  readonly files?: ReproductionFiles | undefined;
}

/** In order: reference, candidate (fixed, with kept units), both runs, the comparison, and where trtexec can do it the same build with trtexec. */
export function reproduceEngines(facts: Reproduction): string[] {
  const { job, weak, calibrator, files: { place, timingCache, models = {} } = besideCommands } = facts;
  const name = job.name.replace(/[^A-Za-z0-9_.-]/g, "_");
  const engines = { reference: place(`${name}.fp16.engine`), candidate: place(`${name}.int8.engine`) };
  const cache = cacheOf(facts);
  const first = buildFlags(job, facts.shapes).polygraphy;
  const timing = polygraphyTiming(timingCache);
  const candidate = {
    model: models.candidate ?? candidateOf(facts),
    types: weak ? "int8 and fp16" : "typed",
    cache,
    engine: engines.candidate,
  } as const;
  // A model that the gate made says by itself which units are kept.
  const script =
    weak && facts.keeps && models.candidate === undefined ? { path: "fix_precision.py", constraints: "obey" as const } : undefined;
  const options = [...(cache === undefined ? [] : polygraphyCalibrator(calibrator)), ...timing];
  const reference = {
    model: models.reference ?? job.sources?.model ?? basename(job.modelPath),
    types: weak ? "fp16" : "typed",
    engine: engines.reference,
  } as const;
  const { trtexec } = buildFlags(job, facts.shapes, calibrator);
  return [
    polygraphyBuild({ ...reference, first, options: timing }),
    polygraphyBuild({ ...candidate, first, options, script }),
    runLine(facts, engines.reference, "reference.json"),
    runLine(facts, engines.candidate, "candidate.json"),
    compareLine(place),
    ...(trtexec === undefined ? [] : [trtexecBuild({ ...candidate, options: [...trtexec, ...trtexecTiming(timingCache)] })]),
  ];
}

const runLine = ({ job, files: { place } = besideCommands }: Reproduction, engine: string, outputs: string): string =>
  shellLine([
    ...["polygraphy", "run", engine, "--trt", ...polygraphyPlugins(pluginsOf(job))],
    ...["--load-inputs", place("inputs.json"), "--save-outputs", place(outputs)],
  ]);

/** Both files in one flag, reference first: two flags compare nothing and pass. */
const compareLine = (place: ReproductionFiles["place"]): string =>
  shellLine([
    ...["polygraphy", "run", "--load-outputs", place("reference.json"), place("candidate.json")],
    ...["--compare", "snr", "cosine_similarity", "--save-accuracy-results", place("accuracy.json")],
  ]);

/** None where there is no flag for it. Scales that the gate made count before a cache that the user names, which was too old for them. */
function cacheOf({ job, weak, cachePath, files }: Reproduction): string | undefined {
  return weak && cachePath !== undefined && files?.models?.candidate === undefined
    ? (files?.cache ?? job.sources?.cache ?? basename(cachePath))
    : undefined;
}

/** As the user writes them, where that is known. */
const pluginsOf = ({ sources, tensorrt }: Pick<NamedJob, "tensorrt" | "sources">): readonly string[] =>
  sources?.plugins ?? tensorrt.plugins;

export interface BuildFlags {
  readonly polygraphy: readonly string[];
  /** Undefined where it cannot build as the lane does. */
  readonly trtexec: readonly string[] | undefined;
}

/** What both tools need, beyond a model, its precisions and its cache, to build as the lane does. `calibrator`: class that wrote the cache. */
export function buildFlags(job: Pick<NamedJob, "tensorrt" | "sources">, shapes: Reproduction["shapes"], calibrator?: string): BuildFlags {
  const tensorrt = { ...job.tensorrt, plugins: pluginsOf(job) };
  return {
    polygraphy: [...polygraphyShapes(shapes), ...polygraphyOptions(tensorrt), ...polygraphyCalibrator(calibrator)],
    trtexec: trtexecOptions(shapes, tensorrt, calibrator),
  };
}

/** The user's own file where the candidate is one; a Q/DQ model that the gate made keeps the name it was written under. */
const candidateOf = ({ job, candidateModel }: Reproduction): string => {
  if (candidateModel === job.modelPath) return job.sources?.model ?? basename(candidateModel);
  return candidateModel === job.quantization.qdqPath ? (job.sources?.qdq ?? basename(candidateModel)) : basename(candidateModel);
};
