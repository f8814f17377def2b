/**
 * Which commit a run compares with, per event. Fetches what is missing, else asks the API; what stays open is left undefined, never guessed.
 * Whether that commit's code may run is trust.ts.
 */
import { ConfigError } from "../effects/failure.ts";
import type { Api } from "../github/api.ts";
import { lastCommit } from "../model/base-name.ts";
import { mergeBaseFromApi } from "./api-files.ts";
import type { PullRequest, RunEvent } from "./event.ts";
import type { Git } from "./git.ts";

export interface Base {
  readonly sha: string;
  /** What people call it, in a sentence: `main`, `the last commit`. */
  readonly name: string;
  /** For people: `first parent of the merge commit`. */
  readonly how: string;
  /** False where the commit is known by name only: its files cannot be read from this clone. */
  readonly isLocal: boolean;
}

export interface BaseSearch {
  readonly event: RunEvent | undefined;
  /** `base-ref` or `--changed-since`; wins over what the event says. */
  readonly baseRef: string | undefined;
  readonly head: string;
  readonly git: Git;
  /** Undefined where there is no token. */
  readonly api: () => Promise<Api | undefined>;
}

/** Undefined: everything has to be checked. A `baseRef` that git does not know is a ConfigError. */
export async function findBase(search: BaseSearch): Promise<Base | undefined> {
  const { event, baseRef, git } = search;
  if (baseRef !== undefined) return await namedBase(baseRef, search);
  if (event === undefined) return undefined;
  if (event.pullRequest !== undefined && event.name === "pull_request_target")
    return await local({ sha: event.sha, name: branchName(event.pullRequest), how: "the base branch's commit of the event" }, git);
  if (event.pullRequest !== undefined) return await pullRequestBase(event.pullRequest, event, search);
  if (event.mergeGroup !== undefined)
    return await local({ sha: event.mergeGroup.baseSha, name: branchName(event.mergeGroup), how: "base of the merge group" }, git);
  if (event.name === "push") return await pushBase(event, search);
  return undefined;
}

/** For a branch the point where the work left it, so that other people's commits do not count. */
async function namedBase(name: string, { git, head }: BaseSearch): Promise<Base> {
  const commit = (await git.resolve(name)) ?? (await git.resolve(`origin/${name}`)) ?? (await fetched(name, git));
  if (commit === undefined) {
    throw new ConfigError(
      `The base ${JSON.stringify(name)} is no commit, tag or branch of this clone. Fetch it first (fetch-depth: 0 in the checkout step), or give another.`,
    );
  }
  const fork = await git.mergeBase(commit, head);
  return { sha: fork ?? commit, name, how: fork === undefined || fork === commit ? name : `merge base with ${name}`, isLocal: true };
}

const fetched = async (name: string, git: Git): Promise<string | undefined> =>
  /^[0-9a-f]{40}$/.test(name) && (await git.ensure(name)) ? name : undefined;

/**
 * The merge commit's first parent is the current base branch. `base.sha` of the payload is frozen at the last push, so it serves only
 * to find the merge base where the head itself is checked out.
 */
async function pullRequestBase(pull: PullRequest, event: RunEvent, search: BaseSearch): Promise<Base | undefined> {
  const { git, head } = search;
  const parents = await git.parents(head);
  const [first] = parents;
  if (head === event.sha && parents.length === 2 && first !== undefined)
    return await local({ sha: first, name: branchName(pull), how: "first parent of the merge commit" }, git);
  return await forkPoint(pull, head, search);
}

async function pushBase(event: RunEvent, search: BaseSearch): Promise<Base | undefined> {
  const { git, head } = search;
  if (event.before !== undefined && (await git.ensure(event.before)))
    return { sha: event.before, name: "the previous commit", how: "commit before the push", isLocal: true };
  if (event.defaultBranch === undefined) return undefined;
  const tip = await git.resolve(`origin/${event.defaultBranch}`);
  if (tip === undefined || tip === head) return undefined;
  const sha = await git.mergeBase(tip, head);
  return sha === undefined ? undefined : { sha, name: event.defaultBranch, how: `merge base with ${event.defaultBranch}`, isLocal: true };
}

async function forkPoint(pull: PullRequest, head: string, { git, api }: BaseSearch): Promise<Base | undefined> {
  const { baseSha: base } = pull;
  const known = { name: branchName(pull), how: "merge base of the pull request" };
  if (await git.ensure(base)) {
    const sha = await git.mergeBase(base, head);
    if (sha !== undefined) return { sha, ...known, isLocal: true };
  }
  const remote = await api();
  const sha = remote && (await mergeBaseFromApi(remote, base, head).catch(() => undefined));
  return sha === undefined ? undefined : await local({ sha, ...known }, git);
}

const local = async (known: Omit<Base, "isLocal">, git: Git): Promise<Base> => ({ ...known, isLocal: await git.ensure(known.sha) });

/** As an event names it; events before may not have said it. */
export const branchName = ({ baseRef }: { readonly baseRef: string | undefined }): string => baseRef ?? "the base branch";

/**
 * Where nobody names one: the point where this work left the default branch, else the last commit, with which files that are not committed are compared.
 * Of the refs that this clone holds, and nothing is fetched: it explains a figure and chooses no model.
 */
export async function ownBase(git: Git, head: string): Promise<Base> {
  const trunk = await git.defaultBranch();
  const fork = trunk && (await git.knownMergeBase(trunk.commit, head));
  if (trunk === undefined || fork === undefined || fork === head) return { sha: head, name: lastCommit, how: "last commit", isLocal: true };
  return { sha: fork, name: trunk.name, how: `merge base with ${trunk.name}`, isLocal: true };
}
