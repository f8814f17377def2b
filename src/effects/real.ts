/** Builds the real effects of one run and takes them down again. Doors call it; nothing else does. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { realClock } from "./clock.ts";
import type { Effects, Log } from "./effects.ts";
import { realExec } from "./exec.ts";
import { realFiles } from "./files.ts";
import { killOrphans } from "./orphans.ts";

export interface RealEffects extends Effects {
  /** Ends stray children and removes the run's temporary folders. Safe to call twice. */
  dispose(): Promise<void>;
  /** Removes every temporary folder of the run at once, also what was written there again after `dispose`: for the last moment of a process. */
  removeFoldersNow(): void;
}

export interface RealOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly log: Log;
  readonly cancelled: AbortSignal;
  /** Told of the run's mark, and of every temporary folder and child: an action keeps this for `post`. */
  readonly onRun?: (runId: string) => void;
  readonly onTempFolder?: (path: string) => void;
  readonly onChild?: (pid: number) => void;
}

export function realEffects(options: RealOptions): RealEffects {
  const runId = randomUUID();
  options.onRun?.(runId);
  const folders = new Set<string>();
  const files = realFiles(options.env.RUNNER_TEMP || undefined, {
    record: (path) => {
      folders.add(path);
      options.onTempFolder?.(path);
    },
  });
  return {
    env: options.env,
    cwd: options.cwd,
    clock: realClock,
    log: options.log,
    files,
    exec: realExec({ runId, cancelled: options.cancelled, ...(options.onChild ? { onStart: options.onChild } : {}) }),
    cancelled: options.cancelled,
    dispose: async () => {
      await killOrphans(runId);
      await Promise.all([...folders].map((folder) => rm(folder, { recursive: true, force: true, maxRetries: 3 })));
    },
    removeFoldersNow: () => {
      for (const folder of folders) rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    },
  };
}
