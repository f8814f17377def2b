/**
 * Foreign text as GitHub Markdown that renders as that text and nothing else: no mention, no reference, no link, no HTML, no table cell more.
 * Every name and message in comment and summary goes through `code` or `prose`. Layout is the sections' own.
 */
import { markdownTable } from "markdown-table";
import { plainLine, plainLines } from "./text.ts";

const gap = "\u200b";

/**
 * A name as an inline code span, safe in table cells too. Backslashes before `|` do not protect a cell in code spans reliably
 * (`\\|` ends the cell in cmark-gfm), so names with `|`, `\` or a backtick are written as `<code>` with entities.
 */
export function code(name: string, limit?: number): string {
  const plain = withoutReferences(plainLine(name, limit));
  return /[|\\`]/.test(plain) ? `<code>${entities(plain)}</code>` : `\`${plain}\``;
}

/** A sentence with foreign words in it, as text. */
export const escapeMarkdown = (text: string, limit = 600): string =>
  withoutReferences(plainLine(text, limit))
    .replace(/[\\`*_{}[\]|~$]/g, "\\$&")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replace(/^[-+=#]/, "\\$&")
    .replace(/^(\d+)([.)])(?=\s|$)/, "$1\\$2");

/** Inside raw HTML such as `<summary>`, where Markdown is not read. */
export const htmlWords = (text: string, limit?: number): string => entities(withoutReferences(plainLine(text, limit)));

/** Code to copy: bytes stay as they are, except that control characters and lone surrogates go. The fence is longer than any run inside. */
export function copyBlock(text: string, language: "python" | "sh" | "yaml" | "text"): string {
  const kept = text.replaceAll("\r\n", "\n").replace(copyUnsafe, "").toWellFormed();
  return fenced(kept.replace(/\n+$/, ""), language);
}

/** What GitHub offers to commit in place of the comment's line. Bytes stay as they are: the caller has refused what does not show. */
export const suggestionBlock = (lines: readonly string[]): string => fenced(lines.join("\n"), "suggestion");

/** Tool output to read: the last `maxLines` lines, disarmed. */
export const quoteBlock = (lines: readonly string[], maxLines = 20): string =>
  fenced(withoutReferences(plainLines(lines, maxLines).join("\n")), "text");

/** Rows of cells that are Markdown already. `align`: `l`, `r` or `c` a column. */
export const table = (head: readonly string[], rows: readonly (readonly string[])[], align: readonly string[] = []): string =>
  markdownTable([head.slice(), ...rows.map((row) => row.slice())], { align: [...align], padding: true, alignDelimiters: false });

/** A folded section. Nothing for an empty body. `summary` is HTML already (`htmlWords`). */
export const details = (summary: string, body: string): string =>
  body.trim() === "" ? "" : `<details><summary>${summary}</summary>\n\n${body}\n\n</details>`;

/** A link of ours; only the words where the address is not plain http(s). */
export const link = (words: string, url: string | undefined | null): string =>
  url !== undefined && url !== null && /^https?:\/\/[\w.:-]+(\/[\w./%~?=&#+:@-]*)?$/.test(url) ? `[${words}](${url})` : words;

/** Paragraphs and blocks with one blank line between; empty ones are left out. */
export const blocks = (...parts: readonly string[]): string => parts.filter((part) => part !== "").join("\n\n");

const fenced = (text: string, language: string): string => {
  const longest = Math.max(2, ...Array.from(text.matchAll(/`+/g), (run) => run[0].length));
  const fence = "`".repeat(longest + 1);
  return `${fence}${language}\n${text}\n${fence}`;
};

const copyUnsafe = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

/**
 * GitHub links `@name`, `#1`, `GH-1`, addresses and decodes entities before it looks for mentions; mail replies strip backticks.
 * A zero-width space inside each breaks them everywhere and leaves them readable.
 */
const withoutReferences = (text: string): string =>
  text
    .replaceAll("@", `@${gap}`)
    .replace(/#(?=\d)/g, `#${gap}`)
    .replace(/\b(GH-)(?=\d)/gi, `$1${gap}`)
    .replace(/&(?=[#\w])/g, `&${gap}`)
    .replace(/:(?=\/\/)/g, `:${gap}`)
    .replace(/\b(www)(?=\.)/gi, `$1${gap}`)
    .replace(/(<)(?=[!/?a-z])/gi, `$1${gap}`);

const entities = (text: string): string => text.replace(/[^\p{L}\p{N}\p{M} ./:,\u200b…–-]/gu, (char) => `&#${char.codePointAt(0)};`);
