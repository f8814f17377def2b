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

/** `file: title` -> both; undefined for a record or a fault that was not run. */
export function shownBy({ shown }: Row): { readonly file: string; readonly title: string } | undefined {
  const [, file, title] = /^(test\/\S+\.ts): (.+)$/s.exec(shown) ?? [];
  return file === undefined || title === undefined ? undefined : { file, title };
}

const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");

export function faultPage(): string {
  const sections = Object.entries(parts).map(([part, rows]) => {
    const table = markdownTable([
      ["fault", "verdict", "exit", "the message holds", "shown by"],
      ...rows.map((row) => {
        const by = shownBy(row);
        return [
          row.fault,
          verdictOf(row),
          String(exitOf(row) ?? "-"),
          row.says,
          by ? `[${by.file.replace("test/", "")}](../${by.file})` : row.shown,
        ].map(cell);
      }),
    ]);
    return `## ${part}\n\n${table}\n`;
  });
  return sections.join("\n");
}
