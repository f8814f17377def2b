/** `trt-gate search MODEL`: the same run as `check`, with the search always on and its settings given as flags; nothing is commented. */
import type { SearchSettings } from "../config/settings.ts";
import { ConfigError } from "../effects/failure.ts";
import { asTyped, fromHere } from "../effects/own-command.ts";
import { runWhole } from "../entry.ts";
import { shellWord } from "../model/shell-word.ts";
import { alignColumns } from "../report/columns.ts";
import type { ModelReport } from "../report/schema.ts";
import { curveCells, curveHead, hasLatency, tellingPoints } from "../report/sections/curve.ts";
import { cutMiddle } from "../report/text.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { inputsFromHere, modelFlagsOf } from "./model-flags.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const inputs = { ...inputsFromHere(parsed, effects.cwd), search: "always", comment: "off", "changed-only": "false" };
  const request = { inputs, flags: modelFlagsOf(parsed, effects.cwd), search: searchFlags(parsed), withoutBase: parsed.has("no-base") };
  const { exitCode, outcome, published } = await runWhole(request, effects);
  if (!outcome) return exitCode;
  const { models } = outcome.report;
  const found = models.map(({ name, search }) => ({ model: name, search }));
  const folder = fromHere(outcome.reportFolder, effects.cwd);
  const text = [...models.map(tell), ...(published?.files === undefined ? [] : [next(models, folder)])].join("\n\n");
  const typed = { command: effects.command, report: shellWord(`${folder}/report.json`) };
  io.out(`${parsed.has("json") ? JSON.stringify(found, null, 1) : asTyped(text, typed)}\n`);
  return exitCode;
};

/** Only what was given: the configuration decides the rest. */
function searchFlags(parsed: Parsed): Partial<SearchSettings> {
  const budgetMinutes = positive(parsed, "budget-minutes");
  const maxBuilds = positive(parsed, "max-builds");
  return {
    ...pick("method", parsed, { ranked: "ranked", bisect: "bisect", linear: "linear" } as const),
    ...pick("direction", parsed, { forward: "forward", reverse: "reverse" } as const),
    ...pick("precision", parsed, { fp16: "float16", fp32: "float32", float16: "float16", float32: "float32" } as const),
    ...pick("group", parsed, { unit: "unit", block: "block" } as const),
    ...(budgetMinutes === undefined ? {} : { budgetMinutes }),
    ...(maxBuilds === undefined ? {} : { maxBuilds }),
  };
}

function pick<K extends string, V>(flag: K, parsed: Parsed, allowed: Readonly<Record<string, V>>): Partial<Record<K, V>> {
  const text = parsed.text(flag);
  if (text === undefined) return {};
  const value = Object.hasOwn(allowed, text) ? allowed[text] : undefined;
  if (value === undefined) throw new ConfigError(`--${flag} is '${text}'; write one of ${Object.keys(allowed).join(", ")}.`);
  const picked: Partial<Record<string, V>> = { [flag]: value };
  return picked;
}

function positive(parsed: Parsed, flag: string): number | undefined {
  const value = parsed.number(flag);
  if (value !== undefined && !(value > 0)) throw new ConfigError(`--${flag} is ${value}; write a number above 0.`);
  return value;
}

function tell({ name, search, verdict, message }: ModelReport): string {
  if (!search) return `${name}: ${verdict}. ${message}`;
  const units = search.keep.map(({ unit, nodes }) => `  ${unit}  (${nodes.join(", ")})`);
  return [`${name}: ${search.outcome}. ${search.message}`, ...units, ...curveLines(search)].join("\n");
}

/** How the first set that was found becomes a fix, and where to read on. */
function next(models: readonly ModelReport[], folder: string): string {
  const model = models.find(({ search }) => (search?.keep.length ?? 0) > 0);
  const which = model === undefined || models.length === 1 ? "" : ` --model ${shellWord(model.name)}`;
  return [...(model === undefined ? [] : [`Next: trt-gate fix report.json${which}`]), `Report: ${folder}/report.html`].join("\n");
}

const mostLines = 8;
/** What is left of 80 columns beside the numbers. */
const longestWords = 38;

function curveLines(search: NonNullable<ModelReport["search"]>): string[] {
  const withLatency = hasLatency(search);
  const rows = [
    curveHead(withLatency),
    ...tellingPoints(search, mostLines).map((point) => curveCells(point, withLatency, (words) => cutMiddle(words, longestWords))),
  ];
  if (rows.length === 1) return [];
  return alignColumns(rows, `${"r".repeat((rows[0]?.length ?? 1) - 1)}l`).map((line) => `  ${line}`);
}
