/**
 * Reads a repository through git, and fetches single commits. Every variable argument is a full commit id or a path after `--`.
 * Changes no setting, no branch, no index and no file of the checkout; starts no hook. Decides nothing.
 */
import { resolve } from "node:path";
import { childEnv } from "../effects/child-env.ts";
import type { Effects, ToolResult } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import { type ChangedFile, parseNameStatus } from "./name-status.ts";

/** Where a missing commit may be fetched from, and with what. */
export interface Remote {
  readonly serverUrl: string;
  readonly token: string;
}

export interface Tracked {
  /** Relative to the work folder, also inside submodules that are there. */
  readonly files: ReadonlySet<string>;
  /** Those that are not there: their files are absent. */
  readonly submodules: readonly string[];
}

const sha = /^[0-9a-f]{40}([0-9a-f]{24})?$/;
const quickMs = 60_000;
const fetchMs = 120_000;
const maxListBytes = 64 << 20;
const fetchArgs = ["fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--no-auto-maintenance"];

export class Git {
  readonly #effects: Effects;
  readonly #remote: Remote | undefined;
  readonly #env: Readonly<Record<string, string>>;
  #tracked: Promise<Tracked> | undefined;

  constructor(effects: Effects, remote?: Remote) {
    this.#effects = effects;
    this.#remote = remote;
    this.#env = childEnv(effects.env, { GIT_TERMINAL_PROMPT: "0", GIT_OPTIONAL_LOCKS: "0", GIT_LITERAL_PATHSPECS: "1", LC_ALL: "C" });
  }

  /** Commit of the checkout; undefined outside a repository. Rejects with ConfigError where git refuses the folder. */
  async head(): Promise<string | undefined> {
    const result = await this.run(["rev-parse", "--verify", "HEAD"]);
    if (succeeded(result)) return result.stdout.trim();
    const words = result.tail.join("\n");
    if (result.endedBy === "spawn-error" || words.includes("not a git repository")) return undefined;
    if (words.includes("dubious ownership")) {
      const { cwd } = this.#effects;
      throw new ConfigError(
        `git refuses ${cwd} because another user owns it. Run \`git config --global --add safe.directory ${cwd}\` before the gate.`,
      );
    }
    return undefined;
  }

  /** Full commit id of what a person wrote (branch, tag, short id); undefined where git knows nothing of that name. */
  async resolve(name: string): Promise<string | undefined> {
    const result = await this.run(["rev-parse", "--verify", "--quiet", "--end-of-options", `${name}^{commit}`]);
    const found = result.stdout.trim();
    return succeeded(result) && sha.test(found) ? found : undefined;
  }

  /** Parents as the commit itself names them, also in a shallow clone where they are absent. */
  async parents(commit: string): Promise<string[]> {
    const text = await this.#text(["cat-file", "commit", checked(commit)]);
    const [headers = ""] = text.split("\n\n", 1);
    return headers.split("\n").flatMap((line) => (line.startsWith("parent ") ? [line.slice(7)] : []));
  }

  async has(commit: string): Promise<boolean> {
    return succeeded(await this.run(["cat-file", "-e", `${checked(commit)}^{commit}`]));
  }

  /** Fetches one commit where it is missing, without moving any ref. False where it cannot be had. */
  async ensure(commit: string): Promise<boolean> {
    if (await this.has(commit)) return true;
    const depth = (await this.isShallow()) ? ["--depth=1"] : [];
    return await this.#fetch([...depth, "origin", checked(commit)], () => this.has(commit));
  }

  /** Undefined where there is none or the history is too short for it; deepens once by 200 commits. */
  async mergeBase(a: string, b: string): Promise<string | undefined> {
    const found = await this.knownMergeBase(a, b);
    if (found !== undefined || !(await this.isShallow())) return found;
    await this.#fetch(["--deepen=200", "origin", checked(a), checked(b)], async () => true);
    return await this.knownMergeBase(a, b);
  }

  /** The same of what this clone holds, and nothing is fetched. */
  async knownMergeBase(a: string, b: string): Promise<string | undefined> {
    const result = await this.run(["merge-base", checked(a), checked(b)]);
    return succeeded(result) ? result.stdout.trim() : undefined;
  }

  /** The branch that work is merged into: what `origin` says of itself, else main or master there, else here. Undefined where none of them is. */
  async defaultBranch(): Promise<{ readonly name: string; readonly commit: string } | undefined> {
    const result = await this.run(["symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"]);
    const told = succeeded(result) ? [result.stdout.trim()] : [];
    for (const name of [...told, "origin/main", "origin/master", "main", "master"]) {
      const commit = await this.resolve(`refs/${name.startsWith("origin/") ? "remotes" : "heads"}/${name}`);
      if (commit !== undefined) return { name, commit };
    }
    return undefined;
  }

  async isShallow(): Promise<boolean> {
    return (await this.#text(["rev-parse", "--is-shallow-repository"])).trim() === "true";
  }

  /** What differs between a commit and the work tree, including what earlier steps changed; renames as both names. */
  async changedSince(base: string): Promise<ChangedFile[]> {
    const text = await this.#text([
      "diff",
      "--name-status",
      "-z",
      "-M",
      "--relative",
      "--no-ext-diff",
      "--ignore-submodules=none",
      checked(base),
      "--",
    ]);
    return parseNameStatus(text);
  }

  /** What git tracks, asked once. */
  async tracked(): Promise<Tracked> {
    this.#tracked ??= this.#listTracked();
    return await this.#tracked;
  }

  async #listTracked(): Promise<Tracked> {
    const text = await this.#text(["ls-files", "--stage", "-z", "--recurse-submodules"]);
    const entries = text.split("\0").filter((entry) => entry !== "");
    const pathOf = (entry: string) => entry.slice(entry.indexOf("\t") + 1);
    return {
      files: new Set(entries.filter((entry) => !entry.startsWith("160000")).map(pathOf)),
      submodules: entries.filter((entry) => entry.startsWith("160000")).map(pathOf),
    };
  }

  /** Text of a file at a commit; undefined where the commit has no such file. */
  async show(commit: string, path: string): Promise<string | undefined> {
    const result = await this.run(["cat-file", "blob", `${checked(commit)}:./${path}`]);
    return succeeded(result) ? result.stdout : undefined;
  }

  /** Files of a commit with their sizes; links and submodules are left out. */
  async listTree(commit: string): Promise<readonly { readonly path: string; readonly sizeBytes: number }[]> {
    const text = await this.#text(["ls-tree", "-r", "-l", "-z", checked(commit)]);
    return text.split("\0").flatMap((entry) => {
      const found = /^100(?:644|755|664) blob [0-9a-f]+ +(\d+)\t([\s\S]+)$/.exec(entry);
      return found?.[2] === undefined ? [] : [{ path: found[2], sizeBytes: Number(found[1]) }];
    });
  }

  /**
   * Writes files of a commit below an empty folder; gives the folder in it that stands for the work folder. The checkout and its index stay as they are.
   * `lfs`: whether Git LFS, where it is set up, may download what a pointer stands for.
   */
  async export(commit: string, paths: readonly string[], folder: string, lfs: "downloaded" | "pointers" = "downloaded"): Promise<string> {
    const indexFolder = await this.#effects.files.makeTempFolder("index");
    const env = { GIT_INDEX_FILE: `${indexFolder}/index`, ...(lfs === "pointers" ? { GIT_LFS_SKIP_SMUDGE: "1" } : {}) };
    await this.#text(["read-tree", checked(commit)], env);
    const stdin = paths.map((path) => `${path}\0`).join("");
    const result = await this.run(["checkout-index", "--force", `--prefix=${folder}/`, "-z", "--stdin"], {
      env,
      stdin,
      timeoutMs: fetchMs,
    });
    await this.#effects.files.remove(indexFolder);
    if (!succeeded(result)) throw gitFailed(result);
    return `${folder}/${(await this.#text(["rev-parse", "--show-prefix"])).trim()}`.replace(/\/$/, "");
  }

  /** Where Git LFS keeps the contents that this clone has, each below two folders named by the first digits of its hash. */
  async lfsObjects(): Promise<string> {
    return `${resolve(this.#effects.cwd, (await this.#text(["rev-parse", "--git-common-dir"])).trim())}/lfs/objects`;
  }

  /** Runs git in the checkout. Never rejects for what git did. */
  async run(args: readonly string[], more: { env?: Record<string, string>; stdin?: string; timeoutMs?: number } = {}): Promise<ToolResult> {
    return await this.#effects.exec.run({
      file: "git",
      args: ["-c", "core.quotepath=off", "-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", ...args],
      cwd: this.#effects.cwd,
      env: { ...this.#env, ...more.env },
      timeoutMs: more.timeoutMs ?? quickMs,
      maxStdoutBytes: maxListBytes,
      ...(more.stdin === undefined ? {} : { stdin: more.stdin }),
    });
  }

  async #text(args: readonly string[], env: Record<string, string> = {}): Promise<string> {
    const result = await this.run(args, { env });
    if (!succeeded(result)) throw gitFailed(result);
    return result.stdout;
  }

  /** First as the checkout is set up, then with the token; again where another job on the same clone made the shallow file change. */
  async #fetch(args: readonly string[], done: () => Promise<boolean>): Promise<boolean> {
    for (const env of [{}, this.#credentials(), this.#credentials()]) {
      const result = await this.run([...fetchArgs, ...args], { env, timeoutMs: fetchMs });
      if (succeeded(result) && (await done())) return true;
      if (result.endedBy === "cancel" || this.#remote === undefined) return false;
    }
    return false;
  }

  /** The token goes to git's own process only, for this server only, by the environment: an argument would show in the process list. */
  #credentials(): Record<string, string> {
    if (!this.#remote?.token) return {};
    const basic = Buffer.from(`x-access-token:${this.#remote.token}`).toString("base64");
    return {
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: `http.${this.#remote.serverUrl}/.extraheader`,
      GIT_CONFIG_VALUE_0: `AUTHORIZATION: basic ${basic}`,
    };
  }
}

const succeeded = (result: ToolResult): boolean => result.endedBy === "exit" && result.exitCode === 0;

function checked(commit: string): string {
  if (!sha.test(commit))
    throw new ConfigError(`${JSON.stringify(commit)} is not a full commit id. Give a branch, a tag or a commit that the checkout knows.`);
  return commit;
}

function gitFailed(result: ToolResult): Error {
  const last = result.tail.at(-1) ?? result.cause ?? "no output";
  if (result.endedBy !== "exit")
    return new ToolError(
      "git-failed",
      `git ended by ${result.endedBy} after ${Math.round(result.durationMs / 1000)} s: ${last}. Run the job again.`,
      result.tail,
    );
  return new ConfigError(`git ended with ${result.exitCode}: ${last}. Check the checkout step (fetch-depth: 2 is enough for the gate).`);
}
