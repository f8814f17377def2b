/**
 * Remembers what a run makes (temporary folders, children) in a file that outlives it, and takes just that away again in `post`.
 * A folder goes only if it was written down and lies below the runner's temporary folder; a child only if its start time still matches.
 */
import { appendFileSync, existsSync, mkdtempSync, readFileSync } from "node:fs";
import { realpath, rm } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { z } from "zod";
import { killOrphans } from "../effects/orphans.ts";

/** Name of the state that carries the file's path from the step to `post`. */
export const stateName = "left-behind";

const lineSchema = z.union([
  z.object({ run: z.uuid() }),
  z.object({ folder: z.string() }),
  z.object({ pid: z.number().int().min(2), started: z.string() }),
]);

export interface Memory {
  /** The mark that every descendant carries in its environment. */
  run(id: string): void;
  folder(path: string): void;
  child(pid: number): void;
}

/**
 * Writes at once and whole: the run may be killed at any moment. `stateFile` is `GITHUB_STATE`; without it, and where it or `tempRoot` cannot be written,
 * nothing is remembered: that costs what a killed run leaves behind, never its result.
 */
export function recordResource(stateFile: string | undefined, tempRoot: string | undefined): Memory {
  const journal = stateFile && tempRoot && attempt(() => startJournal(stateFile, tempRoot));
  if (!journal) return { run: ignore, folder: ignore, child: ignore };
  const write = (line: z.infer<typeof lineSchema>) => void attempt(() => appendFileSync(journal, `${JSON.stringify(line)}\n`));
  return {
    run: (id) => write({ run: id }),
    folder: (path) => write({ folder: path }),
    child: (pid) => {
      const started = startTime(pid);
      if (started !== undefined) write({ pid, started });
    },
  };
}

function startJournal(stateFile: string, tempRoot: string): string {
  const journal = join(mkdtempSync(join(tempRoot, "trt-gate-post-")), "made.jsonl");
  appendFileSync(stateFile, `${stateName}=${journal}\n`);
  return journal;
}

function attempt<T>(body: () => T): T | undefined {
  try {
    return body();
  } catch {
    return undefined;
  }
}

/** Gives what was taken away, for the log. `journal` is what `recordResource` left in the state; undefined where the step never got that far. */
export async function cleanUp(journal: string | undefined, tempRoot: string | undefined): Promise<string[]> {
  if (!journal || !tempRoot || !existsSync(journal) || !(await isBelow(journal, tempRoot))) return [];
  const gone: string[] = [];
  for (const line of readLines(journal)) {
    if ("run" in line) {
      // Also one that was started an instant before the kill, and one that left its group.
      const count = await killOrphans(line.run);
      if (count > 0) gone.push(`${count} processes of the run`);
    } else if ("pid" in line) {
      if (startTime(line.pid) === line.started && kill(line.pid)) gone.push(`process ${line.pid}`);
    } else if (existsSync(line.folder) && (await isBelow(line.folder, tempRoot))) {
      await rm(line.folder, { recursive: true, force: true, maxRetries: 3 });
      gone.push(line.folder);
    }
  }
  await rm(dirname(journal), { recursive: true, force: true });
  return gone;
}

/** A last line may be cut short by the kill. */
function readLines(journal: string): z.infer<typeof lineSchema>[] {
  return readFileSync(journal, "utf8")
    .split("\n")
    .flatMap((line) => {
      try {
        return lineSchema.safeParse(JSON.parse(line)).data ?? [];
      } catch {
        return [];
      }
    });
}

/** Resolved first, so that neither `..` nor a link leads elsewhere. */
async function isBelow(path: string, root: string): Promise<boolean> {
  return (await realpath(path)).startsWith((await realpath(root)) + sep);
}

/** Clock ticks since boot at which a process started (field 22 of /proc/PID/stat, after the name in brackets); undefined where it is gone. */
function startTime(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "latin1");
    return stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return undefined;
  }
}

/** The whole group: each child leads one of its own. */
function kill(pid: number): boolean {
  for (const target of [-pid, pid]) {
    try {
      process.kill(target, "SIGKILL");
      return true;
    } catch {
      // ESRCH: no such group or process; the next target is tried.
    }
  }
  return false;
}

const ignore = (): void => {};
