/** Whether the rows of the table of faults and the tests that vitest collected belong together. Pure; test.ts asks after a run of every tier. */
import type { Row } from "../test/faults/rows.ts";
import { fileOf } from "./fault-page.ts";

/** One test as vitest's JSON report names it: `file` from the root on; its own `title` and those of the groups around it. */
export interface CollectedTest {
  readonly file: string;
  readonly titles: readonly string[];
}

/** Rows that are the title of no collected test and of no group of tests in their file, and tests of faults under no row (`the sound …` apart). */
export function unmatched(rows: readonly Row[], tests: readonly CollectedTest[]): string[] {
  const wanted = rows.filter((row) => fileOf(row) !== undefined);
  const meets = ({ fault, shown }: Row, { file, titles }: CollectedTest) => file === shown && titles.includes(fault);
  return [
    ...wanted.filter((row) => !tests.some((test) => meets(row, test))).map(({ fault, shown }) => `no test: ${fault} (${shown})`),
    ...tests
      .filter(({ file, titles }) => file.startsWith("test/faults/") && !titles.some((title) => title.startsWith("the sound ")))
      .filter((test) => !wanted.some((row) => meets(row, test)))
      .map(({ file, titles }) => `no row: ${file}: ${titles.join(" > ")}`),
  ];
}
