/** docs/faults.md from the rows of test/faults/rows.ts: what each fault ends as, and what shows it. */
import { markdownTable } from "markdown-table";
import { failureClasses, reasonOf } from "../src/gate/reasons.ts";
import { parts, type Row } from "../test/faults/rows.ts";

const classes: Readonly<Record<string, string>> = {
  "configuration error": "ConfigError",
  "trust error": "TrustError",
  bug: "anything else",
};

/** Exit code of a row; undefined where the fault decides nothing. */
export function exitOf({ ends, exit }: Row): number | undefined {
  if (exit !== undefined) return exit;
  const failure = classes[ends];
  if (failure !== undefined) return failureClasses.find((one) => one.failure === failure)?.exit;
  return ends === "none" ? undefined : reasonOf(ends).exit;
}

const verdictOf = ({ ends }: Row): string => {
  if (ends === "none") return "as without it";
  return classes[ends] === undefined ? `${reasonOf(ends).kind} \`${ends}\`` : ends;
};

/** The file of the row's test, which has the fault as its title; undefined for a record or a fault that was not run. */
export const fileOf = ({ shown }: Row): string | undefined => (shown.startsWith("test/faults/") ? shown : undefined);

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

export function faultPage(): string {
  const sections = Object.entries(parts).map(([part, rows]) => {
    const table = markdownTable([
      ["fault", "verdict", "exit", "the message holds", "shown by"],
      ...rows.map((row) => {
        const file = fileOf(row);
        return [
          row.fault,
          verdictOf(row),
          String(exitOf(row) ?? "-"),
          row.says,
          file ? `[${file.replace("test/", "")}](../${file})` : row.shown,
        ].map(cell);
      }),
    ]);
    return `## ${part}\n\n${table}\n`;
  });
  return sections.join("\n");
}
