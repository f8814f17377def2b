/** Annotations on the models' places: at most 8 and one that counts the rest, since the runner shows 10 of a level in a step. */

import { plural } from "../model/plural.ts";
import type { ModelReport, Report } from "./schema.ts";
import { verdictWord } from "./sections/labels.ts";
import { plainLine } from "./text.ts";

export interface Annotation {
  readonly level: "error" | "warning" | "notice";
  readonly title: string;
  /** At most 4,096 characters (actions/runner ExecutionContext.cs cuts there). */
  readonly message: string;
  readonly file: string;
  readonly line: number | undefined;
}

const most = 8;
const longestMessage = 4096;

/** Regressions are errors, undecided models and their warnings are warnings; on the configuration's entry, else on the model file. */
export function annotations(report: Report): Annotation[] {
  const all = report.models.flatMap((model) => [...verdictNote(model), ...warningNotes(model)]).toSorted((a, b) => rank(a) - rank(b));
  if (all.length <= most) return all;
  const rest = all.slice(most);
  return [...all.slice(0, most), { ...restNote(rest), file: rest[0]?.file ?? "", line: undefined }];
}

function verdictNote(model: ModelReport): Annotation[] {
  if (model.verdict === "pass") return [];
  const level = model.verdict === "regression" ? "error" : "warning";
  return [
    {
      level,
      title: plainLine(`${verdictWord[model.verdict]}: ${model.name} (${model.reason})`),
      message: message(model.message),
      ...place(model),
    },
  ];
}

const warningNotes = (model: ModelReport): Annotation[] =>
  [...(model.caveats ?? []).map(({ reason, message }) => `${reason}: ${message}`), ...model.warnings].map((text) => ({
    level: "warning",
    title: plainLine(model.name),
    message: message(text),
    ...place(model),
  }));

const restNote = (rest: readonly Annotation[]) => ({
  level: rest.some((note) => note.level === "error") ? ("error" as const) : ("warning" as const),
  title: `${rest.length} more in the report`,
  message: `${plural(rest.length, "more finding")} in the report.`,
});

const place = (model: ModelReport) => ({ file: plainLine(model.place?.file ?? model.path, 1000), line: model.place?.line });
const message = (text: string): string => plainLine(text, longestMessage / 2);
const rank = ({ level }: Annotation): number => ["error", "warning", "notice"].indexOf(level);
