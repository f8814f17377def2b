/** The verdict's sentence fitted to what the search found: a reason's next step cannot know whether there is a fix. */
import type { ModelReport } from "../report/schema.ts";

const clause = "Take the fix where the search found one, or calibrate anew.";

export const fittingMessage = ({ message, search, fix }: Pick<ModelReport, "message" | "search" | "fix">): string =>
  message.replace(clause, fixClause(search, fix));

function fixClause(search: ModelReport["search"], fix: ModelReport["fix"]): string {
  if (search === null) return "Search for the units to keep in higher precision, or calibrate anew.";
  const { length } = search.keep;
  if (length === 0) return "The search found no units whose higher precision mends it: calibrate anew.";
  const units = length === 1 ? "one unit" : `${length} units`;
  return fix?.verified?.passes === true
    ? `Take the fix that keeps ${units}, or calibrate anew.`
    : `The search would keep ${units}, which is not proved to be enough: calibrate anew, or give it more samples.`;
}
