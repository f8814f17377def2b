/**
 * The story of one run: select, check, compose. Telling it to the world is publish/; entries are index.ts and cli.ts.
 * Never reads a global and never exits.
 */
import { join, resolve } from "node:path";
import { readOptions } from "./config/options.ts";
import type { Effects } from "./effects/effects.ts";
import { ConfigError } from "./effects/failure.ts";
import type { Report } from "./report/schema.ts";
import { composeReport, InvalidReport, type ReportFacts } from "./run/build-report.ts";
import { checkAll } from "./run/check-all.ts";
import { makeContext } from "./run/context.ts";
import { endedEarlyNotice, readEarlier, writeUnfinished } from "./run/previous-run.ts";
import { clearAfterFailure, clearReportFolder, refuseForeignReportFolder } from "./run/report-folder.ts";
import { type MainRequest, type Selected, selectModels } from "./run/select.ts";

export type { MainRequest } from "./run/select.ts";

export interface Outcome extends Pick<Selected, "event" | "config" | "settings"> {
  readonly report: Report;
  /** Absolute; holds report.json and the fixes. */
  readonly reportFolder: string;
}

/** Rejects where the run cannot say anything of any model: wrong configuration, refusal for trust, a bug. */
export async function main(request: MainRequest, effects: Effects): Promise<Outcome> {
  const startMs = effects.clock.monotonicMs();
  if ((await effects.files.stat(effects.cwd))?.kind !== "folder")
    throw new ConfigError(
      `The workspace ${effects.cwd} is not there. Check out the repository first, and leave GITHUB_WORKSPACE as it is.`,
    );
  const { event, config, settings, selection, foreign } = await selectOrClear(request, effects);
  const reportFolder = resolve(effects.cwd, settings.options.reportDir);
  await refuseForeignReportFolder(reportFolder, config.checkout, effects);
  const earlier = await readEarlier(reportFolder, effects);
  const notices = earlier.endedEarly ? [endedEarlyNotice] : [];
  for (const notice of notices) effects.log.notice(notice);
  const facts = { settings, selection, event, startMs, notices };
  await clearReportFolder(reportFolder, effects);
  await writeUnfinished(facts, selection, reportFolder, effects);
  const { withoutBase = false } = request;
  const context = await makeContext({ settings, config, selection, reportFolder, startMs, earlier: earlier.models, withoutBase }, effects);
  const checked = await checkAll({ selection, foreign }, context);
  const report = await composeOrKeep({ ...facts, checked }, reportFolder, effects);
  return { report, settings, event, config, reportFolder };
}

/** An earlier run's report must not stand for a run that ended here. */
async function selectOrClear(request: MainRequest, effects: Effects): Promise<Selected> {
  const { options } = readOptions(request.inputs, effects.env);
  try {
    return await selectModels(request, effects);
  } catch (error) {
    await clearAfterFailure(resolve(effects.cwd, options.reportDir), effects);
    throw error;
  }
}

/** A report that does not fit its schema ends the run as a bug (5), and lies beside the place of the good one. */
async function composeOrKeep(facts: ReportFacts, folder: string, effects: Effects): Promise<Report> {
  try {
    return composeReport(facts, effects);
  } catch (error) {
    if (error instanceof InvalidReport)
      await effects.files.writeText(join(folder, "report.invalid.json"), `${JSON.stringify(error.report, null, 1)}\n`);
    throw error;
  }
}
