/** Settles one configuration text in a workspace of a few models; every test changes what it is about. */

import { resolveSettings, type SettleTexts } from "../../../src/config/resolve-settings.ts";
import type { Settings } from "../../../src/config/settings.ts";
import { ConfigError } from "../../../src/effects/failure.ts";
import { workspaceOf } from "../../fakes/workspace.ts";

export const files = ["models/cls.onnx", "models/det.onnx", "teams/a/model.onnx", "teams/b/model.onnx", "calibration/cls.cache"];
export const path = ".github/trt-gate.yml";

type Overrides = Partial<Omit<SettleTexts, "yaml">>;

export const settleYaml = (text: string, overrides: Overrides = {}): Settings =>
  resolveSettings({ inputs: {}, today: "2026-11-24", workspace: workspaceOf(files), ...overrides, yaml: { path, text, commit: "abc123" } });

/** The problems, or an empty list where the text settles. Anything else that is thrown stays thrown. */
export function problemsOf(text: string, overrides: Overrides = {}): readonly string[] {
  try {
    settleYaml(text, overrides);
    return [];
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
}

/** A configuration with one model whose entry holds these lines (without indentation). */
export const oneModel = (...lines: readonly string[]): string =>
  ["version: 1", "models:", "  - path: models/cls.onnx", ...lines.map((line) => `    ${line}`), ""].join("\n");
