/** Real temporary git repositories: commits, pull request merge commits, shallow clones, as checkout leaves them. */
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

export interface Repository {
  readonly folder: string;
  git(...args: readonly string[]): string;
  /** Writes (undefined: removes) files and commits them; gives the commit. */
  commit(files: Readonly<Record<string, string | undefined>>): string;
  write(files: Readonly<Record<string, string | undefined>>): void;
}

export function makeRepository(folder: string): Repository {
  mkdirSync(folder, { recursive: true });
  const repository = openRepository(folder);
  repository.git("init", "-q", "-b", "main");
  repository.git("config", "uploadpack.allowAnySHA1InWant", "true");
  return repository;
}

export function openRepository(folder: string): Repository {
  const git = (...args: readonly string[]): string =>
    execFileSync("git", ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always", ...args], {
      cwd: folder,
      encoding: "utf8",
      stdio: ["ignore", "pipe", "pipe"],
      env: { PATH: process.env.PATH, HOME: folder, GIT_CONFIG_NOSYSTEM: "1" },
    }).trim();
  const write = (files: Readonly<Record<string, string | undefined>>): void => {
    for (const [path, text] of Object.entries(files)) {
      const full = join(folder, path);
      if (text === undefined) rmSync(full);
      else {
        mkdirSync(dirname(full), { recursive: true });
        writeFileSync(full, text);
      }
    }
  };
  return {
    folder,
    git,
    write,
    commit: (files) => {
      write(files);
      git("add", "-A");
      git("commit", "-q", "--allow-empty", "-m", "change");
      return git("rev-parse", "HEAD");
    },
  };
}

/** A pull request as GitHub makes it: base branch, head branch, and the merge of the head into the base, checked out detached. */
export function mergePullRequest(repository: Repository, head: string, base: string): string {
  repository.git("checkout", "-q", "--detach", base);
  repository.git("merge", "-q", "--no-ff", "-m", "merge", head);
  return repository.git("rev-parse", "HEAD");
}

/** A clone that holds `depth` commits of one commit's history, with that commit checked out. */
export function shallowClone(from: Repository, commit: string, depth: number, folder: string): Repository {
  mkdirSync(folder, { recursive: true });
  const clone = openRepository(folder);
  clone.git("init", "-q");
  clone.git("remote", "add", "origin", `file://${from.folder}`);
  clone.git("fetch", "-q", `--depth=${depth}`, "origin", commit);
  clone.git("checkout", "-q", "--detach", "FETCH_HEAD");
  return clone;
}
