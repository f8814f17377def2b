/**
 * Hands ranges to worker threads and gives their sums back in order. Small work stays in this thread: starting threads costs more.
 */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { Files } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import type { Sums } from "../measure/sums.ts";
import { measureRange, type RangeJob } from "./measure-range.ts";
import { openReaders } from "./open-readers.ts";

export type WorkerAnswer =
  | { readonly sums: Sums }
  | { readonly fileError: { readonly file: string; readonly message: string; readonly offset: number | undefined } }
  | { readonly bug: string };

/** In the order of `jobs`. Stopping early ends the threads. Throws FileError for damage that a thread found. */
export async function* sumsInOrder(jobs: readonly RangeJob[], threads: number, files: Files): AsyncGenerator<Sums> {
  if (threads <= 1) return yield* sumsHere(jobs, files);
  const workers = Array.from(
    { length: Math.min(threads, jobs.length) },
    () => new Worker(workerFile(), { resourceLimits: { maxOldGenerationSizeMb: 128 } }),
  );
  const pending = jobs.map(() => Promise.withResolvers<Sums>());
  for (const { promise } of pending) promise.catch(() => {});
  let next = 0;
  const give = (worker: Worker): void => {
    const index = next++;
    const job = jobs[index];
    const waiting = pending[index];
    if (!job || !waiting) return;
    const fail = (error: unknown) => waiting.reject(error);
    worker.once("error", fail);
    worker.once("message", (answer: WorkerAnswer) => {
      worker.off("error", fail);
      if ("sums" in answer) waiting.resolve(answer.sums);
      else waiting.reject(failureOf(answer));
      give(worker);
    });
    worker.postMessage(job);
  };
  try {
    for (const worker of workers) give(worker);
    for (const { promise } of pending) yield await promise;
  } finally {
    await Promise.all(workers.map((worker) => worker.terminate()));
  }
}

async function* sumsHere(jobs: readonly RangeJob[], files: Files): AsyncGenerator<Sums> {
  const readers = openReaders(files);
  try {
    for (const job of jobs) yield await measureRange(job, readers.open);
  } finally {
    await readers.close();
  }
}

function failureOf(answer: Exclude<WorkerAnswer, { sums: Sums }>): Error {
  if ("bug" in answer) return new Error(`the comparison thread failed: ${answer.bug}`);
  return new FileError(answer.fileError.file, answer.fileError.message, answer.fileError.offset);
}

/** Beside this file when run from source, an entry of its own in the bundle. */
function workerFile(): URL {
  const source = new URL("./compare-worker.ts", import.meta.url);
  return existsSync(fileURLToPath(source)) ? source : new URL("./compare-worker.js", import.meta.url);
}
