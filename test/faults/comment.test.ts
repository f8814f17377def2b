/** The server that keeps the comment fails, stalls, races or lies: one warning at most, one comment, and never another's. A loopback server, real connections. */
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Api, openApi } from "../../src/github/api.ts";
import { commentMarker } from "../../src/report/marker.ts";
import { bodyOf, key, newHead, oldHead, publisher } from "../fakes/comment-job.ts";
import { type FakeGitHub, type Fault, startGitHub } from "../fakes/github-server.ts";
import { type RunEffects, runEffects } from "../fakes/run-effects.ts";

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
const publish = publisher(() => ({ github, effects }));

describe("the server", () => {
  it("502 after the comment was stored", async () => {
    github.rules.push({ on: /^POST .*issues/, fault: { status: 502, afterStoring: true }, times: 1 });
    expect(await publish()).toMatchObject({ done: "created", warnings: [] });
    expect(github.comments).toHaveLength(1);
  });

  it("comment refused as too long", async () => {
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

  describe("server errors for ever", () => {
    it.each([{ fault: { status: 500 } }, { fault: "broken-json" }] as const)("$fault", ({ fault }) => isOneWarning(fault));
  });

  describe("connection that hangs or is reset", () => {
    it.each([{ fault: "reset" }, { fault: "hang" }] as const)("$fault", ({ fault }) => isOneWarning(fault));
  });

  const isOneWarning = async (fault: Fault): Promise<void> => {
    github.rules.push({ on: /comments/, fault });
    const result = await publish({ timeoutMs: 300 });
    expect(result.done).toBe("failed");
    expect(result.warnings).toHaveLength(1);
  };

  it("rate limit that is used up", async () => {
    const headers = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": "4102444800" };
    github.rules.push({ on: /comments/, fault: { status: 403, message: "API rate limit exceeded for installation ID 1.", headers } });
    const { done, warnings } = await publish();
    expect({ done, waits: effects.waits }).toEqual({ done: "failed", waits: [] });
    expect(warnings).toEqual([expect.stringMatching(/HTTP 403: API rate limit exceeded.*run the job again later for the comment\.$/)]);
    expect(warnings.join()).not.toContain("permissions");
  });

  describe("secondary rate limit", () => {
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
  });
});

describe("who else writes", () => {
  it("marker that another author wrote", async () => {
    const forged = github.addComment(bodyOf("forged"), "mallory", "User");
    const posing = github.addComment(bodyOf("posing"), "github-actions", "User");
    github.viewer = "github-actions[bot]";
    expect(await publish()).toMatchObject({ done: "created" });
    expect([forged.body, posing.body].join()).toContain("forged");
    expect(github.comments).toHaveLength(3);
  });

  it("two runs that race", async () => {
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
