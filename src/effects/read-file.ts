/** Reading files that others name. A pipe or a device is refused: it could be waited for without end, and has no size. */
import { constants as limits } from "node:buffer";
import { constants } from "node:fs";
import * as fs from "node:fs/promises";
import type { FileReader } from "./effects.ts";
import { FileError } from "./failure.ts";
import { readable } from "./refusals.ts";

const next = "Name a file that can be read.";

async function openRegular(path: string): Promise<fs.FileHandle> {
  const handle = await fs.open(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
  const stats = await handle.stat();
  if (stats.isFile()) return handle;
  await handle.close();
  throw new FileError(path, `${stats.isDirectory() ? "is a folder" : "is no regular file"}. ${next}`);
}

/** The whole file. FileError for what is no regular file or cannot be read, ToolError where the machine fails. */
export async function readBytes(path: string): Promise<Buffer> {
  return await readable(path, async () => {
    const handle = await openRegular(path);
    try {
      return await handle.readFile();
    } finally {
      await handle.close();
    }
  });
}

/** As UTF-8. */
export async function readText(path: string): Promise<string> {
  const bytes = await readBytes(path);
  if (bytes.length > limits.MAX_STRING_LENGTH) throw new FileError(path, `has ${bytes.length} bytes, too many for a file of text. ${next}`);
  return bytes.toString("utf8");
}

/** Any range of a file, which stays open until `close`. */
export async function openReader(path: string): Promise<FileReader> {
  const handle = await readable(path, () => openRegular(path));
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: (position, length) => readable(path, () => readRange(handle, position, Math.max(0, Math.min(length, size - position)))),
    close: () => handle.close(),
  };
}

async function readRange(handle: fs.FileHandle, position: number, wanted: number): Promise<Uint8Array> {
  const bytes = new Uint8Array(wanted);
  let filled = 0;
  while (filled < wanted) {
    const { bytesRead } = await handle.read(bytes, filled, wanted - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return filled === wanted ? bytes : bytes.subarray(0, filled);
}
