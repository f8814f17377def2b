/** A report of an earlier check: its verdicts. The whole of it is `render`. */
import type { Files } from "../effects/effects.ts";
import type { Inspection } from "./inspection.ts";
import { readReport } from "./render.ts";

/** Rejects as `readReport` does. */
export async function inspectReport(path: string, files: Files): Promise<Inspection> {
  const { verdict, reason, environment, models } = await readReport(path, files);
  return {
    kind: "report",
    path,
    verdict,
    reason,
    createdAt: environment.createdAt,
    models: models.map(({ name, lane, verdict: own, message }) => ({ name, lane, verdict: own, message })),
  };
}
