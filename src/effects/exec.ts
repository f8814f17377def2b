/**
 * Starts and ends children: always an argument vector, a time limit, bounded output, and the whole process group gone at the end.
 * Says why a child ended as data; decides nothing about it.
 */
import { execa } from "execa";
import { longestTimerMs } from "./clock.ts";
import type { Child, Command, Exec, ToolResult } from "./effects.ts";
import { lineSplitter, tailKeeper } from "./lines.ts";
import { runMark } from "./orphans.ts";
import { orLeftAlone } from "./with-timeout.ts";

const tailLines = 200;
const graceMs = 3000;
const drainMs = 1000;
/** From the first signal on: SIGKILL, its effect, and the last output. */
const patienceMs = graceMs + 2 * drainMs;
const defaultStdoutBytes = 1 << 20;

export interface ExecOptions {
  readonly runId: string;
  readonly cancelled: AbortSignal;
  /** Told of each child, so that a later `post` can end what a killed run left. */
  readonly onStart?: (pid: number) => void;
}

/** `options.runId` marks every child, so that strays can be found after the run. */
export function realExec(options: ExecOptions): Exec {
  return {
    run: async (command) => {
      const started = begin(command, options);
      return await finish(started, command);
    },
    start: async (command) => longLived(command, options),
  };
}

interface Started {
  readonly subprocess: ReturnType<typeof spawn>;
  readonly startedAt: Date;
  readonly startMs: number;
  readonly tail: ReturnType<typeof tailKeeper>;
  stdout(): string;
}

function begin(command: Command, options: ExecOptions, onStdoutLine?: (line: string) => void): Started {
  const startedAt = new Date();
  const startMs = performance.now();
  const subprocess = spawn(command, options, onStdoutLine !== undefined);
  if (subprocess.pid !== undefined) options.onStart?.(subprocess.pid);
  subprocess.nodeChildProcess.once("exit", () => releaseStreams(subprocess));

  const tail = tailKeeper(tailLines);
  const kept: Uint8Array[] = [];
  let room = command.maxStdoutBytes ?? defaultStdoutBytes;
  // A line of the worker's protocol may be long; what is only shown is cut at 4 KB.
  const out = lineSplitter(
    (line) => {
      if (onStdoutLine) onStdoutLine(line);
      else tail.add(line);
      command.onLine?.(line, "stdout");
    },
    onStdoutLine ? 64 << 20 : undefined,
  );
  const err = lineSplitter((line) => {
    tail.add(line);
    command.onLine?.(line, "stderr");
  });
  subprocess.stdout?.on("data", (chunk: Uint8Array) => {
    if (room > 0 && !onStdoutLine) kept.push(chunk.subarray(0, room));
    room -= chunk.length;
    out.push(chunk);
  });
  subprocess.stdout?.on("end", () => out.end());
  subprocess.stderr?.on("data", (chunk: Uint8Array) => err.push(chunk));
  subprocess.stderr?.on("end", () => err.end());
  return { subprocess, startedAt, startMs, tail, stdout: () => Buffer.concat(kept).toString("utf8") };
}

function spawn(command: Command, options: ExecOptions, keepsStdin: boolean) {
  return execa(command.file, [...command.args], {
    ...(command.cwd === undefined ? {} : { cwd: command.cwd }),
    ...(command.stdin === undefined ? {} : { input: command.stdin }),
    ...(command.stdin === undefined && !keepsStdin ? { stdin: "ignore" as const } : {}),
    env: { ...command.env, [runMark]: options.runId },
    extendEnv: false,
    buffer: false,
    reject: false,
    encoding: "buffer",
    // A whole number that a timer can hold; 0 would mean no limit.
    timeout: Math.min(Math.max(1, Math.floor(command.timeoutMs)), longestTimerMs),
    cancelSignal: options.cancelled,
    forceKillAfterDelay: graceMs,
    killDescendants: true,
  });
}

async function finish(started: Started, command: Command): Promise<ToolResult> {
  const { subprocess } = started;
  const result = await orLeftAlone(subprocess, command.timeoutMs + patienceMs);
  if (result === undefined) return leave(started, command);
  killGroup(subprocess.pid);
  const cause = result.failed && "originalMessage" in result ? result.originalMessage : undefined;
  return {
    command: [command.file, ...command.args].join(" "),
    endedBy: endOf(result),
    exitCode: result.exitCode,
    signal: result.signal,
    stdout: started.stdout(),
    tail: started.tail.lines(),
    durationMs: performance.now() - started.startMs,
    startedAt: started.startedAt,
    ...(cause === undefined || cause === "" ? {} : { cause }),
  };
}

/** The process stays behind, and keeps neither its pipes nor this process from ending. */
function leave({ subprocess, tail, stdout, startMs, startedAt }: Started, command: Command): ToolResult {
  subprocess.nodeChildProcess.unref();
  subprocess.stdin?.destroy();
  subprocess.stdout?.destroy();
  subprocess.stderr?.destroy();
  return {
    command: [command.file, ...command.args].join(" "),
    endedBy: "timeout",
    exitCode: undefined,
    signal: undefined,
    stdout: stdout(),
    tail: tail.lines(),
    durationMs: performance.now() - startMs,
    startedAt,
    cause: "the process did not end, not even by SIGKILL",
  };
}

function endOf(result: {
  timedOut: boolean;
  isCanceled: boolean;
  signal?: string | undefined;
  exitCode?: number | undefined;
}): ToolResult["endedBy"] {
  if (result.timedOut) return "timeout";
  if (result.isCanceled) return "cancel";
  if (result.signal !== undefined) return "signal";
  return result.exitCode === undefined ? "spawn-error" : "exit";
}

/** A descendant outside the group may hold the pipes open long after the child itself is gone: what it still writes is not waited for. */
function releaseStreams(subprocess: ReturnType<typeof spawn>): void {
  killGroup(subprocess.pid);
  setTimeout(() => {
    subprocess.stdout?.destroy();
    subprocess.stderr?.destroy();
  }, drainMs).unref();
}

/** The leader may be gone while its children ignore SIGTERM: the group gets SIGKILL in any case. */
function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch {
    // ESRCH: nobody is left, which is what was wanted.
  }
}

async function longLived(command: Command, options: ExecOptions): Promise<Child> {
  const queue: string[] = [];
  let wake: (() => void) | undefined;
  let done = false;
  const started = begin(command, options, (line) => {
    queue.push(line);
    wake?.();
  });
  const ended = finish(started, command).finally(() => {
    done = true;
    wake?.();
  });
  async function* lines(): AsyncGenerator<string> {
    while (true) {
      const next = queue.shift();
      if (next !== undefined) yield next;
      else if (done) return;
      else
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
    }
  }
  const { subprocess } = started;
  return {
    pid: subprocess.pid ?? -1,
    lines: lines(),
    ended,
    writeLine: (line) =>
      new Promise((resolve, reject) => {
        if (!subprocess.stdin?.writable) reject(new Error("the child's stdin is closed"));
        else subprocess.stdin.write(`${line}\n`, (error) => (error ? reject(error) : resolve()));
      }),
    stop: async () => {
      subprocess.kill("SIGTERM");
      return (await orLeftAlone(ended, patienceMs)) ?? leave(started, command);
    },
  };
}
