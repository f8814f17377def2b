/**
 * What of a configuration counts when a pull request introduces it (design 9): data, never code and never exceptions.
 * Takes out loaders, task commands, plugins and waivers, and says so.
 */
import type { Entry } from "./models.ts";
import type { ModelConfig } from "./schema.ts";
import { property } from "./untyped.ts";

/** Keys that run code or excuse a result, as they are written below a model's entry. */
const strippedKeys: readonly string[] = ["quantization.loader", "validation.loader", "task", "tensorrt.plugins", "waivers"];

/** The same entries without those keys, and a notice for each that was there. A block that is left without a source is left out whole. */
export function stripToDataOnly(entries: readonly Entry[]): { readonly entries: readonly Entry[]; readonly notices: readonly string[] } {
  const notices = entries.flatMap(({ config }) =>
    strippedKeys
      .filter((key) => isSet(config, key))
      .map(
        (key) =>
          `${config.name ?? config.path}: "${key}" is ignored because this pull request introduces the configuration; it counts once it is on the base branch.`,
      ),
  );
  return { entries: entries.map((entry) => ({ ...entry, config: stripModel(entry.config) })), notices };
}

function stripModel({ task: _, ...model }: ModelConfig): ModelConfig {
  const { quantization, validation, ...rest } = model;
  return {
    ...rest,
    ...(quantization !== undefined && quantization.loader === undefined ? { quantization } : {}),
    ...(validation !== undefined && validation.loader === undefined ? { validation } : {}),
    tensorrt: { ...model.tensorrt, plugins: [] },
    waivers: [],
  };
}

function isSet(model: ModelConfig, key: string): boolean {
  const value = key.split(".").reduce<unknown>(property, model);
  return Array.isArray(value) ? value.length > 0 : value !== undefined;
}
