/** Text for a terminal of 80 columns: aligned columns, wrapped sentences. Knows nothing of reports. */

const terminalWidth = 80;

/** Rows as lines whose cells stand below each other, two spaces apart, none at the end; `sides` has one letter (l or r) a column. */
export function alignColumns(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) => rows.reduce((most, row) => Math.max(most, width(row[column] ?? "")), 0));
  const pad = (cell: string, column: number): string => {
    const gap = " ".repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
    return sides[column] === "r" ? gap + cell : cell + gap;
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
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
