/** The worker thread of a comparison: takes ranges, answers with sums. Bundled as an entry of its own. */
import { open } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import type { WorkerAnswer } from "./compare-threads.ts";
import { measureRange, type RangeJob } from "./measure-range.ts";

const readers = new Map<string, Promise<FileReader>>();
const openOnce = (file: string): Promise<FileReader> => {
  const known = readers.get(file) ?? openFile(file);
  readers.set(file, known);
  return known;
};

async function openFile(file: string): Promise<FileReader> {
  const handle = await open(file, "r");
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (position, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, position);
      return bytes.subarray(0, bytesRead);
    },
    close: () => handle.close(),
  };
}

parentPort?.on("message", async (job: RangeJob) => {
  parentPort?.postMessage(await answer(job));
});

async function answer(job: RangeJob): Promise<WorkerAnswer> {
  try {
    return { sums: await measureRange(job, openOnce) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    if (error instanceof FileError)
      return { fileError: { file: error.file, message: message.slice(message.indexOf(": ") + 2), offset: error.offset } };
    return { bug: error instanceof Error ? (error.stack ?? message) : message };
  }
}
