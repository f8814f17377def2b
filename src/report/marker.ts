/**
 * The two hidden lines that make a comment findable: whose job it is, and which run wrote it.
 * Holds only our own identifiers, never text from a model file. Finding the author is the sink's.
 */

export interface CommentState {
  readonly headSha: string;
  readonly runId: string;
  readonly runAttempt: number;
  /** What the comment told, so that the next run can say that it is over: "clear" is the short green one after a problem. */
  readonly told?: "problem" | "clear" | "pass";
}

/** First line of every comment of a job key. Other keys give other lines; no key can end the HTML comment. */
export const commentMarker = (jobKey: string): string => `<!-- trt-gate v1 key=${encodeKey(jobKey)} -->`;

const suggestionStart = (jobKey: string): string => `<!-- trt-gate-suggestion v1 key=${encodeKey(jobKey)} model=`;

/** First line of a job key's suggestion for the model of this name. */
export const suggestionMarker = (jobKey: string, model: string): string => `${suggestionStart(jobKey)}${encodeKey(model)} -->`;

/** The model's name, of a suggestion of this job key; undefined for every other text. */
export function suggestedModel(body: string, jobKey: string): string | undefined {
  const [first = ""] = body.split(/\r?\n/, 1);
  const start = suggestionStart(jobKey);
  if (!first.startsWith(start) || !first.endsWith(" -->")) return undefined;
  const model = decodeKey(first.slice(start.length, -" -->".length));
  return model !== undefined && suggestionMarker(jobKey, model) === first ? model : undefined;
}

/** Second line. Anything but letters, digits, `.`, `_`, `-` and `/` is dropped, so a value cannot end the HTML comment. */
export const stateLine = (state: CommentState): string =>
  `<!-- trt-gate-state head=${plainWord(state.headSha)} run=${plainWord(state.runId)} attempt=${state.runAttempt}${state.told ? ` told=${state.told}` : ""} -->`;

const tellings = ["problem", "clear", "pass"] as const;

/** The state of a stored comment; undefined where the second line is not one of ours. */
export function parseState(body: string): CommentState | undefined {
  const line = body.split(/\r?\n/, 2)[1] ?? "";
  const found = /^<!-- trt-gate-state head=([\w./-]+) run=([\w./-]+) attempt=(\d+)(?: told=(\w+))? -->$/.exec(line);
  const [, headSha, runId, attempt, word] = found ?? [];
  if (headSha === undefined || runId === undefined) return undefined;
  const told = tellings.find((one) => one === word);
  return { headSha, runId, runAttempt: Number(attempt), ...(told ? { told } : {}) };
}

/** True where the first line is the marker of this job key. */
export const hasMarker = (body: string, jobKey: string): boolean => body.split(/\r?\n/, 1)[0] === commentMarker(jobKey);

const encodeKey = (key: string): string =>
  Array.from(new TextEncoder().encode(key), (byte) => {
    const char = String.fromCharCode(byte);
    return /[\w./-]/.test(char) ? char : `%${byte.toString(16).toUpperCase().padStart(2, "0")}`;
  })
    .join("")
    .replaceAll("--", "-%2D");

/** Undefined for what `encodeKey` never writes. */
function decodeKey(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    if (error instanceof URIError) return undefined;
    throw error;
  }
}

const plainWord = (word: string): string => word.replace(/[^\w./-]/g, "").replace(/-{2,}/g, "-") || "none";
