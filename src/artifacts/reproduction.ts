/**
 * What the gate measured of one model, as a script for other tools: the inputs, both sides, the comparison by the model's own limits.
 * Runs in the workspace at the commit that was checked; everything that the repository does not hold lies beside the script.
 */
import { join } from "node:path";
import { stringify } from "yaml";
import { toKebab } from "../config/case.ts";
import type { ModelEntry } from "../config/settings.ts";
import { fileName } from "../effects/file-name.ts";
import { keepFileText } from "../fix/keep-file.ts";
import type { ReproductionFiles } from "../model/reproduction.ts";
import { shapeFlags } from "../model/shape-flags.ts";
import { shellLine, shellWord } from "../model/shell-word.ts";
import { exportedCache, ownCacheName } from "../prepare/exported-cache.ts";
import type { ModelReport } from "../report/schema.ts";
import { plainLine } from "../report/text.ts";
import { writeBeside } from "./beside-report.ts";
import { keepBuiltModels } from "./built-models.ts";
import { placeIn, timingCacheOf } from "./fix.ts";
import type { FixFacts } from "./fix-facts.ts";

const scriptName = "reproduce.sh";
const toleranceName = "tolerance.yml";
const keepName = "keep.json";

/** Stands for the script's own folder until quoting is done; no character of it needs quotes. */
const here = "@here@";

type Told = Pick<ModelReport, "reproduce" | "reproduction">;

/** Writes the script and what it needs into `reproduce/<model>/` of the report's folder. */
export async function writeReproduction(facts: FixFacts): Promise<Told> {
  const { entry, prepared, context } = facts;
  const folder = join("reproduce", `${fileName(entry.name)}-${prepared.sha256.slice(0, 8)}`);
  const own = facts.own ?? (await exportedCache(prepared));
  const models = await keepBuiltModels(facts.decided.run.engine, prepared, { folder, context });
  const keep = keepText(facts);
  const beside = {
    ...(own === undefined ? {} : { [ownCacheName]: own.text }),
    ...(keep === undefined ? {} : { [keepName]: keep }),
    [toleranceName]: toleranceText(entry),
  };
  const missing = runsOf(facts, { place: (name) => name, models }).length === 0;
  if (missing) return { reproduce: [] };
  const lines = (files: ReproductionFiles) => commandLines(facts, files);
  const timing = timingCacheOf(facts);
  const filesAt = (place: ReproductionFiles["place"]): ReproductionFiles => ({
    place,
    ...(own ? { cache: place(ownCacheName) } : {}),
    ...(keep === undefined ? {} : { keep: place(keepName) }),
    models: Object.fromEntries(Object.entries(models).map(([role, name]) => [role, place(name)])),
    // Two folders up is the report's own.
    ...(timing === undefined ? {} : { timingCache: place(join("..", "..", timing)) }),
  });
  const script = scriptText(facts, lines(filesAt((name) => `${here}/${name}`)));
  const at = (name: string) => join(folder, name);
  const place = placeIn(folder, context);
  const reproduce = [...lines(filesAt(place))];
  for (const [name, text] of Object.entries({ ...beside, [scriptName]: script }))
    if (!(await writeBeside(at(name), context, (target) => context.effects.files.writeText(target, text)))) return { reproduce };
  return {
    reproduce,
    reproduction: {
      script: at(scriptName),
      command: `sh ${shellWord(place(scriptName))}`,
      files: [...Object.keys(beside), ...Object.values(models)].map(at),
    },
  };
}

/** Both sides; none where a side is in no file. */
const runsOf = ({ prepared }: Pick<FixFacts, "prepared">, files: ReproductionFiles): readonly string[] =>
  prepared.lane.reproduce({ keep: new Set() }, files).filter((line) => !line.startsWith("trt-gate compare"));

/** The command that writes the inputs, the lane's own, and the comparison by the limits of this model. */
function commandLines({ entry, prepared }: FixFacts, files: ReproductionFiles): readonly string[] {
  const { place } = files;
  return [
    inputsLine(entry, prepared.job.shapes, place("inputs.json")),
    ...runsOf({ prepared }, files),
    line("trt-gate", "compare", place("reference.json"), place("candidate.json"), "--tolerance-file", place(toleranceName)),
  ];
}

/** Shapes are given where the configuration fixes them, or for random inputs; else they are those of the samples. */
function inputsLine({ path, validation, shapes }: ModelEntry, resolved: FixFacts["prepared"]["job"]["shapes"], target: string): string {
  const { random, maxSamples = 1 } = validation ?? {};
  const fixed = random === undefined ? [...shapes].filter(([, { min, max }]) => min.join() === max.join()) : [...resolved];
  const source =
    random === undefined
      ? ["--data", validation?.data ?? validation?.inputs ?? validation?.loader ?? "", "--max-samples", String(maxSamples)]
      : [
          ...["--samples", String(Math.min(random.samples, maxSamples)), "--seed", String(random.seed)],
          ...(random.low === undefined ? [] : ["--low", String(random.low)]),
          ...(random.high === undefined ? [] : ["--high", String(random.high)]),
        ];
  return line("trt-gate", "inputs", path, ...source, ...shapeFlags(fixed), "-o", target);
}

/** Units that the entry names itself, as the file that the Q/DQ copy is made by; undefined where it names a file or keeps nothing, and for engines. */
const keepText = ({ entry, prepared: { kept, sha256, lane }, context }: FixFacts): string | undefined =>
  kept === undefined || typeof entry.keep === "string" || lane.lane !== "simulate"
    ? undefined
    : keepFileText({
        model: { name: entry.name, path: entry.path, sha256 },
        kept: kept.units,
        precision: kept.precision,
        gateVersion: context.version,
      });

/** The limits as the configuration has them; the default ones, spelt out, where it has none. */
const toleranceText = ({ given, tolerance }: ModelEntry): string => {
  const own = given.tolerance ?? Object.fromEntries(Object.entries(tolerance.limits).map(([metric, limit]) => [toKebab(metric), limit]));
  return `# The limits of this model, for trt-gate compare --tolerance-file.\n${stringify({ tolerance: own })}`;
};

/** A POSIX script. Names are data: each is one quoted word. */
function scriptText({ entry, prepared, context }: FixFacts, lines: readonly string[]): string {
  const tools = prepared.lane.lane === "simulate" ? "polygraphy and onnxruntime" : "polygraphy, tensorrt and a GPU";
  return [
    "#!/bin/sh",
    `# Measures ${plainLine(entry.name, 100)} again, as trt-gate ${context.version} did: inputs, both sides, the comparison by the model's limits.`,
    `# Run it in the repository at the commit that was checked. Needs Python with ${tools}, and the gate: TRT_GATE says how to call it,`,
    "# e.g. TRT_GATE='node /opt/trt-accuracy-gate/dist/cli.js'. Writes into its own folder; exits as trt-gate compare does, or 4 where a tool is missing.",
    "set -eu",
    'here=$(cd "$(dirname "$0")" && pwd)',
    `trt_gate() { if [ -n "\${TRT_GATE:-}" ]; then $TRT_GATE "$@"; else ${context.effects.command} "$@"; fi; }`,
    ...needed(prepared.lane.lane, lines),
    "",
    ...lines.map((text) => text.replace(/^trt-gate /, "trt_gate ").replaceAll(`${here}/`, '"$here"/')),
    "",
  ].join("\n");
}

/** What is missing is said in one sentence, before anything is measured. */
function needed(lane: string, lines: readonly string[]): string[] {
  const packages = lane === "simulate" ? "polygraphy==0.53.6 onnxruntime numpy" : "polygraphy==0.53.6 numpy";
  const missing = (what: string, next: string) => `|| { echo "${what}. ${next}, then run this script again." >&2; exit 4; }`;
  return [
    `trt_gate --version >/dev/null 2>&1 ${missing("The gate cannot be called", "Set TRT_GATE='node FOLDER/dist/cli.js', FOLDER being a clone of the gate")}`,
    ...(lines.some((text) => text.startsWith("polygraphy "))
      ? [`command -v polygraphy >/dev/null ${missing("polygraphy is not installed", `Install it with python3 -m pip install ${packages}`)}`]
      : []),
  ];
}

const line = (...words: readonly string[]): string => shellLine(words);
