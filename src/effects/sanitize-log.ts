/**
 * Makes foreign text harmless for a log: no workflow command, no terminal control, no hidden direction change.
 * Every log line goes through here; comment and HTML have their own escapes (report/).
 * The runner reads `::name` after leading white space and `##[name` anywhere in a line (actions/runner ActionCommand.cs).
 */
import { withoutUnseen } from "./unseen.ts";

const maxLineLength = 4096;
/** Any text -> text of the same lines that no runner or terminal acts on. Lines are cut at 4,096 characters. Empty stays empty. */
export const sanitizeLog = (text: string): string => text.split("\n").map(inertLine).join("\n");

function inertLine(line: string): string {
  const cut = line.length > 4 * maxLineLength ? line.slice(0, 4 * maxLineLength) : line;
  const plain = withoutUnseen(cut);
  const tamed = withoutCommands(plain);
  return tamed.length > maxLineLength ? `${tamed.slice(0, maxLineLength - 1)}…` : tamed;
}

/** One line that no runner acts on: `##[name` anywhere and `::name` after leading white space are broken by a character without width. */
export const withoutCommands = (line: string): string => line.replaceAll("##[", "#\u200b#[").replace(/^(\s*)::/, "$1:\u200b:");

/** As `sanitizeLog`, on one line: line breaks and tabs become spaces. For names inside a sentence. */
export const inertName = (name: string): string => sanitizeLog(name.replace(/[\n\t]+/g, " "));
