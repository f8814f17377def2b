/**
 * One gate at a time on a GPU: a lock file for each GPU UUID in the user's runtime folder, with who holds it.
 * A holder that is gone (other boot, no such process, or a process that started later) is taken over; a living one is waited for.
 */
import { randomUUID } from "node:crypto";
import * as fs from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { Effects } from "./effects.ts";
import { ToolError } from "./failure.ts";
import { temporary } from "./refusals.ts";

export interface GpuLock {
  release(): Promise<void>;
}

export interface Holder {
  readonly pid: number;
  readonly bootId: string;
  readonly startTicks: string;
  readonly token: string;
}

export interface LockOptions {
  readonly waitMs: number;
  /** Where locks lie; default: XDG_RUNTIME_DIR, else a folder of this user in the temporary folder. */
  readonly folder?: string;
}

const pollMs = 500;

/** ToolError `gpu-busy` naming the holder after `waitMs`, or `file-system` where no lock can be made; rejects when the run is cancelled. */
export async function lockGpu(
  uuid: string,
  effects: Pick<Effects, "clock" | "env" | "cancelled" | "log">,
  options: LockOptions,
): Promise<GpuLock> {
  const folder = options.folder ?? (await runtimeFolder(effects.env.XDG_RUNTIME_DIR));
  await temporary(folder, () => fs.mkdir(folder, { recursive: true, mode: 0o700 }), "XDG_RUNTIME_DIR or TMPDIR");
  const path = join(folder, `trt-gate-${uuid.replace(/[^A-Za-z0-9-]/g, "_")}.lock`);
  const mine: Holder = { ...(await describe(process.pid)), token: randomUUID() };
  const until = effects.clock.monotonicMs() + options.waitMs;
  for (;;) {
    if (await temporary(folder, () => create(path, mine), "XDG_RUNTIME_DIR or TMPDIR")) return { release: () => releaseOwn(path, mine) };
    const holder = await readHolder(path);
    if (holder === undefined || !(await lives(holder))) {
      if (holder)
        effects.log.notice(`A previous run on the GPU ${uuid} ended early: its process ${holder.pid} is gone. Its lock is taken over.`);
      await removeStale(path, holder, mine);
      continue;
    }
    if (effects.clock.monotonicMs() >= until) {
      throw new ToolError(
        "gpu-busy",
        `The GPU ${uuid} is in use by process ${holder.pid}, another run of the gate, for longer than ${Math.round(options.waitMs / 1000)} s. Wait for it, or use another runner.`,
      );
    }
    effects.log.progress("waiting for the GPU", `process ${holder.pid} holds it`);
    await effects.clock.sleep(pollMs, effects.cancelled);
  }
}

async function runtimeFolder(xdg: string | undefined): Promise<string> {
  if (xdg !== undefined && (await exists(xdg))) return join(xdg, "trt-gate");
  return join(tmpdir(), `trt-gate-${userInfo().uid}`);
}

/** The content is written beside it and linked in place: a reader never sees half a lock. */
async function create(path: string, holder: Holder): Promise<boolean> {
  const draft = `${path}.draft-${randomUUID()}`;
  await fs.writeFile(draft, JSON.stringify(holder), { mode: 0o600 });
  try {
    await fs.link(draft, path);
    return true;
  } catch (error) {
    if (isCode(error, "EEXIST")) return false;
    throw error;
  } finally {
    await fs.rm(draft, { force: true });
  }
}

/**
 * One at a time, and only what is still there: by the time that one of many has seen a stale lock, another may have replaced it by its own.
 * Whoever creates a lock needs no turn, since linking fails where one lies.
 */
async function removeStale(path: string, stale: Holder | undefined, mine: Holder): Promise<void> {
  const turn = `${path}.takeover`;
  if (!(await create(turn, mine))) {
    const other = await readHolder(turn);
    if (other !== undefined && !(await lives(other))) await fs.rm(turn, { force: true });
    return;
  }
  try {
    const text = await fs.readFile(path, "utf8").catch(() => undefined);
    if (text !== undefined && holderIn(text)?.token === stale?.token) await fs.rm(path, { force: true });
  } finally {
    await fs.rm(turn, { force: true });
  }
}

async function releaseOwn(path: string, mine: Holder): Promise<void> {
  if ((await readHolder(path))?.token === mine.token) await fs.rm(path, { force: true });
}

const readHolder = async (path: string): Promise<Holder | undefined> => {
  const text = await fs.readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : holderIn(text);
};

/** Undefined for a damaged lock. */
function holderIn(text: string): Holder | undefined {
  try {
    const read: unknown = JSON.parse(text);
    return isHolder(read) ? read : undefined;
  } catch {
    return undefined;
  }
}

const isHolder = (value: unknown): value is Holder =>
  typeof value === "object" &&
  value !== null &&
  "pid" in value &&
  typeof value.pid === "number" &&
  "bootId" in value &&
  "startTicks" in value &&
  "token" in value;

/** The same process as at locking: same boot, alive, same start time (a pid is reused sooner or later). */
async function lives(holder: Holder): Promise<boolean> {
  const now = await describe(holder.pid);
  return now.startTicks !== "" && now.bootId === holder.bootId && now.startTicks === holder.startTicks;
}

async function describe(pid: number): Promise<Omit<Holder, "token">> {
  const bootId = await fs.readFile("/proc/sys/kernel/random/boot_id", "utf8").then(
    (text) => text.trim(),
    () => "",
  );
  const stat = await fs.readFile(`/proc/${pid}/stat`, "utf8").catch(() => "");
  // The command may hold spaces and brackets: fields count from the last one. Field 3 is the state, 22 the start time.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return { pid, bootId, startTicks: fields[0] === "Z" ? "" : (fields[19] ?? "") };
}

const exists = (path: string): Promise<boolean> =>
  fs.stat(path).then(
    () => true,
    () => false,
  );
const isCode = (error: unknown, code: string): boolean => error instanceof Error && "code" in error && error.code === code;
