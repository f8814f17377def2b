/** Real effects in a temporary folder, with a log that is kept and a clock that does not wait. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Effects, Log } from "../../src/effects/effects.ts";
import { realEffects } from "../../src/effects/real.ts";

export interface RunEffects extends Effects {
  readonly folder: string;
  /** Lines as `level: text`. */
  readonly lines: string[];
  /** Waits asked for, in milliseconds. */
  readonly waits: number[];
  /** Children started, as one line each, with their environment. */
  readonly started: { readonly line: string; readonly env: Readonly<Record<string, string>> }[];
  end(): Promise<void>;
}

/** `env` is the whole environment beside PATH. `cwd` is `folder/work` without one. */
export async function runEffects(env: Readonly<Record<string, string>> = {}, cwd?: string): Promise<RunEffects> {
  const folder = await mkdtemp(join(tmpdir(), "run-effects-"));
  const lines: string[] = [];
  const waits: number[] = [];
  const started: { line: string; env: Readonly<Record<string, string>> }[] = [];
  const real = realEffects({
    env: { PATH: process.env.PATH, HOME: folder, ...env },
    cwd: cwd ?? folder,
    log: keepingLog(lines),
    cancelled: new AbortController().signal,
  });
  return {
    ...real,
    clock: {
      ...real.clock,
      sleep: async (ms, signal) => void (ms > 5000 ? waits.push(ms) : await real.clock.sleep(Math.min(ms, 1), signal)),
    },
    exec: {
      run: async (command) => {
        started.push({ line: [command.file, ...command.args].join(" "), env: command.env });
        return await real.exec.run(command);
      },
      start: real.exec.start,
    },
    folder,
    lines,
    waits,
    started,
    end: async () => {
      await real.dispose();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function keepingLog(lines: string[]): Log {
  const at = (level: string) => (text: string) => void lines.push(`${level}: ${text}`);
  return {
    info: at("info"),
    notice: at("notice"),
    warning: at("warning"),
    error: at("error"),
    debug: at("debug"),
    group: async (_, body) => await body(),
    progress: at("progress"),
  };
}
