/** Rows of a terminal as aligned columns. Knows nothing of reports. */
import { width } from "../effects/wrapped.ts";

/** Rows as lines whose cells stand below each other, two spaces apart, none at the end; `sides` has one letter (l or r) a column. */
export function alignColumns(rows: readonly (readonly string[])[], sides: string): string[] {
  const widths = [...sides].map((_, column) => rows.reduce((most, row) => Math.max(most, width(row[column] ?? "")), 0));
  const pad = (cell: string, column: number): string => {
    const gap = " ".repeat(Math.max(0, (widths[column] ?? 0) - width(cell)));
    return sides[column] === "r" ? gap + cell : cell + gap;
  };
  return rows.map((row) => row.map(pad).join("  ").trimEnd());
}
