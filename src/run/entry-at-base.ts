/** A model's entry as the base has it: its limits and samples are this run's, but how it is quantised and what it keeps are what the base's figures rest on. */
import type { ComparedBase } from "../changes/compared-base.ts";
import type { TrustedConfig } from "../changes/trusted-config.ts";
import { resolveSettings } from "../config/resolve-settings.ts";
import type { ModelEntry } from "../config/settings.ts";
import { utcDate } from "../effects/clock.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { realWorkspace } from "../effects/workspace.ts";

/** The very entry where the base says the same of it, or nothing that can be read; and where flags describe it, which no commit holds. */
export async function entryAtBase(
  model: ModelEntry,
  { commit }: Pick<ComparedBase, "commit">,
  { yaml, checkout }: Pick<TrustedConfig, "yaml" | "checkout">,
  effects: Effects,
): Promise<ModelEntry> {
  if (model.base !== undefined) return { ...model, ...model.base };
  if (checkout.trust.isProposal || yaml === undefined || model.flags !== undefined || model.describedIn === "flags") return model;
  const text = yaml.path.startsWith("/") ? undefined : await checkout.git.show(commit, yaml.path);
  if (text === undefined || text === yaml.text) return model;
  const own = entriesIn({ path: yaml.path, text }, effects).find(({ name, path }) => name === model.name && path === model.path);
  if (own === undefined) return model;
  const [was, is] = [own, model].map(({ keep, quantization }) => JSON.stringify([keep, quantization]));
  return was === is ? model : { ...model, keep: own.keep, quantization: own.quantization };
}

function entriesIn(yaml: { readonly path: string; readonly text: string }, { cwd, clock }: Effects): readonly ModelEntry[] {
  try {
    const today = utcDate(clock);
    return resolveSettings({ inputs: {}, yaml, today, workspace: realWorkspace(cwd) }).models;
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    return [];
  }
}
