/**
 * What is checked out and what it is compared with, found once a run: event, trust, base commit, changed files.
 * Opening it refuses what must not be touched before anything is started.
 */
import type { Effects } from "../effects/effects.ts";
import { type Api, openApi } from "../github/api.ts";
import { filesFromApi } from "./api-files.ts";
import { type Base, branchName, findBase } from "./base.ts";
import type { RunEvent } from "./event.ts";
import { Git } from "./git.ts";
import type { ChangedFile } from "./name-status.ts";
import { decideTrust, type Trust } from "./trust.ts";

/** The part of the options that is needed before the configuration can be read. */
export interface CheckoutOptions {
  readonly config: string;
  readonly allowForks: boolean;
  readonly baseRef: string | undefined;
  readonly githubToken: string;
}

export interface Checkout {
  readonly event: RunEvent | undefined;
  readonly trust: Trust;
  readonly git: Git;
  /** Commit of the work tree; undefined outside a repository. */
  readonly head: string | undefined;
  /** Commit that results are told for: the pull request's head, else `head`. */
  readonly headSha: string | undefined;
  readonly base: Base | undefined;
  /** Undefined where it is not known what changed. */
  readonly changed: readonly ChangedFile[] | undefined;
  /** Why `changed` is what it is; for the report and the notice. */
  readonly why: string;
  /** Undefined without a token or a repository. */
  api(): Promise<Api | undefined>;
}

/** Throws TrustError for a run that must not touch its files, before git or the API is asked. `base` is undefined where nothing names one. */
export async function openCheckout(options: CheckoutOptions, event: RunEvent | undefined, effects: Effects): Promise<Checkout> {
  const trust = decideTrust(event, effects.env, options.allowForks);
  const git = new Git(effects, event && { serverUrl: event.serverUrl, token: options.githubToken });
  const api = apiOnce(options, event, effects);
  const head = await git.head();
  const base =
    head === undefined ? namedOnly(event) : ((await findBase({ event, baseRef: options.baseRef, head, git, api })) ?? namedOnly(event));
  const { changed, why } = await findChanges({ event, base, git, api });
  const headSha = event?.pullRequest?.headSha ?? event?.mergeGroup?.headSha ?? head ?? (event?.sha || undefined);
  return { event, trust, git, head, headSha, base, changed, why, api };
}

/** Where the clone cannot tell, the payload still names the base branch's commit: enough to read the configuration by the API. */
const namedOnly = (event: RunEvent | undefined): Base | undefined =>
  event?.pullRequest && {
    sha: event.pullRequest.baseSha,
    name: branchName(event.pullRequest),
    how: "base commit in the event",
    isLocal: false,
  };

interface Known {
  readonly event: RunEvent | undefined;
  readonly base: Base | undefined;
  readonly git: Git;
  readonly api: () => Promise<Api | undefined>;
}

async function findChanges({ event, base, git, api }: Known): Promise<{ changed: readonly ChangedFile[] | undefined; why: string }> {
  const since = base && `changed since ${base.sha.slice(0, 12)} (${base.how})`;
  if (base?.isLocal && since) return { changed: await git.changedSince(base.sha), why: since };
  if (event === undefined) return { changed: undefined, why: "a run by hand checks every model unless --changed-since BRANCH is given" };
  if (event.pullRequest === undefined) return { changed: undefined, why: "there is no commit to compare with" };
  const remote = await api();
  if (remote === undefined) return { changed: undefined, why: "the base commit is not in this clone and there is no token to ask the API" };
  try {
    const { files, complete } = await filesFromApi(remote, event.pullRequest);
    if (complete) return { changed: files, why: `changed in pull request ${event.pullRequest.number} (by the API)` };
    return { changed: undefined, why: `the API lists only ${files.length} of the changed files` };
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return { changed: undefined, why: `the base commit is not in this clone and the API did not list the changed files (${reason})` };
  }
}

function apiOnce(options: CheckoutOptions, event: RunEvent | undefined, effects: Effects): () => Promise<Api | undefined> {
  let opened: Promise<Api> | undefined;
  return async () => {
    if (event === undefined || event.repository === "" || options.githubToken === "") return undefined;
    const { apiUrl, repository } = event;
    opened ??= openApi({ apiUrl, repository, token: options.githubToken, clock: effects.clock, cancelled: effects.cancelled });
    return await opened;
  };
}
