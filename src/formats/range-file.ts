/**
 * A file read in this very thread: for worker threads, which have nothing else to do while they wait. Waiting for the pool of
 * reading threads cost a third of the time of a comparison.
 */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { readFault } from "../effects/refusals.ts";
import type { RangeReader } from "./range-reader.ts";

/** Opening and reading throw as refusals.ts words it: FileError for the path, ToolError for the machine. */
export function openRange(path: string): RangeReader {
  const handle = readableNow(path, () => openSync(path, "r"));
  const { size } = fstatSync(handle);
  const readInto = (target: Uint8Array, position: number): number => {
    const wanted = Math.max(0, Math.min(target.length, size - position));
    let filled = 0;
    while (filled < wanted) {
      const got = readableNow(path, () => readSync(handle, target, filled, wanted - filled, position + filled));
      if (got === 0) break;
      filled += got;
    }
    return filled;
  };
  return {
    sizeBytes: size,
    readInto,
    read: async (position, length) => {
      const bytes = new Uint8Array(Math.max(0, Math.min(length, size - position)));
      return bytes.subarray(0, readInto(bytes, position));
    },
    close: async () => closeSync(handle),
  };
}

function readableNow<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw readFault(path, error);
  }
}
