/** Text for a terminal of 80 columns: aligned columns, wrapped sentences. Knows nothing of reports. */

export const terminalWidth = 80;

/** Columns padded to their widest cell, two spaces apart; `align` has one letter (l or r) a column. */
export function aligned(head: readonly string[], rows: readonly (readonly string[])[], align: string): string[] {
  const widths = head.map((_, column) => Math.max(...[head, ...rows].map((row) => width(row[column] ?? ""))));
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) => {
        const gap = " ".repeat((widths[column] ?? 0) - width(cell));
        return align[column] === "r" ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  return [head, ...rows].map(line);
}

/** Lines of at most 80 columns, the later ones indented; a word that is longer stands alone on its line, so that a path can be copied. */
export function wrapped(text: string, indent = ""): string[] {
  const lines: string[] = [];
  for (const word of text.split(" ")) {
    const last = lines.at(-1);
    if (last !== undefined && width(last) + 1 + width(word) <= terminalWidth) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(lines.length === 0 ? word : indent + word);
  }
  return lines;
}

/** Code points that are seen. */
export const width = (text: string): number => Array.from(text.replaceAll("\u200b", "")).length;
