/** Whether the rows of the table of faults and the tests that vitest collected belong together. Pure; test.ts asks after a run of every tier. */
import type { Row } from "../test/faults/rows.ts";
import { shownBy } from "./fault-page.ts";

/** One test as vitest's JSON report names it: `file` from the root on, `name` with the names of its groups before it. */
export interface CollectedTest {
  readonly file: string;
  readonly name: string;
}

/** Rows whose test is not among the collected ones, and tests of faults that no row names (`the sound …` apart). */
export function unmatched(rows: readonly Row[], tests: readonly CollectedTest[]): string[] {
  const wanted = rows.flatMap((row) => {
    const by = shownBy(row);
    return by === undefined ? [] : [{ row, file: by.file, pattern: patternOf(by.title) }];
  });
  const meets = ({ file, pattern }: (typeof wanted)[number], test: CollectedTest) => test.file === file && pattern.test(test.name);
  const byFile = Map.groupBy(tests, ({ file }) => file);
  return [
    ...wanted
      .filter((one) => !byFile.get(one.file)?.some((test) => meets(one, test)))
      .map(({ row }) => `no test: ${row.fault} (${row.shown})`),
    ...tests
      .filter(
        (test) => test.file.startsWith("test/faults/") && !/(^| )the sound /.test(test.name) && !wanted.some((one) => meets(one, test)),
      )
      .map(({ file, name }) => `no row: ${file}: ${name}`),
  ];
}

/** Titles of tables stand in the source with places for values (`%s`, `$what`); a name may go on behind what the row says. */
const patternOf = (title: string): RegExp =>
  new RegExp(
    title
      .split(/%[sidfj]|\$\w+/)
      .map((text) => text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&"))
      .join(".+"),
    "s",
  );
