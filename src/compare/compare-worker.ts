/** The worker thread of a comparison: opens files and adds up ranges, one job at a time. Bundled as an entry of its own. */
import { parentPort } from "node:worker_threads";
import type { Files } from "../effects/effects.ts";
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import { realFiles } from "../effects/files.ts";
import { openSaved } from "../formats/open-saved.ts";
import { openRange } from "../formats/range-file.ts";
import { measureRange } from "./measure-range.ts";
import { openReaders } from "./open-readers.ts";
import type { PoolAnswer, PoolJob } from "./worker-pool.ts";

const files: Files = { ...realFiles(undefined, { record: () => {} }), open: async (path) => openRange(path) };
const readers = openReaders(files);
/** Bytes between two reports of progress. */
const reportBytes = 32 * 2 ** 20;

parentPort?.on("message", async (job: PoolJob) => {
  parentPort?.postMessage(await answer(job));
});

async function answer(job: PoolJob): Promise<PoolAnswer> {
  try {
    if (job.kind === "measure") return { kind: "measured", sums: await measureRange(job.job, readers.open) };
    return { kind: "opened", saved: await openSaved(job.path, files, reporter()) };
  } catch (error) {
    if (error instanceof FileError)
      return {
        kind: "file-error",
        file: error.file,
        message: error.message.slice(error.message.indexOf(": ", error.file.length) + 2),
        offset: error.offset,
      };
    if (error instanceof ToolError) return { kind: "tool-error", reason: error.reason, message: error.message };
    if (error instanceof ConfigError) return { kind: "config-error", problems: error.problems };
    return { kind: "bug", stack: error instanceof Error ? (error.stack ?? error.message) : String(error) };
  }
}

function reporter(): (done: number) => void {
  let unreported = 0;
  return (done) => {
    unreported += done;
    if (unreported < reportBytes) return;
    parentPort?.postMessage({ kind: "read", bytes: unreported } satisfies PoolAnswer);
    unreported = 0;
  };
}
