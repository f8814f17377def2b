/**
 * The real file system. Temporary folders are remembered, so that the end of the run and the post step remove just those.
 * Reading is read-file.ts; what the system refuses, and who must act then, is refusals.ts.
 */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import * as fs from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { FileStat, Files } from "./effects.ts";
import { openReader, readBytes, readText } from "./read-file.ts";
import { isNowhere, readable, temporary, writable } from "./refusals.ts";

export interface TempFolders {
  /** Called before a folder is made, with its path. */
  record(path: string): void;
  /** True once the folder that holds the path is being removed for good: nothing may make it again. */
  isOver?(path: string): boolean;
}

/** `root`: where temporary folders go (`RUNNER_TEMP`, else the system's). */
export function realFiles(root: string | undefined, temp: TempFolders): Files {
  const write = async (path: string, action: () => Promise<unknown>): Promise<void> => {
    if (temp.isOver?.(path)) throw new Error(`${path} belongs to a run that has ended.`);
    await writable(path, async () => {
      await fs.mkdir(dirname(path), { recursive: true });
      await action();
    });
  };
  return {
    readText,
    readBytes,
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
    realpath: (path) => readable(path, () => fs.realpath(path)),
    list: (folder) => readable(folder, async () => (await fs.readdir(folder)).toSorted()),
    makeFolder: async (path) => {
      await write(path, async () => fs.mkdir(path, { recursive: true }));
    },
    makeTempFolder: async (prefix) => {
      const path = join(root ?? tmpdir(), `trt-gate-${prefix}-${randomUUID().slice(0, 13)}`);
      temp.record(path);
      await temporary(path, () => fs.mkdir(path, { mode: 0o700 }));
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

async function statOf(pending: Promise<import("node:fs").Stats>): Promise<FileStat | undefined> {
  try {
    const stats = await pending;
    const kind = stats.isFile() ? "file" : stats.isDirectory() ? "folder" : stats.isSymbolicLink() ? "link" : "other";
    return { kind, sizeBytes: stats.size, modifiedMs: stats.mtimeMs, linkCount: stats.nlink };
  } catch (error) {
    if (isNowhere(error)) return undefined;
    throw error;
  }
}
