/** What an earlier run left in the report folder, and what this one leaves there before it starts: a run may be killed at any moment. */
import { join } from "node:path";
import type { Selection } from "../changes/choose.ts";
import { property } from "../config/untyped.ts";
import type { Effects } from "../effects/effects.ts";
import { type ModelReport, modelReport, type Report } from "../report/schema.ts";
import { composeReport, type ReportFacts } from "./build-report.ts";
import { unfinishedModel } from "./check-all.ts";

export interface Earlier {
  /** By name. They only help to rank, so whatever cannot be read is left out. */
  readonly models: ReadonlyMap<string, ModelReport>;
  /** True for a report of a run that was cancelled or killed. */
  readonly endedEarly: boolean;
}

const nothing: Earlier = { models: new Map(), endedEarly: false };

/** Nothing where no report is there or none can be read; models that do not fit the schema are left out. */
export async function readEarlier(folder: string, { files }: Effects): Promise<Earlier> {
  const path = join(folder, "report.json");
  try {
    if ((await files.stat(path)) === undefined) return nothing;
    const text = await files.readText(path);
    return {
      models: new Map(modelsIn(text).map((model) => [model.name, model])),
      endedEarly: property(JSON.parse(text), "complete") === false,
    };
  } catch {
    return nothing;
  }
}

/** Models of a report's text that fit the schema; none where it is no report. */
export function modelsIn(text: string): ModelReport[] {
  try {
    const models = property(JSON.parse(text), "models");
    return Array.isArray(models) ? models.flatMap((model) => modelReport.safeParse(model).data ?? []) : [];
  } catch {
    return [];
  }
}

export const endedEarlyNotice =
  "The previous run ended early (cancelled or killed). What it had measured of a search is used again; its comment is brought up to date.";

/** A report in which every model is undecided. Where it cannot be written nothing is lost yet: publish/ says so at the end. */
export async function writeUnfinished(
  facts: Omit<ReportFacts, "checked">,
  selection: Selection,
  folder: string,
  effects: Effects,
): Promise<void> {
  const models = selection.jobs.map(({ model }) => unfinishedModel(model));
  const composed = composeReport({ ...facts, checked: { models, codes: [], complete: false, versions: {} } }, effects);
  const report: Report = { ...composed, reason: "unfinished" };
  await effects.files.replaceText(join(folder, "report.json"), `${JSON.stringify(report, null, 1)}\n`).catch(() => undefined);
}
