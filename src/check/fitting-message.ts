/** The verdict's sentence fitted to what the search found: a reason's next step cannot know whether there is a fix. */
import type { ModelReport } from "../report/schema.ts";

const clause = ", and at the fix where the search found one";

export const fittingMessage = ({ message, search, fix }: Pick<ModelReport, "message" | "search" | "fix">): string =>
  message.replace(clause, fixClause(search, fix));

function fixClause(search: ModelReport["search"], fix: ModelReport["fix"]): string {
  if (search === null) return "";
  const { length } = search.keep;
  if (length === 0) return "; the search found no units whose higher precision mends it";
  const units = length === 1 ? "one unit" : `${length} units`;
  return fix?.verified?.passes === true
    ? `, and at the fix that keeps ${units}`
    : `, and at the ${units === "one unit" ? "unit" : units} that the search would keep, which is not proved to be enough`;
}
