/** `trt-gate cache check|diff|to-qdq`: what a calibration cache is worth, what changed in it, and its way to an explicit Q/DQ model. */
import { ConfigError } from "../effects/failure.ts";
import { check } from "./cache-check.ts";
import { diff } from "./cache-diff.ts";
import { toQdq } from "./cache-to-qdq.ts";
import type { RunCommand } from "./command.ts";

const actions: Readonly<Record<string, RunCommand>> = { check, diff, "to-qdq": toQdq };

export const run: RunCommand = async (parsed, effects, io) => {
  const name = parsed.positionals[0] ?? "";
  const action = Object.hasOwn(actions, name) ? actions[name] : undefined;
  if (!action) throw new ConfigError(`"cache ${name}" is no command. Write cache check, cache diff or cache to-qdq.`);
  return await action(parsed, effects, io);
};
