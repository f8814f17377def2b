import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readEvent } from "../../../src/changes/event.ts";
import { decideTrust } from "../../../src/changes/trust.ts";
import { readTrustedConfig } from "../../../src/changes/trusted-config.ts";
import { ConfigError, TrustError } from "../../../src/effects/failure.ts";
import { eventEnv, pullPayload } from "../../fakes/event.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

const head = "a".repeat(40);
const base = "b".repeat(40);
const same = pullPayload({ headSha: head, baseSha: base });
const fork = pullPayload({ headSha: head, baseSha: base, headRepoId: 2 });
const deleted = pullPayload({ headSha: head, baseSha: base, headRepoId: null });
const workflowRun = (id: number) => ({
  repository: { id: 1 },
  workflow_run: { head_sha: head, head_branch: "x", head_repository: { id, owner: { login: "o" } } },
});

let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(async () => await effects.end());

async function trustOf(name: string, payload: object, more: Readonly<Record<string, string>> = {}, allowForks = false) {
  const env = { ...(await eventEnv(effects.folder, name, payload, head)), ...more };
  return decideTrust(await readEvent({ ...effects, env }), env, allowForks);
}

describe("whose code runs", () => {
  it.each([
    { name: "push", payload: {}, codeFrom: "head" },
    { name: "schedule", payload: {}, codeFrom: "head" },
    { name: "workflow_dispatch", payload: {}, codeFrom: "head" },
    { name: "release", payload: {}, codeFrom: "head" },
    { name: "some_future_event", payload: {}, codeFrom: "head" },
    { name: "pull_request", payload: same, codeFrom: "base" },
    { name: "pull_request", payload: fork, codeFrom: "base" },
    { name: "pull_request_review", payload: same, codeFrom: "base" },
    { name: "pull_request_target", payload: same, codeFrom: "base" },
    { name: "merge_group", payload: { merge_group: { base_sha: base, head_sha: head } }, codeFrom: "base" },
    { name: "workflow_run", payload: workflowRun(1), codeFrom: "head" },
  ] as const)("$name: the $codeFrom commit's", async ({ name, payload, codeFrom }) => {
    expect(await trustOf(name, payload)).toMatchObject({ codeFrom });
  });

  it("is the head's with allow-forks, except for pull_request_target", async () => {
    expect(await trustOf("pull_request", fork, {}, true)).toMatchObject({ codeFrom: "head", isFork: true });
    expect(await trustOf("pull_request_target", same, {}, true)).toMatchObject({ codeFrom: "base" });
  });

  it("is the work tree's on the command line", () => {
    expect(decideTrust(undefined, {}, false)).toEqual({ codeFrom: "head", isProposal: false, isFork: false });
  });
});

describe("refusals", () => {
  it.each([
    { what: "a fork on a self-hosted runner", name: "pull_request", payload: fork, more: { RUNNER_ENVIRONMENT: "self-hosted" } },
    { what: "a fork on a runner that does not say what it is", name: "pull_request", payload: fork, more: { RUNNER_ENVIRONMENT: "" } },
    {
      what: "a deleted head repository on a self-hosted runner",
      name: "pull_request",
      payload: deleted,
      more: { RUNNER_ENVIRONMENT: "self-hosted" },
    },
    { what: "a fork by pull_request_target", name: "pull_request_target", payload: fork, more: {} },
    { what: "a deleted head repository by pull_request_target", name: "pull_request_target", payload: deleted, more: {} },
    { what: "a fork by workflow_run", name: "workflow_run", payload: workflowRun(2), more: {} },
    { what: "a comment on a pull request", name: "issue_comment", payload: { issue: { pull_request: { url: "x" } } }, more: {} },
    { what: "unsecure commands", name: "push", payload: {}, more: { ACTIONS_ALLOW_UNSECURE_COMMANDS: "true" } },
    { what: "unsecure commands as 1", name: "push", payload: {}, more: { ACTIONS_ALLOW_UNSECURE_COMMANDS: "1" } },
  ])("refuses $what", async ({ name, payload, more }) => {
    await expect(trustOf(name, payload, more)).rejects.toThrow(TrustError);
  });

  it("keeps refusing a fork that carries secrets with allow-forks", async () => {
    await expect(trustOf("pull_request_target", fork, {}, true)).rejects.toThrow(TrustError);
    await expect(trustOf("workflow_run", workflowRun(2), {}, true)).rejects.toThrow(TrustError);
  });

  it("starts nothing before it refuses", async () => {
    const env = { ...(await eventEnv(effects.folder, "pull_request", fork, head)), RUNNER_ENVIRONMENT: "self-hosted" };
    const own = { ...effects, env };
    const options = { config: ".github/trt-gate.yml", allowForks: false, baseRef: undefined, githubToken: "t" };
    await expect(readTrustedConfig(options, await readEvent(own), own)).rejects.toThrow(TrustError);
    expect(effects.started).toEqual([]);
  });

  it("lets a fork on a hosted runner through", async () => {
    expect(await trustOf("pull_request", fork)).toMatchObject({ isFork: true });
  });
});

describe("event payloads", () => {
  it.each([
    { what: "a missing file", path: "/nowhere/event.json", text: undefined },
    { what: "no path", path: "", text: undefined },
    { what: "broken JSON", path: undefined, text: "{" },
    {
      what: "a head without a commit id",
      path: undefined,
      text: JSON.stringify({ pull_request: { number: 7, head: { sha: "--upload-pack=x" }, base: {} } }),
    },
    { what: "no pull request", path: undefined, text: "{}" },
  ])("$what is a configuration error", async ({ path, text }) => {
    const env = await eventEnv(effects.folder, "pull_request", {}, head);
    if (text !== undefined) await effects.files.writeText(env.GITHUB_EVENT_PATH ?? "", text);
    await expect(readEvent({ ...effects, env: { ...env, GITHUB_EVENT_PATH: path ?? env.GITHUB_EVENT_PATH } })).rejects.toThrow(ConfigError);
  });

  it("reads a new branch's push as having no commit before", async () => {
    const env = await eventEnv(effects.folder, "push", { before: "0".repeat(40) }, head);
    expect(await readEvent({ ...effects, env })).toMatchObject({ before: undefined });
  });
});
