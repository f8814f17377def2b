/** What the search found and what it gives: before, after, limit; the script to copy; the command that uses it. */

import { plural } from "../../model/plural.ts";
import type { SizeLimits } from "../detail-levels.ts";
import { formatLimit, formatMetric } from "../figures.ts";
import { blocks, code, copyBlock, details, escapeMarkdown, htmlWords, table } from "../markdown.ts";
import type { ModelReport, Num } from "../schema.ts";
import { precisionWord } from "./labels.ts";
import { fixLatencyWords } from "./latency.ts";
import { missesByWarning, type OutputRow, outputRows, rowLabel, rowName } from "./outputs.ts";

/** A script that the comment offers in full. `model` is the model's name in the report. */
export interface FixScript {
  readonly model: string;
  readonly fileName: string;
  readonly text: string;
  /** The exact command that rebuilds with it. */
  readonly command: string;
}

/** The search's only set is all of several units: the model without quantisation, nothing to offer. */
export const keepsEverything = ({ keep, units }: NonNullable<ModelReport["search"]>): boolean => units > 1 && keep.length >= units;

/** `2 of 54 units in float32`; empty without kept units, and where they are all. */
export const keptWords = ({ search }: ModelReport): string =>
  search && search.keep.length > 0 && !keepsEverything(search)
    ? `${search.keep.length} of ${plural(search.units, "unit")} in ${search.precision}`
    : "";

/** Search result, proof and latency of one model; empty where nothing was searched. */
export function fixSection(model: ModelReport, scripts: readonly FixScript[], caps: SizeLimits): string {
  if (model.search === null) return "";
  if (keepsEverything(model.search)) return `**No fix.** ${escapeMarkdown(model.search.message, caps.messageLength)}`;
  return blocks(
    `**Fix.** ${escapeMarkdown(model.search.message, caps.messageLength)}`,
    figuresTable(model, caps),
    proofLine(model, caps),
    keptList(model, caps),
    ...scriptSections(model, scripts, caps),
  );
}

/** One figure without and with the fix. `row` is the fixed model's, or the plain one's where nothing was verified. */
export interface FixedFigure {
  readonly row: OutputRow;
  readonly before: Num | undefined;
  readonly after: Num | undefined;
}

/** What decided without the fix, and what is nearest to its limit with it: often another metric, and a fix is no better than its nearest one. */
export function fixedFigures(model: ModelReport): FixedFigure[] {
  const before = outputRows({ ...model, task: null });
  const after = outputRows({ ...model, task: null, outputs: model.fix?.verified?.outputs ?? [] }).filter((row) => !missesByWarning(row));
  const isSame = (a: OutputRow, b: OutputRow) => a.output === b.output && a.part === b.part && a.metric === b.metric && a.of === b.of;
  const telling = [...nearestOfEach(after), ...nearestOfEach(before)].filter(
    (row, i, all) => all.findIndex((one) => isSame(one, row)) === i,
  );
  return telling.map((row) => ({
    row,
    before: before.find((one) => isSame(one, row))?.value,
    after: after.find((one) => isSame(one, row))?.value ?? unverified(model, row),
  }));
}

/** ` (24 samples)`; empty where it is not known: the fix is proved on other samples than the verdict's. */
const onSamples = (count: number | undefined): string => (count === undefined || count === 0 ? "" : ` (${plural(count, "sample")})`);

const nearestOfEach = (rows: readonly OutputRow[]): OutputRow[] =>
  [...Map.groupBy(rows, ({ output }) => output).values()].flatMap(([worst]) => worst ?? []);

/** Without a proof the search's own figure on held-out samples, which is an SQNR. */
const unverified = (model: ModelReport, { metric, of }: OutputRow): Num | undefined =>
  model.fix?.verified === undefined && model.outputs.length === 1 && metric === "sqnrDb" && of === "tensor"
    ? model.search?.heldOut?.sqnrDb
    : undefined;

function figuresTable(model: ModelReport, caps: SizeLimits): string {
  if (model.search?.keep.length === 0) return "";
  const rows = fixedFigures(model)
    .slice(0, Math.max(2, caps.layerRows))
    .map(({ row, before, after }) => [
      rowName(row, (name) => code(name, caps.nameLength)),
      rowLabel(row),
      formatMetric(row.metric, before, row.limit),
      formatMetric(row.metric, after, row.limit),
      formatLimit(row.metric, row.limit),
    ]);
  const head = [
    "Output",
    "Metric",
    `All ${precisionWord(model)}${onSamples(model.search?.samples?.all)}`,
    `Keeping ${keptWords(model)}${onSamples(model.search?.proof?.samples)}`,
    "Limit",
  ];
  return rows.length === 0 ? "" : table(head, rows, ["l", "l", "r", "r", "r"]);
}

function proofLine(model: ModelReport, caps: SizeLimits): string {
  const { fix } = model;
  if (fix === null || model.search?.keep.length === 0) return "";
  const parts = [checkedWords(model), fixLatencyWords(model)].filter((part) => part !== "");
  return parts.map((part) => escapeMarkdown(part, caps.messageLength)).join(" ");
}

/** What the check of the fix adds to the search's message, which ends with the proof's own words. */
export function checkedWords({ search, fix }: ModelReport): string {
  const told = search?.proof?.message ?? "";
  const verified = fix?.verified?.message ?? "Not verified.";
  return told !== "" && search?.message.endsWith(told) && verified.startsWith(told) ? verified.slice(told.length).trim() : verified;
}

/** ` (without it the limits are not safely met)`; empty where that was not tried. */
export const minimalWords = (search: ModelReport["search"]): string =>
  search?.oneMinimal === true ? ` (without ${search.keep.length === 1 ? "it" : "any one of them"} the limits are not safely met)` : "";

function keptList(model: ModelReport, caps: SizeLimits): string {
  const keep = model.search?.keep ?? [];
  if (keep.length === 0 || !caps.scripts) return "";
  const most = 4 * caps.layerRows;
  const names = keep.slice(0, most).map((unit) => code(unit.nodes[0] ?? unit.unit, caps.nameLength));
  const minimal = minimalWords(model.search);
  return `Kept${minimal}: ${names.join(", ")}${keep.length > most ? `, and ${keep.length - most} more` : ""}`;
}

/** The offered script in full; the other forms of the fix by name. */
function scriptSections(model: ModelReport, scripts: readonly FixScript[], caps: SizeLimits): string[] {
  const own = scripts.filter((script) => script.model === model.name);
  const offered = own.find((script) => offeredFile(model)?.path.endsWith(script.fileName)) ?? own[0];
  if (offered === undefined) return [];
  if (!caps.scripts) return [`The precision script is in the artifact: ${code(offered.fileName, caps.nameLength)}.`];
  const fixed = fixedQdqFile(model);
  const build = fixed === undefined || fixed.command === "" ? [] : ["Build what it makes:", copyBlock(fixed.command, "sh")];
  const others = (model.fix?.files ?? []).map(({ path }) => path.split("/").at(-1) ?? path).filter((name) => name !== offered.fileName);
  return [
    details(
      `<b>Copy the precision script</b> <code>${htmlWords(offered.fileName, 100)}</code>${keptWords(model) === "" ? "" : ` (keeps ${keptWords(model)})`}`,
      blocks(
        copyBlock(offered.text, languageOf(offered.fileName)),
        fixed === undefined ? "Rebuild with it:" : "Make the fixed model with it:",
        copyBlock(offered.command, "sh"),
        ...build,
      ),
    ),
    others.length === 0 ? "" : `In the artifact the same fix as ${others.map((name) => code(name, caps.nameLength)).join(", ")}.`,
  ];
}

const languageOf = (fileName: string) =>
  fileName.endsWith(".py") ? "python" : fileName.endsWith(".yml") ? "yaml" : fileName.endsWith(".sh") ? "sh" : "text";

export type FixFile = NonNullable<ModelReport["fix"]>["files"][number];

/** Of a model that comes as Q/DQ the file without the Q/DQ of the kept units, which is what was measured; undefined elsewhere. */
export const fixedQdqFile = ({ fix, quantization }: Pick<ModelReport, "fix" | "quantization">): FixFile | undefined =>
  quantization.algorithm === "Q/DQ" ? fix?.files.find(({ format, path }) => format === "qdq" && path.endsWith(".onnx")) : undefined;

/** The file whose text the comment offers: the one that the model's lane runs itself, else the first; undefined without a fix. */
export function offeredFile({ fix, lane, quantization }: ModelReport): FixFile | undefined {
  const isQdq = lane === "explicit" || fix?.verified?.form?.format === "qdq" || quantization.algorithm === "Q/DQ";
  const format = isQdq ? "qdq" : "polygraphy";
  const readable = fix?.files.filter((file) => !/\.(onnx|zip|npz|data)$/.test(file.path)) ?? [];
  return readable.find((file) => file.format === format) ?? readable[0];
}
