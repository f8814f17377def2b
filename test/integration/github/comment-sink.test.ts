import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { bodyOf, newHead, oldHead, publisher } from "../../fakes/comment-job.ts";
import { type FakeGitHub, startGitHub } from "../../fakes/github-server.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

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
});

describe("faults of the service", () => {
  it("creates again after a 502 that had stored nothing", async () => {
    github.rules.push({ on: /^POST .*issues/, fault: { status: 502 }, times: 1 });
    expect(await publish()).toMatchObject({ done: "created" });
    expect(github.comments).toHaveLength(1);
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

  it("gets over two server errors", async () => {
    github.rules.push({ on: /^GET .*comments/, fault: { status: 503 }, times: 2 });
    expect(await publish()).toMatchObject({ done: "created" });
  });
});
