/** Builds the real effects of one run and takes them down again. Entries call it; nothing else does. */
import { randomUUID } from "node:crypto";
import { rmSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { realClock } from "./clock.ts";
import type { Effects, Log } from "./effects.ts";
import { realExec } from "./exec.ts";
import { realFiles } from "./files.ts";
import { killOrphans } from "./orphans.ts";
import { plainCommand } from "./own-command.ts";
import { isNowhere } from "./refusals.ts";

export interface RealEffects extends Effects {
  /** Ends stray children and removes the run's temporary folders. Safe to call twice. */
  dispose(): Promise<void>;
  /** Removes every temporary folder of the run at once, also what a write under way made again after `dispose`: for the last moment of a process. */
  removeFoldersNow(): void;
}

export interface RealOptions {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Default `trt-gate`, as the documentation has it. */
  readonly command?: string;
  readonly log: Log;
  readonly cancelled: AbortSignal;
  /** Told of the run's mark, and of every temporary folder and child: an action keeps this for `post`. */
  readonly onRun?: (runId: string) => void;
  readonly onTempFolder?: (path: string) => void;
  readonly onChild?: (pid: number) => void;
}

/** `dispose` removes temporary folders and ends strays; call it once, at the end. */
export function realEffects(options: RealOptions): RealEffects {
  const runId = randomUUID();
  options.onRun?.(runId);
  const folders = new Set<string>();
  let isOver = false;
  const files = realFiles(options.env.RUNNER_TEMP || undefined, {
    record: (path) => {
      folders.add(path);
      options.onTempFolder?.(path);
    },
    isOver: (path) => isOver && [...folders].some((folder) => path.startsWith(join(folder, "/"))),
  });
  return {
    env: options.env,
    cwd: options.cwd,
    command: options.command ?? plainCommand,
    clock: realClock,
    log: options.log,
    files,
    exec: realExec({ runId, cancelled: options.cancelled, ...(options.onChild ? { onStart: options.onChild } : {}) }),
    memory: () => ({ usedBytes: process.memoryUsage.rss(), availableBytes: process.availableMemory() }),
    cancelled: options.cancelled,
    dispose: async () => {
      isOver = true;
      await killOrphans(runId);
      await Promise.all([...folders].map((folder) => rm(folder, removal).catch((error: unknown) => tellLeft(folder, error, options.log))));
    },
    removeFoldersNow: () => {
      for (const folder of folders)
        try {
          rmSync(folder, removal);
        } catch (error) {
          tellLeft(folder, error, options.log);
        }
    },
  };
}

const removal = { recursive: true, force: true, maxRetries: 3 } as const;

/** What cannot be removed costs its space, never the verdict. A folder that could not be made is not left behind. */
function tellLeft(folder: string, error: unknown, log: Log): void {
  if (isNowhere(error)) return;
  log.warning(
    `The temporary folder ${folder} is left behind: ${error instanceof Error ? error.message : String(error)}. Remove it by hand.`,
  );
}
