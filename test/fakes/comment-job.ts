/** A comment that is published to the loopback server, as a run of pull request 7 does it. */
import { openApi } from "../../src/github/api.ts";
import { type CommentRequest, publishComment } from "../../src/github/comment-sink.ts";
import { commentMarker, stateLine } from "../../src/report/marker.ts";
import type { FakeGitHub } from "./github-server.ts";
import type { RunEffects } from "./run-effects.ts";

export const key = "ci/gate";
export const oldHead = "a".repeat(40);
export const newHead = "b".repeat(40);

export const bodyOf = (text: string, state = { headSha: newHead, runId: "20", runAttempt: 1 }, jobKey = key): string =>
  `${commentMarker(jobKey)}\n${stateLine(state)}\n${text}`;

export type Overrides = Partial<CommentRequest> & { text?: string; timeoutMs?: number };

export const publisher =
  (place: () => { github: FakeGitHub; effects: RunEffects }) =>
  async (overrides: Overrides = {}) => {
    const { github, effects } = place();
    const { text = "verdict", timeoutMs = 5000, ...rest } = overrides;
    const state = rest.state ?? { headSha: newHead, runId: "20", runAttempt: 1 };
    const jobKey = rest.jobKey ?? key;
    const { apiUrl } = github;
    const api = await openApi({ apiUrl, token: "t", repository: "o/r", clock: effects.clock, cancelled: effects.cancelled, timeoutMs });
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
  };
