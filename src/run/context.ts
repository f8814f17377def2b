/** What checking models needs beside the settings: whose code, which base, what an earlier report knew, until when. */
import { join } from "node:path";
import type { Selection } from "../changes/choose.ts";
import { baselineFolder, codeFolder } from "../changes/commit-folder.ts";
import type { TrustedConfig } from "../changes/trusted-config.ts";
import type { CheckContext } from "../check/context.ts";
import type { Settings } from "../config/settings.ts";
import type { Effects } from "../effects/effects.ts";
import { type ModelReport, modelReport } from "../report/schema.ts";
import { version } from "../version.ts";

export interface ContextFacts {
  readonly settings: Settings;
  readonly config: TrustedConfig;
  readonly selection: Selection;
  readonly reportFolder: string;
  readonly startMs: number;
}

export async function makeContext(
  { settings, config, selection, reportFolder, startMs }: ContextFacts,
  effects: Effects,
): Promise<CheckContext> {
  const { checkout } = config;
  const needsCode = selection.jobs.some(
    ({ model }) => model.task !== undefined || model.validation?.loader !== undefined || model.quantization?.loader !== undefined,
  );
  return {
    effects,
    settings,
    version,
    today: effects.clock.now().toISOString().slice(0, 10),
    deadlineMs: startMs + settings.options.timeoutMinutes * 60_000,
    codeFolder: needsCode
      ? await codeFolder(
          checkout,
          selection.jobs.map(({ model }) => model),
          effects,
        )
      : effects.cwd,
    trust: checkout.trust,
    isCheckout: checkout.head !== undefined,
    tracked:
      checkout.trust.isProposal && checkout.head !== undefined && selection.jobs.length > 0
        ? (await checkout.git.tracked()).files
        : undefined,
    baseFolder: async (entry) =>
      checkout.base?.isLocal ? { folder: await baselineFolder(checkout, entry, effects), commit: checkout.base.sha } : undefined,
    earlier: await readEarlier(join(reportFolder, "report.json"), effects),
    versions: {},
    reportFolder,
  };
}

/** Models of the report that lies in the folder from an earlier run; empty where there is none or it cannot be read: it only helps to rank. */
async function readEarlier(path: string, { files }: Effects): Promise<ReadonlyMap<string, ModelReport>> {
  if ((await files.stat(path)) === undefined) return new Map();
  try {
    const json: unknown = JSON.parse(await files.readText(path));
    const models = typeof json === "object" && json !== null && "models" in json && Array.isArray(json.models) ? json.models : [];
    return new Map(models.flatMap((model) => modelReport.safeParse(model).data ?? []).map((model) => [model.name, model]));
  } catch {
    return new Map();
  }
}
