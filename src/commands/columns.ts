/** Rows of text as lines whose cells stand below each other. */

/** `sides`: "l" or "r" of each column; further columns are not padded. Two spaces lie between cells, none at the end. */
export function alignColumns(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) => Math.max(0, ...rows.map((row) => row[column]?.length ?? 0)));
  const pad = (cell: string, column: number): string => {
    const width = widths[column] ?? 0;
    return sides[column] === "r" ? cell.padStart(width) : cell.padEnd(width);
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
