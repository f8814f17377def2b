/**
 * What the gate may do to the world, as one object that an entry builds and hands in.
 * Only types: the real ones are beside this file, the fakes in test/fakes/.
 */

export interface Effects {
  /** The environment as it was at the start. Nothing else reads `process.env`. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Absolute folder the run works in (`GITHUB_WORKSPACE` in an action, else the current folder). */
  readonly cwd: string;
  /** How the user calls the gate, as words of a shell: `trt-gate`, `node dist/cli.js`. For lines to run that are shown to them. */
  readonly command: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: Files;
  readonly exec: Exec;
  /** As it is now. */
  readonly memory: () => Memory;
  /** Aborted on SIGINT or SIGTERM; every wait and child listens to it. */
  readonly cancelled: AbortSignal;
}

export interface Clock {
  /** Milliseconds that never jump: for durations and deadlines. */
  monotonicMs(): number;
  /** Wall time: for dates in the report and waivers (UTC). */
  now(): Date;
  /** Rejects with the signal's reason when it is aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

export interface Memory {
  /** What this process holds. */
  readonly usedBytes: number;
  /** What it may still have: of the machine, or of the container that it runs in. */
  readonly availableBytes: number;
}

/** Every text goes through `sanitizeLog` inside: callers pass names and tool output as they are. */
export interface Log {
  info(text: string): void;
  notice(text: string, place?: Place): void;
  warning(text: string, place?: Place): void;
  error(text: string, place?: Place): void;
  debug(text: string): void;
  /** One chapter of the log: a log group in Actions, a heading on a terminal. */
  group<T>(title: string, body: () => Promise<T>): Promise<T>;
  /** The stage under way: one line that is rewritten on a terminal, a plain line at most every 30 s elsewhere. */
  progress(stage: string, detail?: string): void;
}

export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly title?: string;
}

export interface Files {
  readText(path: string): Promise<string>;
  readBytes(path: string): Promise<Uint8Array>;
  /** Random access without loading the file; the caller closes it. */
  open(path: string): Promise<FileReader>;
  writeText(path: string, text: string): Promise<void>;
  /** At the end of what is there; the file and its folder are made when missing. A run killed meanwhile leaves a part of `text` at most. */
  appendText(path: string, text: string): Promise<void>;
  /** Whole or not at all: whenever the run is killed, a reader sees the old text or the new one. A link there is replaced, not followed. */
  replaceText(path: string, text: string): Promise<void>;
  writeBytes(path: string, bytes: Uint8Array | AsyncIterable<Uint8Array>): Promise<void>;
  /** Undefined when nothing is there. Does not follow a final symbolic link. */
  lstat(path: string): Promise<FileStat | undefined>;
  /** Undefined when nothing is there. Follows links. */
  stat(path: string): Promise<FileStat | undefined>;
  realpath(path: string): Promise<string>;
  list(folder: string): Promise<string[]>;
  makeFolder(path: string): Promise<void>;
  /** A new empty folder under the run's own temporary folder; removed at the end of the run and by `post`. */
  makeTempFolder(prefix: string): Promise<string>;
  copy(from: string, to: string): Promise<void>;
  remove(path: string): Promise<void>;
  /** Free bytes for an unprivileged user on the file system of `path`. */
  freeBytes(path: string): Promise<number>;
}

export interface FileReader {
  readonly sizeBytes: number;
  /** Fewer bytes than asked only at the end of the file. */
  read(position: number, length: number): Promise<Uint8Array>;
  close(): Promise<void>;
}

export interface FileStat {
  readonly kind: "file" | "folder" | "link" | "other";
  readonly sizeBytes: number;
  readonly modifiedMs: number;
  readonly linkCount: number;
}

export interface Exec {
  /** Never rejects for what the tool did: the reason is in the result. Rejects only for a bug of ours. */
  run(command: Command): Promise<ToolResult>;
  /** A long-lived child that speaks lines on stdin/stdout. */
  start(command: Command): Promise<Child>;
}

export interface Command {
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd?: string;
  /** Whole environment of the child. Build it with `childEnv()`; nothing is inherited. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutMs: number;
  readonly stdin?: string | Uint8Array;
  /** Called for each line of stdout and stderr, bounded to 4 KB. */
  readonly onLine?: (line: string, stream: "stdout" | "stderr") => void;
  /** Bytes of stdout kept in the result (default 1 MiB); the tail of both streams (200 lines) is always kept. */
  readonly maxStdoutBytes?: number;
}

/** Read in this order: own kill reason, signal, exit code, then the result file, only then words. */
export interface ToolResult {
  readonly command: string;
  readonly endedBy: "exit" | "signal" | "timeout" | "cancel" | "spawn-error";
  readonly exitCode: number | undefined;
  readonly signal: string | undefined;
  readonly stdout: string;
  /** Last lines of both streams in order of arrival, raw; `sanitizeLog` before showing. */
  readonly tail: readonly string[];
  readonly durationMs: number;
  readonly startedAt: Date;
  readonly cause?: string;
}

export interface Child {
  readonly pid: number;
  writeLine(line: string): Promise<void>;
  /** Lines of stdout. Ends when the child ends. */
  readonly lines: AsyncIterable<string>;
  /** Settles when the child is gone. */
  readonly ended: Promise<ToolResult>;
  /** SIGTERM to the process group, 3 s, SIGKILL to the group. */
  stop(): Promise<ToolResult>;
}
