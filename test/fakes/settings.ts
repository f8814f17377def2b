/** Entries of a settled configuration, with the defaults of the schema. */

import { resolveSettings } from "../../src/config/resolve-settings.ts";
import type { ModelEntry, Settings } from "../../src/config/settings.ts";

/** Settles a configuration of one model; `yaml` holds the lines below `path:`. */
export function settingsOf(yaml: string, inputs: Record<string, string> = {}): Settings {
  const text = `version: 1\nmodels:\n  - path: m.onnx\n${yaml
    .split("\n")
    .filter((line) => line.trim() !== "")
    .map((line) => `    ${line}`)
    .join("\n")}\n`;
  return resolveSettings({
    inputs,
    yaml: { path: ".github/trt-gate.yml", text },
    today: "2026-11-24",
    workspace: { match: () => ["m.onnx"], checkPath: () => undefined },
  });
}

export function entryOf(yaml: string): ModelEntry {
  const [entry] = settingsOf(yaml).models;
  if (entry === undefined) throw new Error("the test's configuration has no model");
  return entry;
}
