/**
 * Calls GitHub's API: a time limit on every call, one wait of at most 60 s where the server asks for it, a few tries on server errors.
 * Says why a call failed as data. Knows nothing of comments or reports.
 */
import type { Clock } from "../effects/effects.ts";

export interface ApiOptions {
  readonly apiUrl: string;
  readonly token: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly clock: Clock;
  readonly cancelled: AbortSignal;
  /** For one call. */
  readonly timeoutMs?: number;
}

/** `status` is 0 where no answer came: time limit, reset connection, no network. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

export interface Answer {
  readonly data: unknown;
  /** Address of the next page, from the `Link` header. */
  readonly next: string | undefined;
}

export interface Api {
  readonly owner: string;
  readonly repo: string;
  /** Its own address: beside `/api/v3` on a server, below the API elsewhere. */
  readonly graphqlUrl: string;
  /**
   * `route` is `GET /repos/{owner}/{repo}/…`; owner and repo are filled in. Rejects with ApiError only.
   * A POST is not repeated after a server error: it may have been done.
   */
  call(route: string, parameters?: Readonly<Record<string, unknown>>): Promise<Answer>;
  /** Items of all pages in order, at most `maxPages`. `truncated` when there were more. */
  pages(route: string, parameters: Readonly<Record<string, unknown>>, maxPages: number): Promise<{ items: unknown[]; truncated: boolean }>;
}

const longestWaitMs = 60_000;
const tries = 3;
const pauseMs = 1000;

/** Loads the toolkit on first use: most runs without a changed model never need it. */
export async function openApi(options: ApiOptions): Promise<Api> {
  const { getOctokit } = await import("@actions/github");
  const silent = { debug: ignore, info: ignore, warn: ignore, error: ignore };
  const octokit = getOctokit(options.token, { baseUrl: options.apiUrl, log: silent });
  const [owner = "", repo = ""] = options.repository.split("/");
  let mayWait = true;

  const once = async (route: string, parameters: Readonly<Record<string, unknown>>): Promise<Answer> => {
    const signal = AbortSignal.any([options.cancelled, AbortSignal.timeout(options.timeoutMs ?? 15_000)]);
    const response = await octokit.request(route, {
      ...(route.includes("{owner}") ? { owner, repo } : {}),
      ...parameters,
      request: { signal },
    });
    return { data: response.data, next: /<([^>]+)>;\s*rel="next"/.exec(response.headers.link ?? "")?.[1] };
  };

  /** Cancelled while waiting: the call failed as it did before. */
  const pause = async (ms: number, { status, message }: Failure): Promise<void> =>
    await options.clock.sleep(ms, options.cancelled).catch(() => {
      throw new ApiError(status, message);
    });

  const call: Api["call"] = async (route, parameters = {}) => {
    for (let attempt = 1; ; attempt++) {
      try {
        return await once(route, parameters);
      } catch (error) {
        const failure = failureOf(error);
        const waitMs = failure.retryAfterMs;
        if (waitMs !== undefined && waitMs <= longestWaitMs && mayWait) {
          mayWait = false;
          await pause(waitMs, failure);
        } else if (attempt < tries && failure.isTemporary && !route.startsWith("POST") && !options.cancelled.aborted) {
          await pause(pauseMs * attempt, failure);
        } else {
          throw new ApiError(failure.status, failure.message);
        }
      }
    }
  };

  return {
    owner,
    repo,
    graphqlUrl: `${options.apiUrl.replace(/\/v3\/?$/, "").replace(/\/$/, "")}/graphql`,
    call,
    pages: async (route, parameters, maxPages) => {
      const items: unknown[] = [];
      let answer = await call(route, { per_page: 100, ...parameters });
      for (let page = 1; ; page++) {
        if (!Array.isArray(answer.data)) throw new ApiError(0, `${route} answered with something that is not a list`);
        items.push(...answer.data);
        if (answer.next === undefined) return { items, truncated: false };
        if (page === maxPages) return { items, truncated: true };
        answer = await call(`GET ${sameServer(answer.next, options.apiUrl)}`);
      }
    },
  };
}

const ignore = (): void => {};

/** The token must not follow a link to another server. */
function sameServer(link: string, apiUrl: string): string {
  if (new URL(link).origin !== new URL(apiUrl).origin)
    throw new ApiError(0, `the next page is on another server (${new URL(link).origin})`);
  return link;
}

interface Failure {
  readonly status: number;
  readonly message: string;
  readonly isTemporary: boolean;
  readonly retryAfterMs: number | undefined;
}

/** 403 and 429 with `retry-after` are rate limits; server errors and lost connections are temporary; the rest is final. */
function failureOf(error: unknown): Failure {
  const known = error instanceof Error ? error : new Error(String(error));
  const response = "response" in known && typeof known.response === "object" ? known.response : undefined;
  const answered = response !== undefined && response !== null && "status" in known && typeof known.status === "number";
  const status = answered && "status" in known ? Number(known.status) : 0;
  const seconds = response && "headers" in response ? retryAfterSeconds(response.headers) : undefined;
  return {
    status,
    message: known.name === "AbortError" || known.name === "TimeoutError" ? "no answer in time" : known.message,
    isTemporary: status === 0 || status >= 500,
    retryAfterMs: (status === 403 || status === 429) && seconds !== undefined ? seconds * 1000 : undefined,
  };
}

function retryAfterSeconds(headers: unknown): number | undefined {
  if (typeof headers !== "object" || headers === null || !("retry-after" in headers)) return undefined;
  const seconds = Number(headers["retry-after"]);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}
