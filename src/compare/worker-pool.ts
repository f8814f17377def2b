/**
 * Who does the reading of a comparison: this thread for small files, several worker threads for large ones.
 * Work goes out in order and comes back by promise; errors come back as what they were.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import { oneAtATime } from "../effects/one-at-a-time.ts";
import { openSaved } from "../formats/open-saved.ts";
import type { SavedFile } from "../formats/saved-file.ts";
import { measureRange, type RangeJob, type RangeSums } from "./measure-range.ts";
import { openReaders } from "./open-readers.ts";

export interface WorkerPool {
  /** As open-saved.ts: throws ConfigError and FileError. */
  open(path: string, onBytes?: (done: number) => void): Promise<SavedFile>;
  measure(job: RangeJob): Promise<RangeSums>;
  /** Ends what is under way: its promises reject. */
  close(): Promise<void>;
}

export type PoolJob = { readonly kind: "open"; readonly path: string } | { readonly kind: "measure"; readonly job: RangeJob };
export type PoolAnswer =
  | { readonly kind: "read"; readonly bytes: number }
  | { readonly kind: "opened"; readonly saved: SavedFile }
  | { readonly kind: "measured"; readonly sums: RangeSums }
  | { readonly kind: "file-error"; readonly file: string; readonly message: string; readonly offset: number | undefined }
  | { readonly kind: "tool-error"; readonly reason: string; readonly message: string }
  | { readonly kind: "config-error"; readonly problems: readonly string[] }
  | { readonly kind: "bug"; readonly stack: string };

const threadMegabytes = 256;

/** `threads` 0: everything in this thread, through `files`. Else threads that run `script` and open the same paths by themselves. */
export const startPool = (threads: number, files: Files, script: URL = workerFile()): WorkerPool =>
  threads < 1 ? singleWorker(files) : threadPool(threads, script);

function singleWorker(files: Files): WorkerPool {
  const readers = openReaders(files);
  const queue = oneAtATime();
  let closed = false;
  return {
    open: (path, onBytes) => openSaved(path, files, onBytes),
    // Each holds blocks in memory.
    measure: (job) =>
      queue.run(() => {
        if (closed) throw new Error("the comparison was ended");
        return measureRange(job, readers.open);
      }),
    close: async () => {
      closed = true;
      await queue.idle();
      await readers.close();
    },
  };
}

interface Waiting {
  readonly job: PoolJob;
  readonly onBytes?: ((done: number) => void) | undefined;
  readonly done: PromiseWithResolvers<PoolAnswer>;
}

function threadPool(threads: number, script: URL): WorkerPool {
  const queue: Waiting[] = [];
  const busy = new Map<Worker, Waiting>();
  const idle: Worker[] = [];
  let broken: Error | undefined;
  const workers = Array.from(
    { length: threads },
    () => new Worker(script, { execArgv: [], resourceLimits: { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: threadMegabytes } }),
  );
  const rejectAll = (why: Error): void => {
    for (const { done } of [...queue.splice(0), ...busy.values()]) done.reject(why);
    busy.clear();
  };
  const next = (worker: Worker): void => {
    const waiting = queue.shift();
    if (!waiting) {
      idle.push(worker);
      return;
    }
    busy.set(worker, waiting);
    worker.postMessage(waiting.job);
  };
  const take = (worker: Worker, answer: PoolAnswer): void => {
    const waiting = busy.get(worker);
    if (answer.kind === "read") {
      waiting?.onBytes?.(answer.bytes);
      return;
    }
    busy.delete(worker);
    waiting?.done.resolve(answer);
    next(worker);
  };
  for (const worker of workers) {
    worker.on("message", (answer: PoolAnswer) => take(worker, answer));
    // Listened to all the time: a thread may fail between two jobs as well.
    worker.on("error", (error) => {
      broken = threadFailure(error);
      rejectAll(broken);
    });
    next(worker);
  }
  const ask = async (job: PoolJob, onBytes?: (done: number) => void): Promise<PoolAnswer> => {
    if (broken) throw broken;
    const done = Promise.withResolvers<PoolAnswer>();
    queue.push({ job, onBytes, done });
    const worker = idle.shift();
    if (worker) next(worker);
    return done.promise;
  };
  return {
    open: async (path, onBytes) => {
      const answer = await ask({ kind: "open", path }, onBytes);
      return answer.kind === "opened" ? answer.saved : fail(answer);
    },
    measure: async (job) => {
      const answer = await ask({ kind: "measure", job });
      return answer.kind === "measured" ? answer.sums : fail(answer);
    },
    close: async () => {
      rejectAll(new Error("the comparison was ended"));
      await Promise.all(workers.map((worker) => worker.terminate()));
    },
  };
}

function threadFailure(error: unknown): Error {
  if (error instanceof Error && "code" in error && error.code === "ERR_WORKER_OUT_OF_MEMORY")
    return new ToolError(
      "out-of-memory",
      `A comparison thread needs more than ${threadMegabytes} MB. Save the tensors as .npz or .npy, which are read in pieces.`,
    );
  return new Error(`a comparison thread failed: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
}

function fail(answer: PoolAnswer): never {
  if (answer.kind === "tool-error") throw new ToolError(answer.reason, answer.message);
  if (answer.kind === "file-error") throw new FileError(answer.file, answer.message, answer.offset);
  if (answer.kind === "config-error") throw new ConfigError(answer.problems);
  throw new Error(`a comparison thread failed: ${answer.kind === "bug" ? answer.stack : answer.kind}`);
}

/** Beside this file when run from source; in the bundle an entry of its own, beside this chunk or one folder above. */
function workerFile(): URL {
  const places = ["./compare-worker.ts", "./compare-worker.js", "../compare-worker.js"].map((path) => new URL(path, import.meta.url));
  const found = places.find((place) => existsSync(fileURLToPath(place)));
  if (!found) throw new Error(`compare-worker.js is missing beside ${fileURLToPath(import.meta.url)}`);
  return found;
}
