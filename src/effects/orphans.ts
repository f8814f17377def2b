/** Finds and ends descendants that left their process group (setsid), by the mark that exec.ts puts into their environment. Linux only. */
import { readdir, readFile } from "node:fs/promises";

/** Marks every descendant, so that one that left the process group (setsid) is found again. */
export const runMark = "TRT_GATE_RUN";

/** Pids of other processes whose environment holds this run's mark. Empty where /proc does not exist. */
export async function findStrays(runId: string): Promise<number[]> {
  const entries: string[] = await readdir("/proc").catch((): string[] => []);
  const pids = entries.filter((entry) => /^\d+$/.test(entry) && Number(entry) !== process.pid);
  const marked = await Promise.all(
    pids.map(async (pid) => ((await environmentOf(pid)).includes(`${runMark}=${runId}`) ? Number(pid) : undefined)),
  );
  return marked.filter((pid) => pid !== undefined);
}

const environmentOf = (pid: string) =>
  readFile(`/proc/${pid}/environ`, "utf8").then(
    (text): string[] => text.split("\0"),
    (): string[] => [],
  );

/** SIGKILL to all that carry the run's mark; gives their number. What is gone meanwhile counts too. */
export async function killOrphans(runId: string): Promise<number> {
  const strays = await findStrays(runId);
  for (const pid of strays) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // gone meanwhile
    }
  }
  return strays.length;
}
