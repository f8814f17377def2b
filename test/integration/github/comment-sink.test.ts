import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, openApi } from "../../../src/github/api.ts";
import { type CommentRequest, publishComment } from "../../../src/github/comment-sink.ts";
import { commentMarker, stateLine } from "../../../src/report/marker.ts";
import { type FakeGitHub, startGitHub } from "../../fakes/github-server.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

const key = "ci/gate";
const oldHead = "a".repeat(40);
const newHead = "b".repeat(40);

let github: FakeGitHub;
let effects: RunEffects;
beforeEach(async () => {
  github = await startGitHub();
  github.headSha = newHead;
  effects = await runEffects();
});
afterEach(async () => {
  await github.close();
  await effects.end();
});

const bodyOf = (text: string, state = { headSha: newHead, runId: "20", runAttempt: 1 }, jobKey = key) =>
  `${commentMarker(jobKey)}\n${stateLine(state)}\n${text}`;

async function publish(overrides: Partial<CommentRequest> & { text?: string; timeoutMs?: number } = {}) {
  const { text = "verdict", timeoutMs = 5000, ...rest } = overrides;
  const state = rest.state ?? { headSha: newHead, runId: "20", runAttempt: 1 };
  const jobKey = rest.jobKey ?? key;
  const api = await openApi({
    apiUrl: github.apiUrl,
    token: "t",
    repository: "o/r",
    clock: effects.clock,
    cancelled: effects.cancelled,
    timeoutMs,
  });
  const render = (budget: number) => bodyOf(text, state, jobKey).slice(0, budget);
  return await publishComment({
    api,
    mode: "on-change",
    pullRequest: 7,
    jobKey,
    state,
    hasChanges: true,
    hasProblem: true,
    render,
    ...rest,
  });
}
const writes = () => github.calls.filter((call) => /^(POST .*comments|PATCH|DELETE)/.test(call));

describe("one comment a job key", () => {
  it("creates the comment once and edits it in the second run", async () => {
    const first = await publish({ text: "red" });
    const second = await publish({ text: "green", hasProblem: false, state: { headSha: newHead, runId: "21", runAttempt: 1 } });
    expect([first.done, second.done]).toEqual(["created", "updated"]);
    expect(github.comments).toHaveLength(1);
    expect(github.comments[0]?.body).toContain("green");
    expect(second.url).toBe(github.comments[0]?.html_url);
  });

  it("finds its comment behind 250 others on the third page", async () => {
    for (let i = 0; i < 250; i++) github.addComment(`talk ${i}`, "someone", "User");
    const own = github.addComment(bodyOf("old"));
    expect(await publish({ text: "new" })).toMatchObject({ done: "updated" });
    expect(own.body).toContain("new");
    expect(github.calls.filter((call) => call.startsWith("GET") && call.includes("/comments"))).toHaveLength(3);
  });

  it("writes nothing where the body is the same", async () => {
    await publish();
    expect(await publish()).toMatchObject({ done: "same" });
    expect(writes()).toHaveLength(1);
  });

  it("leaves the comment of another job key alone", async () => {
    const other = github.addComment(bodyOf("other", undefined, "ci/other"));
    expect(await publish()).toMatchObject({ done: "created" });
    expect(other.body).toContain("other");
    expect(github.comments).toHaveLength(2);
  });

  it("ignores a marker that another author wrote", async () => {
    const forged = github.addComment(bodyOf("forged"), "mallory", "User");
    const posing = github.addComment(bodyOf("posing"), "github-actions", "User");
    github.viewer = "github-actions[bot]";
    expect(await publish()).toMatchObject({ done: "created" });
    expect([forged.body, posing.body].join()).toContain("forged");
    expect(github.comments).toHaveLength(3);
  });

  it("takes the job token's bot as the own identity where GraphQL is not there", async () => {
    github.viewer = undefined;
    github.addComment(bodyOf("old"));
    expect(await publish({ text: "new" })).toMatchObject({ done: "updated" });
    expect(github.calls.some((call) => call.includes("GET /api/v3/user"))).toBe(false);
  });

  it("removes own duplicates that an earlier race left", async () => {
    github.addComment(bodyOf("one", { headSha: oldHead, runId: "9", runAttempt: 1 }));
    github.addComment(bodyOf("two", { headSha: oldHead, runId: "8", runAttempt: 1 }));
    expect(await publish()).toMatchObject({ done: "updated" });
    expect(github.comments.map(({ body }) => body)).toEqual([bodyOf("verdict")]);
  });

  it("creates a new one where its comment was deleted in between", async () => {
    github.addComment(bodyOf("old"));
    github.gate = async (call) => {
      if (call.startsWith("PATCH")) github.comments.length = 0;
    };
    expect(await publish({ text: "again" })).toMatchObject({ done: "created" });
    expect(github.comments.at(-1)?.body).toContain("again");
  });
});

describe("modes", () => {
  it.each([
    { mode: "off", hasChanges: true, hasProblem: true, done: "not-wanted" },
    { mode: "on-problem", hasChanges: true, hasProblem: false, done: "not-wanted" },
    { mode: "on-problem", hasChanges: true, hasProblem: true, done: "created" },
    { mode: "on-change", hasChanges: false, hasProblem: false, done: "not-wanted" },
    { mode: "on-change", hasChanges: true, hasProblem: false, done: "created" },
    { mode: "always", hasChanges: false, hasProblem: false, done: "created" },
  ] as const)("$mode with changes $hasChanges and problem $hasProblem: $done", async ({ done, ...request }) => {
    expect(await publish(request)).toMatchObject({ done });
  });

  it("turns an existing comment green also in on-problem, and touches nothing when off", async () => {
    const own = github.addComment(bodyOf("red"));
    await publish({ mode: "off", text: "ignored" });
    expect(own.body).toContain("red");
    await publish({ mode: "on-problem", hasProblem: false, hasChanges: false, text: "green" });
    expect(own.body).toContain("green");
  });
});

describe("newest head wins", () => {
  it("does not overwrite a newer head's comment and names it", async () => {
    const own = github.addComment(bodyOf("newest"));
    const result = await publish({ state: { headSha: oldHead, runId: "10", runAttempt: 1 }, text: "late" });
    expect(result.done).toBe("superseded");
    expect(result.warnings.join()).toContain(`superseded by ${newHead.slice(0, 12)}`);
    expect(own.body).toContain("newest");
  });

  it("overwrites an older head's comment although that run has the higher number", async () => {
    const own = github.addComment(bodyOf("old", { headSha: oldHead, runId: "99", runAttempt: 1 }));
    expect(await publish({ text: "new" })).toMatchObject({ done: "updated" });
    expect(own.body).toContain("new");
  });

  it("ends with one comment of the newest head in every order of two first runs' five calls", async () => {
    const apis = await Promise.all([0, 1].map(() => openApi({ apiUrl: github.apiUrl, token: "t", repository: "o/r", ...effects })));
    const [olderApi, newerApi] = apis;
    if (olderApi === undefined || newerApi === undefined) throw new Error("two clients are needed");
    const endings = new Set<string>();
    const orders = Array.from({ length: 1024 }, (_, bits) => bits.toString(2).padStart(10, "0")).filter(
      (bits) => bits.replaceAll("0", "").length === 5,
    );
    for (const order of orders) {
      github.comments.length = 0;
      const turns = new Turns(order);
      const older = publish({ api: turns.inOrder(olderApi, "0"), text: "older", state: { headSha: oldHead, runId: "10", runAttempt: 1 } });
      const newer = publish({ api: turns.inOrder(newerApi, "1"), text: "newer" });
      const done = await Promise.all([older.finally(() => turns.leave("0")), newer.finally(() => turns.leave("1"))]);
      endings.add(done.map((result) => result.done).join("/"));
      expect({ order, bodies: github.comments.map(({ body }) => body) }).toEqual({ order, bodies: [bodyOf("newer")] });
    }
    expect(orders).toHaveLength(252);
    expect(endings.size).toBeGreaterThan(2);
  });
});

/** Lets two runs make their calls in a given order; who has finished is passed over. */
class Turns {
  #rest: string;
  #waiting: (() => void)[] = [];
  readonly #gone = new Set<string>();
  constructor(order: string) {
    this.#rest = order;
  }
  inOrder(api: Api, who: string): Api {
    const take = async <T>(body: () => Promise<T>): Promise<T> => {
      while (this.#next() !== undefined && this.#next() !== who) await new Promise<void>((resolve) => void this.#waiting.push(resolve));
      try {
        return await body();
      } finally {
        this.#rest = this.#rest.replace(who, "");
        this.#wake();
      }
    };
    const call: Api["call"] = (route, parameters) =>
      route.includes("graphql") ? api.call(route, parameters) : take(() => api.call(route, parameters));
    return { ...api, call, pages: (...all) => take(() => api.pages(...all)) };
  }
  leave(who: string): void {
    this.#gone.add(who);
    this.#wake();
  }
  #next(): string | undefined {
    return [...this.#rest].find((who) => !this.#gone.has(who));
  }
  #wake(): void {
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

describe("faults of the service", () => {
  it("looks before it creates again after a 502 that had stored the comment", async () => {
    github.rules.push({ on: /^POST .*issues/, fault: { status: 502, afterStoring: true }, times: 1 });
    expect(await publish()).toMatchObject({ done: "created", warnings: [] });
    expect(github.comments).toHaveLength(1);
  });

  it("creates again after a 502 that had stored nothing", async () => {
    github.rules.push({ on: /^POST .*issues/, fault: { status: 502 }, times: 1 });
    expect(await publish()).toMatchObject({ done: "created" });
    expect(github.comments).toHaveLength(1);
  });

  it("takes the next smaller rendering where the body is refused as too long", async () => {
    github.maxBodyLength = 20_000;
    const budgets: number[] = [];
    const render = (budget: number) => {
      budgets.push(budget);
      return bodyOf("x".repeat(budget - 200));
    };
    expect(await publish({ render })).toMatchObject({ done: "created" });
    expect(budgets).toEqual([60_000, 30_000, 12_000]);
    expect(github.comments[0]?.body.startsWith(commentMarker(key))).toBe(true);
  });

  it("waits once as long as the server asks, then goes on", async () => {
    github.rules.push({ on: /^GET .*comments/, fault: { status: 429, headers: { "retry-after": "17" } }, times: 1 });
    expect(await publish()).toMatchObject({ done: "created" });
    expect(effects.waits).toEqual([17_000]);
  });

  it.each(["61", "17"])("gives up with a warning where the limit of %s s stays", async (seconds) => {
    github.rules.push({ on: /comments/, fault: { status: 403, message: "secondary rate limit", headers: { "retry-after": seconds } } });
    const result = await publish();
    expect(result.done).toBe("failed");
    expect(result.warnings).toHaveLength(1);
    expect(effects.waits).toEqual(seconds === "61" ? [] : [17_000]);
  });

  it.each([
    [401, "HTTP 401"],
    [403, "pull-requests: write"],
    [404, "HTTP 404"],
    [410, "HTTP 410"],
    [451, "HTTP 451"],
  ])("turns %i into one warning that holds %s", async (status, words) => {
    github.rules.push({ on: /comments/, fault: { status, message: "Resource not accessible by integration" } });
    const result = await publish();
    expect(result).toMatchObject({ done: "failed", url: undefined });
    expect(result.warnings).toHaveLength(1);
    expect(result.warnings[0]).toContain(`HTTP ${status}`);
    expect(result.warnings[0]).toContain(words);
  });

  it.each([{ fault: { status: 500 } }, { fault: "reset" }, { fault: "hang" }, { fault: "broken-json" }] as const)(
    "turns $fault into one warning",
    async ({ fault }) => {
      github.rules.push({ on: /comments/, fault });
      const result = await publish({ timeoutMs: 300 });
      expect(result.done).toBe("failed");
      expect(result.warnings).toHaveLength(1);
    },
  );

  it("gets over two server errors", async () => {
    github.rules.push({ on: /^GET .*comments/, fault: { status: 503 }, times: 2 });
    expect(await publish()).toMatchObject({ done: "created" });
  });
});
