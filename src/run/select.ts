/** From inputs to the models that have to be checked: event, trusted configuration, settings, selection. Loads no engine and reads no model. */
import { dirname, join } from "node:path";
import { chooseModels, newModels, type Selection, withProposed } from "../changes/choose.ts";
import { type RunEvent, readEvent } from "../changes/event.ts";
import { readTrustedConfig, type TrustedConfig } from "../changes/trusted-config.ts";
import type { ModelFlags } from "../config/model-flags.ts";
import { readOptions } from "../config/options.ts";
import { resolveSettings, type SettleTexts } from "../config/resolve-settings.ts";
import type { ModelEntry, SearchSettings, Settings } from "../config/settings.ts";
import { utcDate } from "../effects/clock.ts";
import type { Effects } from "../effects/effects.ts";
import { realWorkspace } from "../effects/workspace.ts";
import { plural } from "../model/plural.ts";

export interface MainRequest {
  /** Action inputs, or flags of the same names: kebab-case name -> text, empty where not given. */
  readonly inputs: Readonly<Record<string, string>>;
  /** What the flags of a command say of the one model that it names; undefined without such flags (the action). */
  readonly flags?: ModelFlags;
  /** Single settings of the search that replace the configuration's (`trt-gate search`). */
  readonly search?: Partial<SearchSettings>;
  /** No figure is compared with a base commit's. */
  readonly withoutBase?: boolean;
}

export interface Selected {
  readonly event: RunEvent | undefined;
  readonly config: TrustedConfig;
  readonly settings: Settings;
  readonly selection: Selection;
  /** Models that only a fork's configuration names: not touched, and not passed either. */
  readonly foreign: readonly ModelEntry[];
}

/** From inputs to the models that have to be checked; says in the log why. `plan` ends here. */
export async function selectModels({ inputs, flags, search }: MainRequest, effects: Effects): Promise<Selected> {
  const event = await readEvent(effects);
  const { options } = readOptions(inputs, effects.env);
  const config = await readTrustedConfig(options, event, effects);
  const { settings: settled, foreign } = settleAll(
    { inputs, ...(flags === undefined ? {} : { flags, isLocal: event === undefined }) },
    config,
    effects,
  );
  const settings: Settings = { ...settled, search: { ...settled.search, ...search } };
  for (const notice of settings.notices) effects.log.notice(notice);

  const selection = await chooseModels({ settings, config, effects, externalData: (path) => externalDataOf(path, effects) });
  for (const notice of selection.trust.notices) effects.log.notice(notice);
  // Where nothing has to be checked the result alone is told, in one line.
  if (selection.jobs.length > 0)
    effects.log.info(`${selection.jobs.length} of ${plural(settings.models.length, "model")} to check (${selection.why}).`);
  return { event, config, settings, selection, foreign };
}

/** Paths relative to the workspace. Loaded only where a file beside the model changed. */
async function externalDataOf(modelPath: string, { cwd, files }: Effects): Promise<readonly string[]> {
  const [{ externalReferences }, { readModel }] = await Promise.all([import("../onnx/external.ts"), import("../onnx/read.ts")]);
  const { references } = externalReferences((await readModel(join(cwd, modelPath), files)).proto);
  return [...new Set(references.map(({ location }) => join(dirname(modelPath), location)))];
}

/** Rejects with ConfigError also for the proposed version: what it says must hold once it is merged, and a new model in it must not pass unread. */
function settleAll(
  given: Pick<SettleTexts, "inputs" | "flags" | "isLocal">,
  config: TrustedConfig,
  effects: Effects,
): Pick<Selected, "settings" | "foreign"> {
  const workspace = realWorkspace(effects.cwd);
  const today = utcDate(effects.clock);
  const trusted = resolveSettings({ ...given, env: effects.env, yaml: config.yaml, trust: config.trust, today, workspace });
  if (config.proposed === undefined) return { settings: trusted, foreign: [] };
  const proposed = resolveSettings({ ...given, env: effects.env, yaml: config.proposed, trust: "data-only", today, workspace });
  if (config.isProposedUsed) return { settings: withProposed(trusted, proposed, config.baseText), foreign: [] };
  return { settings: trusted, foreign: newModels(trusted.models, proposed) };
}
