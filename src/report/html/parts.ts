/** Small pieces that several sections of the page use. */
import type { MeasuredTensor, Report } from "../schema.ts";
import { plainLines } from "../text.ts";
import { html, Markup, nothing } from "./markup.ts";

/**
 * Shape and word, so that neither colour nor sign has to carry the meaning alone. A pass with caveats looks like what it is: something to read first.
 */
export const verdictBadge = (verdict: Report["verdict"], caveats = 0): Markup => {
  const careful = verdict === "pass" && caveats > 0;
  const look = careful ? "undecided" : verdict;
  return html`<span class="verdict ${look}"><svg viewBox="0 0 20 20" aria-hidden="true">${verdictShape[look]}</svg>${careful ? "Pass with a caveat" : verdictWords[verdict]}</span>`;
};

const verdictWords = { pass: "Pass", regression: "Regression", undecided: "Undecided" } as const;
const verdictShape = {
  pass: html`<circle cx="10" cy="10" r="9" fill="currentColor"/><path d="M5.5 10.5l3 3l6-7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,
  regression: html`<path d="M6.3 1h7.4L19 6.3v7.4L13.7 19H6.3L1 13.7V6.3z" fill="currentColor"/><path d="M6.5 6.5l7 7m0-7l-7 7" fill="none" stroke="var(--paper)" stroke-width="2"/>`,
  undecided: html`<path d="M10 1L19.5 18H.5z" fill="currentColor"/><path d="M10 7v5m0 2v1.5" fill="none" stroke="var(--paper)" stroke-width="2"/>`,
} as const;

const levelSign: Readonly<Record<MeasuredTensor["level"], string>> = {
  pass: "✓",
  warn: "!",
  fail: "✕",
  waived: "–",
  unjudged: "",
  undecided: "?",
};

/** A sign and the word. */
export const levelCell = (level: MeasuredTensor["level"]): Markup =>
  html`<td class="level ${level}">${levelSign[level] && html`<span aria-hidden="true">${levelSign[level]} </span>`}${level === "unjudged" ? "not judged" : level}</td>`;

export interface Column {
  readonly head: string;
  readonly number?: boolean;
}

/**
 * A table that scrolls by itself on narrow screens and can be scrolled by keyboard. Cells are markup (`<td>` included) or text. A `kind` is the table's
 * class, and its cells carry their column's name for styles that show a row as a list.
 */
export function tableOf(caption: string, columns: readonly Column[], rows: readonly (readonly (Markup | string)[])[], kind = ""): Markup {
  if (rows.length === 0) return nothing;
  const cell = (value: Markup | string, column: Column | undefined) => {
    const whole =
      typeof value !== "string" && value.text.startsWith("<td")
        ? value
        : html`<td${column?.number ? html` class="n"` : nothing}>${value}</td>`;
    return kind === "" ? whole : new Markup(whole.text.replace("<td", () => html`<td data-h="${column?.head}"`.text));
  };
  return html`<div class="scroll" tabindex="0" role="region" aria-label="${caption}"><table${kind !== "" && html` class="${kind}"`}><caption>${caption}</caption><thead><tr>${columns.map((column) => html`<th scope="col"${column.number ? html` class="n"` : nothing}>${column.head}</th>`)}</tr></thead><tbody>${rows.map((row) => html`<tr>${row.map((value, i) => cell(value, columns[i]))}</tr>`)}</tbody></table></div>`;
}

/** The last `most` of many rows, each made when it is shown; where some are left out, a note says where they are. */
export function lastRows<T>(
  caption: string,
  columns: readonly Column[],
  { items, most, row }: { readonly items: readonly T[]; readonly most: number; row(item: T): readonly (Markup | string)[] },
): Markup {
  const left = items.length - most;
  const note = left > 0 ? html`<p class="note">The first ${left} are in report.json.</p>` : nothing;
  return html`${tableOf(caption, columns, items.slice(-most).map(row))}${note}`;
}

/** Text to copy. The button appears only where the script runs. */
export const copyable = (text: string, what: string): Markup =>
  html`<div class="code"><pre tabindex="0">${text}</pre><button type="button" class="copy" aria-label="Copy ${what}">Copy</button></div>`;

/** At most the last 40 lines, of 400 characters each. */
export const quoted = (lines: readonly string[]): Markup => html`<pre tabindex="0">${plainLines(lines, 40, 400).join("\n")}</pre>`;

/** Pairs of a word and what it is. */
export const facts = (rows: readonly (readonly [string, Markup | string])[]): Markup =>
  html`<dl class="facts">${rows.map(([what, value]) => html`<dt>${what}</dt><dd>${value}</dd>`)}</dl>`;

/** A section with its heading; nothing where the body is empty. */
export const chapter = (title: string, ...body: readonly Markup[]): Markup =>
  body.every((part) => part.text === "") ? nothing : html`<section><h3>${title}</h3>${body}</section>`;

/** Nothing where the body is empty. */
export const fold = (summary: string, body: Markup): Markup =>
  body.text === "" ? nothing : html`<details><summary>${summary}</summary>${body}</details>`;
