/**
 * The result for a terminal of 80 columns or a plain log: verdict and what it stands on, the cause, figures with their limits, the layers of what is
 * not green, and the next command. Colour adds nothing that words do not say.
 */

import { asTyped, plainCommand, type Typed } from "../effects/own-command.ts";
import { width, wrapped } from "../effects/wrapped.ts";
import { type CaveatCode, caveats } from "../gate/caveats.ts";
import { settlingStep } from "../gate/certainty.ts";
import { plural } from "../model/plural.ts";
import { shellWord } from "../model/shell-word.ts";
import { withoutGainRule } from "../search/trials.ts";
import { alignColumns } from "./columns.ts";
import { formatMetric } from "./figures.ts";
import { fittingStep } from "./fitting-message.ts";
import type { ModelReport, Report } from "./schema.ts";
import { canBeSearched, causeOf, failsOutsideOutputs } from "./sections/cause.ts";
import { curveOffer } from "./sections/curve.ts";
import { fixedQdqFile, keepsEverything, offeredFile } from "./sections/fix.ts";
import { gainWords, ofWhole } from "./sections/gains.ts";
import { headlineWords } from "./sections/headline.ts";
import { judgedOn } from "./sections/judged-on.ts";
import { adoptCommand, keptSentence, shipKept } from "./sections/kept.ts";
import { byUrgency, hasCaveats, precisionWord, shortSha, type VerdictKind, verdictWord } from "./sections/labels.ts";
import { fixLatencyWords, isSlowOrUnknown } from "./sections/latency.ts";
import { areMadeUp, renewalOf, restoreLine, restoreText, samplesText, unmeantWords } from "./sections/next.ts";
import { decidingRow, outputRows, rowLabel, rowName } from "./sections/outputs.ts";
import { causePart, changePart, figureSentences } from "./sections/story.ts";
import { distinctLabels, plainLine, plainLines } from "./text.ts";

export interface TerminalOptions {
  /** ANSI colours: on a terminal only. */
  readonly ansi: boolean;
  /** Rows of outputs and, for each model, of layers. Defaults 40 and 5. */
  readonly outputRows?: number;
  readonly layerRows?: number;
  /** Where the report lies, as the user would type it; without it no path is printed. */
  readonly folder?: string | undefined;
  /** False where the report itself could not be written, whatever lies beside it. Default true. */
  readonly isWritten?: boolean;
  /** How the user calls the gate. Default `trt-gate`. */
  readonly command?: string;
  /** The line that was called, with a search: it alone has every flag that the model was given. */
  readonly searching?: string;
}

type Paint = (style: Style, text: string) => string;
type Style = "pass" | "regression" | "undecided" | "dim" | "bold";

/** Ends without a line break. */
export function renderTerminal(report: Report, options: TerminalOptions): string {
  const paint: Paint = options.ansi ? (style, text) => `\u001b[${codes[style]}m${text}\u001b[0m` : (_, text) => text;
  const models = byUrgency(report.models);
  const causes = models.map((model) => causeLines(model, options, paint).join("\n"));
  const parts = [
    headline(report, paint),
    ...causes.slice(0, mostCauses),
    figureLines(models),
    outputsTable(models, options.outputRows ?? 40, paint),
    ...models.map((model, i) => (needsWords(model) ? modelStory(model, i < mostCauses ? "" : (causes[i] ?? ""), options, paint) : "")),
    nextLines(models, options),
  ];
  return parts.filter((part) => part !== "").join("\n\n");
}

/** A sentence in lines of 80 columns, the commands in it as the user types them. */
const said = (sentence: string, options: TerminalOptions): string[] => wrapped(asTyped(sentence, typedOf(options)), "  ");

const typedOf = ({ command, folder }: TerminalOptions): Typed => ({
  command,
  report: folder === undefined ? undefined : shellWord(`${folder}/report.json`),
});

/** Models whose cause stands before the figures. */
const mostCauses = 3;

function headline(report: Report, paint: Paint): string {
  const colour = report.verdict === "pass" && hasCaveats(report) ? "undecided" : report.verdict;
  const basis = judgedOn(report);
  return [
    ...wrapped(headlineWords(report, (name) => plainLine(name, 60))).map((line) => paint(colour, line)),
    ...(basis === "" ? [] : wrapped(plainLine(basis, 300))),
    ...filesLine(report),
  ].join("\n");
}

/** Which scales and samples, since the configuration may have named them: of one model that was judged. */
function filesLine({ models }: Report): string[] {
  const [model, ...others] = models;
  if (model === undefined || others.length > 0 || model.outputs.length === 0 || model.lane === "saved") return [];
  const { quantization, validation } = model;
  if (quantization.source === "" || validation.source === "") return [];
  const stale = renewalOf(model);
  const renewed = stale?.isJudged === false ? `, made anew: ${plainLine(stale.why, 300)}` : "";
  return wrapped(`Scales: ${plainLine(quantization.source, 100)}${renewed}; samples: ${plainLine(validation.source, 100)}.`);
}

/** The figure that decides with its interval and limit, and the harm: one line a model. */
function figureLines(models: readonly ModelReport[]): string {
  const lines = models.flatMap((model) => {
    const words = figureSentences(model, (text) => plainLine(text, 300));
    return words === "" ? [] : [wrapped(`${name(model.name)}: ${words}`, "  ").join("\n")];
  });
  return [
    ...lines.slice(0, mostFigureLines),
    ...(lines.length > mostFigureLines ? [`…and ${plural(lines.length - mostFigureLines, "more model")} in the report`] : []),
  ].join("\n");
}

const mostFigureLines = 10;

/** One model needs no column for its name; several leave no room for the limit, which the margin tells. */
function outputsTable(models: readonly ModelReport[], most: number, paint: Paint): string {
  // Of models that were not measured the sentences below say everything.
  if (models.every((model) => model.verdict === "undecided" && outputRows(model).length === 0)) return "";
  const rows = models.flatMap(tableRows);
  const [head = "", ...body] = tableLines(rows.slice(0, most), models.length > 1);
  const more = rows.length > most ? [paint("dim", `…and ${plural(rows.length - most, "more row")} in the report`)] : [];
  return [paint("bold", head), ...body.map((line, i) => paint(rows[i]?.verdict ?? "pass", line)), ...more].join("\n");
}

interface TableRow {
  readonly verdict: VerdictKind;
  readonly model: string;
  readonly output: string;
  /** Metric, value, limit, margin, result. */
  readonly cells: readonly string[];
}

function tableRows(model: ModelReport): TableRow[] {
  const figures = outputRows(model);
  if (figures.length === 0)
    return [{ verdict: model.verdict, model: model.name, output: "–", cells: ["–", "–", "–", "–", verdictWord[model.verdict]] }];
  return figures.map((row) => ({
    verdict: colourOf[row.level],
    model: model.name,
    output: rowName(row, (text) => text),
    cells: [rowLabel(row), row.words.value, row.words.limit, row.words.margin, row.level === "unjudged" ? "not judged" : row.level],
  }));
}

/** Widths of names, the widest that fits is taken: model, output. */
const nameWidths = [
  [40, 60],
  [28, 40],
  [24, 30],
  [18, 24],
  [14, 16],
] as const;

/** A head and a line a row, of 80 columns: names are cut no more than that asks for. */
function tableLines(rows: readonly TableRow[], several: boolean): string[] {
  const columns = several ? [0, 1, 2, 3, 5, 6] : [1, 2, 3, 4, 5, 6];
  const pick = (cells: readonly string[]) => columns.map((column) => cells[column] ?? "");
  const head = pick(["Model", "Output", "Metric", "Value", "Limit", "Margin", "Result"]);
  const tried = nameWidths.map(([model, output]) =>
    alignColumns(
      [head, ...rows.map((row) => pick([short(row.model, model), short(row.output, output), ...row.cells]))],
      several ? "lllrrl" : "llrrrl",
    ),
  );
  return tried.find((lines) => lines.every((line) => width(line) <= 80)) ?? tried.at(-1) ?? [];
}

/** A warning looks like what it is: something to read first. */
const colourOf: Readonly<Record<ModelReport["outputs"][number]["level"], VerdictKind>> = {
  fail: "regression",
  undecided: "undecided",
  warn: "undecided",
  waived: "pass",
  pass: "pass",
  unjudged: "pass",
};

const needsWords = (model: ModelReport): boolean =>
  model.status !== "removed" &&
  (model.verdict !== "pass" ||
    model.kept !== undefined ||
    (model.caveats ?? []).length > 0 ||
    isSlowOrUnknown(model) ||
    sinceBase(model) !== "");

/** Why, and which layers; the cause where it does not stand before the figures. */
function modelStory(model: ModelReport, cause: string, options: TerminalOptions, paint: Paint): string {
  // A model's message names its caveats; a pass has none to print.
  const caveats = (model.verdict === "pass" ? (model.caveats ?? []) : []).flatMap(({ reason, message }) =>
    said(`${name(model.name)} (${reason}): ${plainLine(message, 600)}`, options),
  );
  const why = model.verdict === "pass" ? [] : said(named(model, plainLine(model.message, 600)), options);
  const latency = model.latency === undefined ? [] : said(`${name(model.name)}: ${plainLine(model.latency.message, 1000)}`, options);
  return [
    cause,
    [
      ...why,
      ...(sinceBase(model) === "" ? [] : wrapped(sinceBase(model), "  ")),
      ...keptLine(model),
      ...stillFar(model, options),
      ...caveats,
      ...latency,
    ].join("\n"),
    model.verdict === "pass" ? "" : layerTable(model, options.layerRows ?? 5, paint),
    toolLines(model, paint),
  ]
    .filter((part) => part !== "")
    .join("\n\n");
}

const mostToolLines = 5;

/** What the message calls the tool's last lines. */
const toolLines = ({ toolTail }: ModelReport, paint: Paint): string =>
  toolTail.length === 0
    ? ""
    : [paint("bold", "The tool's last lines"), ...plainLines(toolTail, mostToolLines, 78).map((line) => `  ${line}`)].join("\n");

/** What the figure is against the base's and what changed; a caveat of a pass says both by itself. Empty where there is nothing to say. */
function sinceBase(model: ModelReport): string {
  const { baseline } = model;
  const row = decidingRow(model);
  if (baseline === null || row === undefined || hasFallen(model)) return "";
  const say = (words: string) => plainLine(words, 200);
  const change = changePart(model, row, say);
  const parts = [
    change === "" || baseline.source === "new" || change.startsWith("SQNR") ? change : `${rowLabel(row)} ${change}`,
    causePart(model, say),
    baseline.source === "unknown" && (baseline.causes ?? []).length > 0 ? say(baseline.message) : "",
  ].filter((part) => part !== "");
  const commit = baseline.source === "new" || baseline.source === "unknown" ? "" : ` (base ${shortSha(baseline.commit)})`;
  return parts.length === 0 ? "" : `${name(model.name)}: ${parts.join("; ")}${commit}`;
}

const hasFallen = ({ caveats }: ModelReport): boolean => caveats?.some(({ reason }) => reason === "lost-since-base") ?? false;

const keptLine = (model: ModelReport): string[] =>
  model.kept === undefined ? [] : wrapped(`${name(model.name)}: ${keptSentence(model, (file) => plainLine(file))}.`, "  ");

/** Of a pass by kept units. */
const stillFar = (model: ModelReport, options: TerminalOptions): string[] =>
  (model.verdict === "pass" ? [model.kept === undefined ? "" : restoreText(model), ...shipKept(model)] : [])
    .filter((words) => words !== "")
    .flatMap((words) => said(`${name(model.name)}: ${plainLine(words, 900)}`, options));

function layerTable(model: ModelReport, most: number, paint: Paint): string {
  if (model.worst.length === 0 || most === 0) return "";
  const gains = new Map(model.search?.gains?.map((gain) => [gain.unit, gain]));
  const withGain = gains.size > 0;
  const worst = model.worst.slice(0, most);
  const shown = distinctLabels(
    worst.map(({ node }) => node),
    20,
  );
  const rows = worst.map((layer) => {
    const gain = gains.get(layer.unit ?? "");
    return [
      shown(layer.node),
      layer.opType === "" ? "–" : short(layer.opType, 10),
      formatMetric("sqnrDb", layer.injectedSqnrDb),
      formatMetric("sqnrDb", layer.accumulatedSqnrDb),
      ...(withGain ? [gainWords(gain?.sqnrDb, gain?.share).replace("under 1", "< 1")] : []),
    ];
  });
  const head = [`Adds most error itself`, "Operator", "Injected", "Accumulated", ...(withGain ? ["At output"] : [])];
  const [line = "", ...body] = alignColumns([head, ...rows], withGain ? "llrrr" : "llrr");
  const whole = ofWhole(model, (words) => plainLine(words, 60));
  const notes = [
    "Injected: error of this layer itself; accumulated: all that has gathered there.",
    ...(withGain ? wrapped(`At output: with only this layer in ${precisionWord(model)}, all others in float${whole}.`) : []),
  ].map((note) => paint("dim", note));
  return [paint("bold", line), ...body, ...notes].join("\n");
}

/** Which units lose the accuracy, what keeping them gives and how sure that is; then the file that keeps them. */
function causeLines(model: ModelReport, options: TerminalOptions, paint: Paint): string[] {
  const cause = causeOf(model, fullName);
  if (cause === undefined) return [];
  const { folder } = options;
  const { search } = model;
  const words = search === null || search.keep.length > 0 || failsOutsideOutputs(model) ? fixLatencyWords(model) : search.message;
  const script = offeredFile(model);
  const fixed = fixedQdqFile(model);
  return [
    ...said(`Cause in ${name(model.name)}: ${plainLine(cause.lead, 1000)}`, options).map((line) => paint("bold", line)),
    ...[cause.gain ?? "", ...cause.more, words]
      .filter((part) => part !== "")
      .flatMap((part) => said(`  ${plainLine(part, 1000)}`, options)),
    ...(folder === undefined || script === undefined || search?.keep.length === 0 || (search !== null && keepsEverything(search))
      ? []
      : [`  ${fixed === undefined ? "Script" : "Fixed model"}: ${folder}/${(fixed ?? script).path}`]),
    ...offerLines(model, options),
  ];
}

/** Another point of the curve, as a line to run: where there is a report to make it from. */
function offerLines(model: ModelReport, options: TerminalOptions): string[] {
  const offer = options.folder === undefined || options.isWritten === false ? undefined : curveOffer(model);
  if (offer === undefined) return [];
  return [...wrapped(`  ${offer.words}:`, "  "), `    ${asTyped(plainLine(offer.command, 400), typedOf(options))}`];
}

/** The most useful commands, one for each model that has a fix, else one step; and where to read on. */
function nextLines(models: readonly ModelReport[], options: TerminalOptions): string {
  const { folder, isWritten = true } = options;
  if (folder === undefined || models.length === 0) return "";
  const changed = models.filter((model) => model.verdict !== "pass" && restoreLine(model) !== undefined);
  const back = new Set(changed.flatMap((model) => restoreLine(model) ?? []));
  const meant = changed.map((model) => unmeantWords(model).replace("moved", "new"))[0];
  const samples = models.find((model) => model.verdict === "regression" && samplesText(model) !== "");
  const commands = nextCommands(models, options);
  const next =
    commands.length > 0
      ? listed(commands)
      : stepLines(
          models.filter((model) => renewalOf(model) === undefined),
          options,
        );
  const others =
    back.size > 0
      ? after(listed([...back].map((command) => plainLine(command, 300))), next, `Or, where the ${meant} are meant`)
      : samples !== undefined && commands.length > 0
        ? after(
            told(`Next: ${samplesText(samples)}`, options),
            next,
            areMadeUp(samples) ? "Or, where random inputs will do" : "Or, where the samples are right",
          )
        : next;
  const stale = models.flatMap((model) => renewalOf(model) ?? []);
  const renew = listed([...new Set(stale.map(({ command }) => asTyped(plainLine(command, 300), typedOf(options))))]);
  const then = stale.some(({ isJudged }) => isJudged) ? "Then, where that is not enough" : "And";
  const lines = renew.length === 0 ? others : after(renew, others, then);
  return [...lines, ...(isWritten ? [`Report: ${folder}/report.html`] : [])].join("\n");
}

const after = (lead: readonly string[], next: readonly string[], when: string): string[] => [
  ...lead,
  ...next.map((line) => line.replace(/^Next:/, `${when}:`)),
];

const mostCommands = 5;

const listed = (commands: readonly string[]): string[] => [
  ...commands.slice(0, mostCommands).map((command, i) => `${i === 0 ? "Next" : "And"}: ${command}`),
  ...(commands.length > mostCommands ? [`…and ${plural(commands.length - mostCommands, "more command")} in the report`] : []),
];

const told = (sentence: string, options: TerminalOptions): string[] => said(plainLine(sentence, 600), options);

/** Where no search or patch is the next step: scales to put back for a pass that fell, else what the reasons and caveats say. */
function stepLines(models: readonly ModelReport[], options: TerminalOptions): string[] {
  const [back] = models
    .filter((model) => model.verdict === "pass" && (model.kept === undefined || hasFallen(model)))
    .flatMap((model) => {
      const line = restoreLine(model);
      return line === undefined ? [] : [`Next, where the ${unmeantWords(model)} were not meant: ${plainLine(line, 300)}`];
    });
  if (back !== undefined) return [back];
  const step = models.map(nextStep).find((words) => words !== "");
  return step === undefined ? [] : told(`Next: ${step}`, options);
}

/** Where no command helps: of a regression, or a plain pass, the first advice, else the step of the table of reasons, or of caveats. Empty for a pass without any. */
function nextStep(report: ModelReport): string {
  const { verdict, reason, caveats: found = [], name: model, status, advice, message, outputs } = report;
  if (status === "removed") return "";
  // What goes back is told before it; what was tried for nothing is no step.
  const [first] = advice.filter(({ rule, text }) => rule !== withoutGainRule && text !== restoreText(report));
  const settles = verdict === "pass" ? undefined : settlingStep(message)?.replaceAll("`", "");
  if (verdict === "regression" && (settles ?? first) !== undefined) return `${name(model)}: ${settles ?? first?.text}`;
  const known = found.map((one) => one.reason).find((one): one is CaveatCode => one in caveats);
  // Whoever failed knows better what to do than the table does.
  if (reason === "configuration" || (verdict === "undecided" && outputs.length === 0)) return `${name(model)}: ${lastSentence(message)}`;
  const settling = known === undefined ? undefined : settlingStep(found.find((one) => one.reason === known)?.message ?? "");
  const ofPass = known === undefined ? (first?.text ?? "") : (settling ?? caveats[known].next);
  const words = verdict === "pass" ? ofPass : (settles ?? fittingStep(report));
  return words === "" ? "" : `${name(model)}: ${words.replaceAll("`", "")}`;
}

const lastSentence = (text: string): string =>
  text
    .trim()
    .split(/(?<=[.?]) (?=[A-Z"'`])|\n/)
    .at(-1) ?? "";

/** What adopts each proved fix, else one that makes a fix, or finds it; empty where no command helps. */
function nextCommands(models: readonly ModelReport[], options: TerminalOptions): string[] {
  const proved = models.filter(({ fix }) => fix?.verified?.passes === true);
  const made = proved.flatMap(
    (model) => adoptCommand(model) ?? (options.isWritten === false ? [] : fixCommand(model, models.length, options)),
  );
  return made.length === 0 && models.some(canBeSearched) ? [options.searching ?? "the same command with --search on-regression"] : made;
}

/** A name that cannot be shown as it is cannot be typed: then the command asks which. */
function fixCommand({ name: model }: ModelReport, models: number, { command = plainCommand, folder = "." }: TerminalOptions): string {
  const which = models > 1 && plainLine(model) === model ? ` --model ${shellWord(model)}` : "";
  return `${command} fix ${shellWord(`${folder}/report.json`)}${which} --format keep -o ${models > 1 ? shellWord(`${plainLine(model).replaceAll(/[^\w.-]+/g, "-")}.keep.json`) : "keep.json"}`;
}

const name = (text: string): string => plainLine(text, 28);
/** With the model's name in front, unless the sentence begins with it. */
const named = ({ name: model }: ModelReport, sentence: string): string =>
  ["", '"', "'"].some((quote) => sentence.startsWith(`${quote}${model}${quote || " "}`)) ? sentence : `${name(model)}: ${sentence}`;
/** What decides is named so that it can be searched for; a name that is longer than a line stands on one of its own. */
const fullName = (text: string): string => plainLine(text, 160);
/** So that five columns fit into 80. */
const short = (text: string, limit = 20): string => plainLine(text, limit);
const codes: Readonly<Record<Style, string>> = { pass: "32", regression: "31", undecided: "33", dim: "2", bold: "1" } satisfies Record<
  VerdictKind | "dim" | "bold",
  string
>;
