/**
 * The fix as a suggestion that a reviewer commits by one click: the body of a comment on the configuration's line. Decides which suggestions are safe
 * to offer and how they read; posting them is github/suggestion-sink.ts.
 */
import { blocks, code, escapeMarkdown, suggestionBlock } from "./markdown.ts";
import { type CommentState, stateLine, suggestionMarker } from "./marker.ts";
import type { ModelReport, Report } from "./schema.ts";
import { precisionWord, shortSha } from "./sections/labels.ts";

export interface Suggestion {
  /** Its name in the report: one comment a model. Two entries may check one file. */
  readonly model: string;
  /** What it computes in. */
  readonly precision: string;
  readonly file: string;
  readonly line: number;
  /** What stands there now. */
  readonly replaces: string;
  readonly lines: readonly string[];
}

/** A pull request with more regressed models has other worries. */
const mostSuggestions = 10;
const longestLine = 1000;

/** Of proved fixes of models that regressed, as far as they are nothing but a `keep:` line in plain letters. */
export const suggestionsOf = ({ models }: Report): Suggestion[] => models.flatMap(suggestionOf).slice(0, mostSuggestions);

function suggestionOf(model: ModelReport): Suggestion[] {
  const { name, verdict, fix } = model;
  const { file, line, lines, replaces } = fix?.suggestion ?? {};
  if (verdict !== "regression" || fix?.verified?.passes !== true || file === undefined || line === undefined) return [];
  if (lines === undefined || replaces === undefined || !isKeepLine(lines, replaces) || lines.some(hidesSomething)) return [];
  return [{ model: name, precision: precisionWord(model), file, line, replaces, lines }];
}

/** The line itself followed by a `keep:`, or a `keep:` instead of another: whoever commits it must not get anything else. */
function isKeepLine(lines: readonly string[], replaces: string): boolean {
  const keep = /^\s*(- )?keep: \[[^\r\n]*\]$/;
  const last = lines.at(-1) ?? "";
  return keep.test(last) && (lines.length === 2 ? lines[0] === replaces : lines.length === 1 && /^\s*(- )?keep:/.test(replaces));
}

/** Bytes must stay as they are, so what does not show, or turns the order of what shows, cannot be made harmless: it is not offered. */
const hidesSomething = (line: string): boolean => line.length > longestLine || /[\p{C}\p{Zl}\p{Zp}]/u.test(line);

export interface SuggestionOptions {
  readonly jobKey: string;
  readonly state: CommentState;
}

/** With marker and state on its first two lines. */
export function renderSuggestion({ model, precision, lines }: Suggestion, { jobKey, state }: SuggestionOptions): string {
  return blocks(
    hiddenLines(model, jobKey, state, "problem"),
    `${precision} lost accuracy in ${code(model, 80)}; with this line the gate's own check of the fix passes. The units that it keeps in higher precision count with this change, so the next run judges them.`,
    suggestionBlock(lines),
  );
}

/** What the comment says once there is nothing to commit any more. `model` is undefined where the report does not know the name. */
export function renderClosedSuggestion(model: ModelReport | undefined, name: string, { jobKey, state }: SuggestionOptions): string {
  const words =
    model?.verdict === "pass"
      ? `${code(model.name, 80)} passes at ${shortSha(state.headSha)}${model.kept === undefined ? "" : ` with the units kept that ${escapeMarkdown(model.kept.file, 200)} names`}: nothing to commit here any more.`
      : `The newest run (${shortSha(state.headSha)}) has no such suggestion any more: the gate's comment on this pull request has its result.`;
  return blocks(hiddenLines(name, jobKey, state, "clear"), words);
}

const hiddenLines = (model: string, jobKey: string, state: CommentState, told: "problem" | "clear"): string =>
  `${suggestionMarker(jobKey, model)}\n${stateLine({ ...state, told })}`;
