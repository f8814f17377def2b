/** The folded rest of a model: coverage, noise, calibration, spread, baseline, task, warnings, tool output, commands, timings. */

import { nothingToDo } from "../../gate/reasons.ts";
import { plural } from "../../model/plural.ts";
import { basePlace } from "../base-change.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatMetric } from "../figures.ts";
import { blocks, code, copyBlock, details, escapeMarkdown, htmlWords, quoteBlock, table } from "../markdown.ts";
import { fromNum, type ModelReport } from "../schema.ts";
import { worstSampleWords } from "./harm.ts";
import { laneWords, seconds } from "./labels.ts";
import { wordsOfTask } from "./outputs.ts";

/** Empty at a detail level without details. */
export function detailsSection(model: ModelReport, caps: SizeLimits): string {
  if (!caps.details) return "";
  const measured = model.outputs.length === 0 ? "" : ": how it was measured, coverage, noise, how to reproduce";
  return details(
    `Details of <code>${htmlWords(model.name, 100)}</code>${measured}`,
    blocks(factsTable(model, caps), warningList(model, caps), tail(model), reproduce(model)),
  );
}

/** Pairs of words; the page shows the same ones. Values are Markdown. */
function factsTable(model: ModelReport, caps: SizeLimits): string {
  const rows = facts(model).map(([what, value]) => [what, escapeMarkdown(value, caps.messageLength)]);
  const hash = model.sha256 === "" ? "" : `, SHA-256 ${code(model.sha256.slice(0, 12))}`;
  return table(["", ""], [["Model", `${code(model.path, caps.nameLength)}${hash}`], ...rows]);
}

/** What was done and how far it can be trusted, as label and plain sentence; of a model that ended early only what is known. Foreign words in it are raw. */
export function facts(model: ModelReport): (readonly [string, string])[] {
  const rows: (readonly [string, string | undefined])[] = [
    ["Lane", model.laneWhy === "" ? undefined : `${laneWords(model)}; ${model.laneWhy}`],
    ["Calibration", model.quantization.source === "" ? undefined : calibrationWords(model)],
    ["Validation", model.validation.source === "" ? undefined : validationWords(model)],
    ["Coverage", model.coverage.referenceTensors + model.coverage.totalUnits === 0 ? undefined : coverageWords(model)],
    ["Noise", noiseWords(model) || undefined],
    ["FP16", model.half?.message],
    ["Engines", engineWords(model)],
    ["Builder check", builderWords(model)],
    ["Spread", spreadWords(model)],
    ["Score", scoreWords(model)],
    ["First failing layer", model.firstFailing ?? undefined],
    ["Base", baseWords(model)],
    ["Changed since", (model.baseline?.causes ?? []).join("; ") || undefined],
    ["Worst samples", worstSampleWords(model)],
    ["Harm", harmWords(model)],
    ["Task", taskWords(model)],
    ["Search", searchWords(model)],
    [
      "Time",
      Object.entries(model.timings)
        .map(([stage, value]) => `${stage} ${seconds(value)}`)
        .join(", ") || undefined,
    ],
  ];
  return rows.flatMap(([what, value]) => (value === undefined ? [] : [[what, value] as const]));
}

function baseWords({ baseline }: ModelReport): string | undefined {
  if (baseline === null) return undefined;
  if (baseline.verdict === null) return baseline.message;
  const from = baseline.source === "report" ? "from a report of the same files" : "measured in this run";
  return `${basePlace(baseline)}, ${from}: ${baseline.verdict}. ${baseline.message.replace(` ${nothingToDo}`, "")}`;
}

function builderWords({ builderCheck }: ModelReport): string | undefined {
  if (builderCheck === undefined) return undefined;
  const said = { taken: "takes", refused: "refuses", "no-answer": "gave no answer on" } as const;
  const answers = builderCheck.answers.map(
    ({ what, answer, message }) => `${said[answer]} the ${what}${message === undefined ? "" : `: ${message}`}`,
  );
  return `${builderCheck.builder} ${answers.join("; ")}`;
}

function calibrationWords({ quantization }: ModelReport): string {
  const { source, algorithm, samples, cacheHeader, stale } = quantization;
  return [
    `${source} (${algorithm})`,
    samples === null ? "" : plural(samples, "sample"),
    cacheHeader ?? "",
    stale === null ? "" : `stale: ${stale}`,
  ]
    .filter(Boolean)
    .join(", ");
}

function validationWords({ validation }: ModelReport): string {
  const { samples, source, distinct, inCalibration } = validation;
  return [
    source.endsWith(`(${plural(samples, "sample")})`) ? source : `${plural(samples, "sample")} of ${source}`,
    distinct === undefined ? "" : `${distinct} distinct`,
    inCalibration === undefined
      ? ""
      : `${inCalibration === 0 ? "none" : inCalibration} of them calibration ${inCalibration === 1 ? "sample" : "samples"} too`,
  ]
    .filter(Boolean)
    .join(", ");
}

function coverageWords({ coverage }: ModelReport): string {
  const { compared, referenceTensors, quantizedUnits, totalUnits, missingScales, onlyReference, onlyCandidate, droppedMarks, variant } =
    coverage;
  const others = Object.entries(coverage.quantizedOthers ?? {});
  const parts = [
    `${compared} of ${plural(referenceTensors, "tensor")} compared`,
    coverage.units === undefined ? "" : `${plural(coverage.units, "unit")} that can change precision`,
    `${quantizedUnits} of ${plural(totalUnits, "compute node")} quantised (${variant})`,
    int8Words(coverage.int8Units),
    others.length === 0 ? "" : `also quantised: ${others.map(([operator, count]) => `${count} ${operator}`).join(", ")}`,
    listed("without a scale", missingScales),
    listed("quantised and held by no unit", coverage.heldByNoUnit ?? []),
    listed("compute nodes inside bodies in float", coverage.bodies?.float ?? []),
    listed("compute nodes of kinds that stay in float", coverage.floatKinds ?? []),
    listed("only in the reference", onlyReference),
    listed("only in the candidate", onlyCandidate),
    droppedMarks.length === 0 ? "" : `${plural(droppedMarks.length, "mark")} dropped because they changed the engine`,
  ];
  return parts.filter((part) => part !== "").join("; ");
}

/** What the judged engine ran them in; empty where there is no engine or it does not tell. */
const int8Words = (units: ModelReport["coverage"]["int8Units"]): string =>
  units === undefined
    ? ""
    : `${units.int8} of ${plural(units.int8 + units.other + units.unknown, "unit")} ran in ${units.precision ?? "INT8"}${units.unknown > 0 ? `, ${units.unknown} unknown` : ""}`;

const listed = (what: string, names: readonly string[]): string =>
  names.length === 0 ? "" : `${names.length} ${what} (${names.slice(0, 3).join(", ")}${names.length > 3 ? ", …" : ""})`;

/** Plans and timing cache by the first digits of their hashes; where one is not in the report, why. */
const engineWords = ({ engines = [] }: ModelReport): string | undefined =>
  engines.map(({ role, sha256, path, why }) => `${role} ${sha256.slice(0, 12)} (${path ?? why ?? "not kept"})`).join("; ") || undefined;

function noiseWords({ noise }: ModelReport): string {
  const between = noise.betweenBuildsDb.map((value) => formatMetric("sqnrDb", value));
  const parts = [
    noise.message,
    between.length === 0 ? "" : `SQNR between builds: ${between.join(", ")}.`,
    noise.votes.length < 2 ? "" : `The builds say: ${noise.votes.join(", ")}.`,
    noise.markingDb === null ? "" : `Marked against plain engine: ${formatMetric("sqnrDb", noise.markingDb)}.`,
  ];
  return parts.filter((part) => part !== "").join(" ");
}

function spreadWords(model: ModelReport): string | undefined {
  const parts = model.outputs.flatMap(({ tensor, spread }) =>
    spread
      ? [
          `${tensor}: SQNR ± ${formatMetric("sqnrDb", spread.sqnrDbSd)} over samples, the worst sample carries ${percent(fromNum(spread.worstShare))} of the error`,
        ]
      : [],
  );
  return parts.slice(0, 3).join("; ") || undefined;
}

function scoreWords(model: ModelReport): string | undefined {
  // Parts of a probability output share its score.
  const measured = model.outputs.flatMap(({ tensor, parts = [], ...whole }) => [
    { name: tensor, ...whole },
    ...(whole.scoreMetrics ? [] : parts.map((part) => ({ ...part, name: `${tensor} › ${part.name}` }))),
  ]);
  const parts = measured.flatMap(({ name, scoreMetrics, scoreKind, clampedShare }) =>
    scoreMetrics === undefined
      ? []
      : [
          `${name} before its ${scoreKind ?? "activation"}: SQNR ${formatMetric("sqnrDb", scoreMetrics.sqnrDb)}, ${percent(fromNum(clampedShare ?? 0))} of the values clamped`,
        ],
  );
  return parts.slice(0, 3).join("; ") || undefined;
}

const harmWords = ({ harm = [] }: ModelReport): string | undefined =>
  harm
    .slice(0, 3)
    .map(({ output, message }) => `${output}: ${message}`)
    .join(" ") || undefined;

function taskWords({ task }: ModelReport): string | undefined {
  if (task === null) return undefined;
  const { reference, candidate, drop, maxDrop } = wordsOfTask(task);
  return `${task.metric}: reference ${reference}, candidate ${candidate}, drop ${drop} (at most ${maxDrop}): ${task.passes ? "holds" : "exceeded"}`;
}

const searchWords = ({ search }: ModelReport): string | undefined =>
  search === null ? undefined : `${search.method}: ${plural(search.builds, "probe")} in ${seconds(search.seconds)}, seed ${search.seed}`;

const percent = (share: number): string => `${Math.round(share * 100)} %`;

function warningList(model: ModelReport, caps: SizeLimits): string {
  const shown = model.warnings.slice(0, 20).map((warning) => `- ⚠️ ${escapeMarkdown(warning, caps.messageLength)}`);
  return [...shown, ...(model.warnings.length > 20 ? [`- …and ${model.warnings.length - 20} more`] : [])].join("\n");
}

const tail = (model: ModelReport): string =>
  model.toolTail.length === 0 ? "" : blocks("The tool's last lines:", quoteBlock(model.toolTail, 15));

function reproduce({ reproduce: lines, reproduction }: ModelReport): string {
  if (lines.length === 0) return "";
  const script = reproduction === undefined ? [] : [`# all of it, from the artifact: ${reproduction.command}`];
  return blocks("Reproduce:", copyBlock([...script, ...lines.slice(0, 10)].join("\n"), "sh"));
}
