/**
 * Makes foreign text harmless for a log: no workflow command, no terminal control, no hidden direction change.
 * Every log line goes through here; comment and HTML have their own escapes (report/).
 * The runner reads `::name` after leading white space and `##[name` anywhere in a line (actions/runner ActionCommand.cs).
 */

const maxLineLength = 4096;
const ansi = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
// C0 without tab and line feed, DEL and C1, bidirectional controls, zero-width and line separators.
const unseen = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const loneSurrogate = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** Any text -> text of the same lines that no runner or terminal acts on. Lines are cut at 4,096 characters. Empty stays empty. */
export const sanitizeLog = (text: string): string => text.split("\n").map(inertLine).join("\n");

function inertLine(line: string): string {
  const cut = line.length > 4 * maxLineLength ? line.slice(0, 4 * maxLineLength) : line;
  const plain = cut.replace(ansi, "").replace(unseen, "").replace(loneSurrogate, "\ufffd");
  const tamed = plain.replaceAll("##[", "#\u200b#[").replace(/^(\s*)::/, "$1:\u200b:");
  return tamed.length > maxLineLength ? `${tamed.slice(0, maxLineLength - 1)}…` : tamed;
}

/** As `inert`, on one line: line breaks and tabs become spaces. For names inside a sentence. */
export const inertName = (name: string): string => sanitizeLog(name.replace(/[\n\t]+/g, " "));
