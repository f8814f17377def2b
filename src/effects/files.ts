/**
 * The real file system. Temporary folders are remembered, so that the end of the run and the post step remove just those.
 * A full or unwritable disk becomes a ToolError with the reason `disk-full`: it never turns into a verdict.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileReader, FileStat, Files } from "./effects.ts";
import { ToolError } from "./failure.ts";

export interface TempFolders {
  /** Called before a folder is made, with its path. */
  record(path: string): void;
}

/** `root`: where temporary folders go (`RUNNER_TEMP`, else the system's). */
export function realFiles(root: string | undefined, temp: TempFolders): Files {
  return {
    readText: (path) => fs.readFile(path, "utf8"),
    readBytes: (path) => fs.readFile(path),
    open: openReader,
    writeText: (path, text) => write(path, async () => fs.writeFile(path, text)),
    appendText: (path, text) => write(path, async () => fs.appendFile(path, text)),
    replaceText: (path, text) => write(path, () => replace(path, text)),
    writeBytes: (path, bytes) =>
      write(path, async () =>
        bytes instanceof Uint8Array ? fs.writeFile(path, bytes) : pipeline(Readable.from(bytes), createWriteStream(path)),
      ),
    lstat: (path) => statOf(fs.lstat(path)),
    stat: (path) => statOf(fs.stat(path)),
    realpath: (path) => fs.realpath(path),
    list: async (folder) => (await fs.readdir(folder)).toSorted(),
    makeFolder: async (path) => {
      await write(path, async () => fs.mkdir(path, { recursive: true }));
    },
    makeTempFolder: async (prefix) => {
      const path = join(root ?? tmpdir(), `trt-gate-${prefix}-${randomUUID().slice(0, 13)}`);
      temp.record(path);
      await fs.mkdir(path, { mode: 0o700 });
      return path;
    },
    copy: (from, to) => write(to, () => fs.copyFile(from, to)),
    remove: (path) => fs.rm(path, { recursive: true, force: true, maxRetries: 3 }),
    freeBytes: async (path) => {
      const stats = await fs.statfs(path);
      return stats.bavail * stats.bsize;
    },
  };
}

async function write(path: string, action: () => Promise<unknown>): Promise<void> {
  try {
    await fs.mkdir(dirname(path), { recursive: true });
    await action();
  } catch (error) {
    if (isDiskFull(error)) {
      throw new ToolError("disk-full", `Writing ${path} failed: the disk is full. Free space on the runner and run again.`);
    }
    throw error;
  }
}

async function replace(path: string, text: string): Promise<void> {
  const draft = `${path}.${randomUUID()}`;
  try {
    await fs.writeFile(draft, text, { flag: "wx" });
    await fs.rename(draft, path);
  } catch (error) {
    await fs.rm(draft, { force: true });
    throw error;
  }
}

const isDiskFull = (error: unknown) =>
  error instanceof Error && "code" in error && ["ENOSPC", "EFBIG", "EDQUOT"].includes(String(error.code));

async function openReader(path: string): Promise<FileReader> {
  const handle = await fs.open(path, "r");
  const { size } = await handle.stat();
  return {
    sizeBytes: size,
    read: async (position, length) => {
      const wanted = Math.max(0, Math.min(length, size - position));
      const bytes = new Uint8Array(wanted);
      let filled = 0;
      while (filled < wanted) {
        const { bytesRead } = await handle.read(bytes, filled, wanted - filled, position + filled);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
      return filled === wanted ? bytes : bytes.subarray(0, filled);
    },
    close: () => handle.close(),
  };
}

async function statOf(pending: Promise<import("node:fs").Stats>): Promise<FileStat | undefined> {
  try {
    const stats = await pending;
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other";
    return { kind, sizeBytes: stats.size, modifiedMs: stats.mtimeMs, linkCount: stats.nlink };
  } catch (error) {
    if (error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR")) return undefined;
    throw error;
  }
}
