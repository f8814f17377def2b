/** Whether the demo's run did what it shows: the exit code alone does not tell, for Node itself ends with 1, as a regression does, where the gate cannot start. */
import { readFile } from "node:fs/promises";
import { reportSchema } from "../src/report/schema.ts";

/** One sentence on what is wrong, undefined where the run ended with 1 and `reportPath` holds a regression. */
export async function faultOfDemo(status: number | null, reportPath: string): Promise<string | undefined> {
  if (status !== 1) return `The demo expected a regression (exit code 1) and the gate ended with ${status ?? "a signal"}.`;
  const text = await readFile(reportPath, "utf8").catch(() => undefined);
  if (text === undefined) return "The gate ended with exit code 1 and wrote no report: it did not run to its end.";
  const { data } = reportSchema.safeParse(JSON.parse(text));
  return data?.verdict === "regression"
    ? undefined
    : `The gate's report should tell a regression and tells ${data?.verdict ?? "nothing readable"}.`;
}
