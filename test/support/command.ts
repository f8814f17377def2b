/** The command from the sources, as a shell would start it in a folder; a command that hangs is ended. */
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { childEnv } from "../../src/effects/child-env.ts";
import type { Command } from "../../src/effects/effects.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

export const runCommand = (args: readonly string[], cwd: string) =>
  spawnSync(process.execPath, [cli, ...args], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env.PATH, HOME: process.env.HOME },
    timeout: 120_000,
  });

/** A shell's script as a child of the gate, ended after 20 s. */
export const sh = (script: string, more: Partial<Command> = {}): Command => ({
  file: "sh",
  args: ["-c", script],
  env: childEnv(process.env),
  timeoutMs: 20_000,
  ...more,
});
