/**
 * Reads the workflow event into one typed value: what happened, in which repository, on which commits.
 * Decides nothing about trust (trust.ts) and nothing about what to compare with (base.ts).
 */
import { z } from "zod";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";

export interface RunEvent {
  /** `pull_request`, `push`, … */
  readonly name: string;
  /** `GITHUB_SHA`: for a pull request the merge commit. */
  readonly sha: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly apiUrl: string;
  readonly serverUrl: string;
  readonly runId: string;
  readonly runAttempt: number;
  readonly defaultBranch: string | undefined;
  readonly pullRequest: PullRequest | undefined;
  readonly mergeGroup: { readonly baseSha: string; readonly baseRef: string | undefined; readonly headSha: string } | undefined;
  /** Commit before the push; undefined for a new branch. */
  readonly before: string | undefined;
  readonly workflowRun: WorkflowRun | undefined;
  /** A comment on a pull request: the payload does not say whose commit is meant. */
  readonly isPullRequestComment: boolean;
}

export interface PullRequest {
  readonly number: number;
  readonly headSha: string;
  readonly baseSha: string;
  /** Name of the branch that it wants to change. */
  readonly baseRef: string | undefined;
  readonly isFork: boolean;
  readonly changedFiles: number | undefined;
}

/** The run that a `workflow_run` event tells of. */
export interface WorkflowRun {
  readonly headSha: string;
  readonly headBranch: string;
  readonly headOwner: string | undefined;
  readonly isFork: boolean;
}

const sha = z.string().regex(/^[0-9a-f]{40}([0-9a-f]{24})?$/);
const repo = z.looseObject({ id: z.number(), owner: z.looseObject({ login: z.string() }).optional() });
const payloadSchema = z.looseObject({
  repository: z.looseObject({ id: z.number().optional(), default_branch: z.string().optional() }).optional(),
  pull_request: z
    .looseObject({
      number: z.number().int(),
      head: z.looseObject({ sha, repo: repo.nullish() }),
      base: z.looseObject({ sha, ref: z.string().optional(), repo }),
      changed_files: z.number().int().optional(),
    })
    .optional(),
  merge_group: z.looseObject({ base_sha: sha, base_ref: z.string().optional(), head_sha: sha }).optional(),
  before: z.string().optional(),
  workflow_run: z.looseObject({ head_sha: sha, head_branch: z.string().nullish(), head_repository: repo.nullish() }).optional(),
  issue: z.looseObject({ pull_request: z.unknown().optional() }).optional(),
});
type Payload = z.infer<typeof payloadSchema>;

/** Undefined outside a workflow (`GITHUB_EVENT_NAME` not set). Rejects with ConfigError where the payload is missing or cannot be read. */
export async function readEvent(effects: Pick<Effects, "env" | "files">): Promise<RunEvent | undefined> {
  const { env } = effects;
  const name = env.GITHUB_EVENT_NAME;
  if (name === undefined || name === "") return undefined;
  const payload = await readPayload(env.GITHUB_EVENT_PATH, name, effects);
  if (name.startsWith("pull_request") && payload.pull_request === undefined) {
    throw new ConfigError(
      `The event ${name} has no pull_request in ${env.GITHUB_EVENT_PATH}. Run the gate in the job that the event started.`,
    );
  }
  return {
    name,
    sha: env.GITHUB_SHA ?? "",
    repository: env.GITHUB_REPOSITORY ?? "",
    apiUrl: addressIn(env, "GITHUB_API_URL", "https://api.github.com"),
    serverUrl: addressIn(env, "GITHUB_SERVER_URL", "https://github.com"),
    runId: env.GITHUB_RUN_ID ?? "0",
    runAttempt: Number(env.GITHUB_RUN_ATTEMPT ?? "1") || 1,
    defaultBranch: payload.repository?.default_branch,
    pullRequest: pullRequestOf(payload),
    mergeGroup: payload.merge_group && {
      baseSha: payload.merge_group.base_sha,
      baseRef: payload.merge_group.base_ref?.replace(/^refs\/heads\//, ""),
      headSha: payload.merge_group.head_sha,
    },
    before: beforeOf(payload),
    workflowRun: workflowRunOf(payload),
    isPullRequestComment: name === "issue_comment" && payload.issue?.pull_request != null,
  };
}

/** The toolkit's own clients read these variables, too, and fall over one that is no address. */
function addressIn(env: Effects["env"], name: string, usual: string): string {
  const address = env[name] || usual;
  if (URL.canParse(address)) return address;
  throw new ConfigError(
    `${name} is ${JSON.stringify(address)}, which is no address. The runner sets it: check that the step does not change it.`,
  );
}

async function readPayload(path: string | undefined, name: string, effects: Pick<Effects, "files">): Promise<Payload> {
  const next = "It is written by the runner: check that the step does not change GITHUB_EVENT_PATH.";
  if (!path || (await effects.files.stat(path)) === undefined) {
    throw new ConfigError(`The payload of the event ${name} is missing: GITHUB_EVENT_PATH is ${JSON.stringify(path ?? "")}. ${next}`);
  }
  const text = await effects.files.readText(path);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new ConfigError(`The payload of the event ${name} in ${path} is not JSON (${text.length} characters). ${next}`);
  }
  const parsed = payloadSchema.safeParse(json);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ConfigError(`The payload of the event ${name} has an unexpected ${issue?.path.join(".")}: ${issue?.message}. ${next}`);
}

/** Names of repositories can change hands, ids cannot. A deleted head repository counts as a fork. */
function pullRequestOf({ pull_request: pull }: Payload): PullRequest | undefined {
  return (
    pull && {
      number: pull.number,
      headSha: pull.head.sha,
      baseSha: pull.base.sha,
      baseRef: pull.base.ref,
      isFork: pull.head.repo?.id !== pull.base.repo.id,
      changedFiles: pull.changed_files,
    }
  );
}

function workflowRunOf({ workflow_run: run, repository }: Payload): WorkflowRun | undefined {
  return (
    run && {
      headSha: run.head_sha,
      headBranch: run.head_branch ?? "",
      headOwner: run.head_repository?.owner?.login,
      isFork: repository?.id === undefined || run.head_repository?.id !== repository.id,
    }
  );
}

const beforeOf = ({ before }: Payload): string | undefined =>
  before !== undefined && sha.safeParse(before).success && !/^0+$/.test(before) ? before : undefined;

/** Address of this workflow run. */
export const runUrlOf = ({ serverUrl, repository, runId }: RunEvent): string => `${serverUrl}/${repository}/actions/runs/${runId}`;
