import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openApi } from "../../../src/github/api.ts";
import { publishSuggestions } from "../../../src/github/suggestion-sink.ts";
import { renderClosedSuggestion, renderSuggestion, type Suggestion } from "../../../src/report/suggestion.ts";
import { type FakeGitHub, startGitHub } from "../../fakes/github-server.ts";
import { passingModel } from "../../fakes/report.ts";
import { type RunEffects, runEffects } from "../../fakes/run-effects.ts";

const key = "ci/gate";
const head = "b".repeat(40);
const own = "    path: models/m.onnx";
const patch = `@@ -1,2 +1,4 @@\n version: 1\n models:\n+  - name: m\n+${own}`;
const suggestion: Suggestion = {
  precision: "INT8",
  model: "m",
  file: ".github/trt-gate.yml",
  line: 4,
  replaces: own,
  lines: [own, "    keep: [c2]"],
};

let github: FakeGitHub;
let effects: RunEffects;
beforeEach(async () => {
  github = await startGitHub();
  github.headSha = head;
  github.files = [{ filename: ".github/trt-gate.yml", status: "modified", patch }];
  effects = await runEffects();
});
afterEach(async () => {
  await github.close();
  await effects.end();
});

async function publish(suggestions: readonly Suggestion[], { runId = "20", headSha = github.headSha, jobKey = key } = {}) {
  const api = await openApi({ apiUrl: github.apiUrl, token: "t", repository: "o/r", clock: effects.clock, cancelled: effects.cancelled });
  const options = { jobKey, state: { headSha, runId, runAttempt: 1 } };
  return await publishSuggestions({
    api,
    pullRequest: 7,
    ...options,
    suggestions,
    render: (one) => renderSuggestion(one, options),
    renderClosed: (name) => renderClosedSuggestion(passingModel({ name }), name, options),
  });
}
const writes = () => github.calls.filter((call) => /^(POST|PATCH|DELETE) .*pulls/.test(call));
const bodies = () => github.reviewComments.map(({ body }) => body);

describe("one suggestion a model", () => {
  it("stands on the configuration's line of the head, and the caller learns where", async () => {
    const places = await publish([suggestion]);
    expect(github.reviewComments).toMatchObject([{ path: ".github/trt-gate.yml", line: 4, commit_id: head }]);
    expect(bodies()[0]).toContain("```suggestion\n    path: models/m.onnx\n    keep: [c2]\n```");
    expect([...places]).toEqual([["m", { url: github.reviewComments[0]?.html_url }]]);
  });

  it("is brought up to date in place, and left alone where it says the same", async () => {
    await publish([suggestion]);
    const places = await publish([{ ...suggestion, lines: [own, "    keep: [c2, c3]"] }], { runId: "21" });
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toContain("keep: [c2, c3]");
    expect([...places.values()]).toEqual([{ url: github.reviewComments[0]?.html_url }]);
    const before = writes().length;
    await publish([{ ...suggestion, lines: [own, "    keep: [c2, c3]"] }], { runId: "21" });
    expect(writes()).toHaveLength(before);
  });

  it("loses its button once the model passes, once", async () => {
    await publish([suggestion]);
    await publish([], { runId: "21" });
    expect(bodies()[0]).toContain("passes at bbbbbbb");
    expect(bodies()[0]).not.toContain("```");
    await publish([], { runId: "22" });
    expect(writes().map((call) => call.split(" ")[0])).toEqual(["POST", "PATCH"]);
  });

  it("moves to where the line lies now, and closes the one that is outdated", async () => {
    await publish([suggestion]);
    github.headSha = "c".repeat(40);
    github.files = [
      {
        filename: ".github/trt-gate.yml",
        status: "modified",
        patch: patch.replace("+  - name: m", "+# first\n+  - name: m").replace("+1,4", "+1,5"),
      },
    ];
    await publish([{ ...suggestion, line: 5 }], { runId: "21" });
    expect(github.reviewComments.map(({ line, body }) => [line, body.includes("```suggestion")])).toEqual([
      [4, false],
      [5, true],
    ]);
  });

  it("takes a closed one up again where the model regresses anew on the same line", async () => {
    await publish([suggestion]);
    await publish([], { runId: "21" });
    await publish([suggestion], { runId: "22" });
    expect(bodies()).toHaveLength(1);
    expect(bodies()[0]).toContain("```suggestion");
  });

  it("is not posted beside another job's or a person's, and theirs stay as they are", async () => {
    await publish([suggestion], { jobKey: "ci/other" });
    github.author = "mallory";
    await publish([suggestion]);
    github.author = "github-actions[bot]";
    const before = bodies();
    await publish([], { runId: "21" });
    expect(bodies()).toEqual(before);
    await publish([suggestion], { runId: "22" });
    expect(github.reviewComments).toHaveLength(3);
  });

  it.each([
    ["the line lies outside the diff", () => ({ ...suggestion, line: 40 }), "line 40 of .github/trt-gate.yml is not part of this change"],
    ["the merge moved the line", () => ({ ...suggestion, line: 3 }), "line 3 of .github/trt-gate.yml reads differently on this branch"],
  ])("is not posted where %s, and says so", async (_, one, why) => {
    expect([...(await publish([one()])).values()]).toEqual([{ why }]);
    expect(writes()).toEqual([]);
  });

  it("is nothing to speak of where the change leaves the configuration alone, or GitHub shows no diff of it", async () => {
    github.files = [{ filename: "models/m.onnx", status: "modified" }];
    expect((await publish([suggestion])).size).toBe(0);
    github.files = [{ filename: ".github/trt-gate.yml", status: "modified" }];
    expect((await publish([suggestion])).size).toBe(0);
    expect(writes()).toEqual([]);
  });

  it("is not posted by a run about a commit that the pull request has left behind", async () => {
    await publish([suggestion]);
    const places = await publish([{ ...suggestion, lines: [own, "    keep: [old]"] }], { headSha: "a".repeat(40), runId: "19" });
    expect([...places.values()]).toEqual([{ why: "this run is about aaaaaaaaaaaa, and the pull request has moved on" }]);
    expect(bodies()[0]).toContain("keep: [c2]");
  });

  it.each([
    [403, "the job's token may not comment on lines (HTTP 403; it takes pull-requests: write)"],
    [422, "GitHub did not take it (HTTP 422)"],
    [500, "GitHub did not take it (HTTP 500)"],
  ])("ends in a sentence where GitHub answers %s", async (status, why) => {
    github.rules.push({ on: /^POST .*pulls\/7\/comments/, fault: { status }, times: 9 });
    expect([...(await publish([suggestion])).values()]).toEqual([{ why }]);
    expect(bodies()).toEqual([]);
  });
});

it("two entries of one model file have one suggestion each", async () => {
  github.files = [
    { filename: ".github/trt-gate.yml", status: "modified", patch: `${patch.replace("+1,4", "+1,6")}\n+  - name: n\n+${own}` },
  ];
  const both = [suggestion, { ...suggestion, model: "n", line: 6 }];
  const places = await publish(both);
  expect([...places.keys()]).toEqual(["m", "n"]);
  expect(github.reviewComments.map(({ line }) => line)).toEqual([4, 6]);
  const writesBefore = writes().length;
  await publish(both, { runId: "21" });
  expect(bodies().every((body) => body.includes("```suggestion"))).toBe(true);
  expect(
    writes()
      .slice(writesBefore)
      .filter((call) => call.startsWith("POST")),
  ).toEqual([]);
});

it("what cannot be closed costs the suggestions of this run nothing", async () => {
  await publish([{ ...suggestion, model: "gone" }]);
  github.rules.push({ on: /^PATCH .*pulls\/comments/, fault: { status: 403, message: "Resource not accessible by integration" } });
  const places = await publish([suggestion], { runId: "21" });
  expect([...places]).toEqual([["m", { url: github.reviewComments[1]?.html_url }]]);
  github.rules.length = 0;
  await publish([suggestion], { runId: "22" });
  expect(bodies()[0]).not.toContain("```suggestion");
});

it("what GitHub does not take of one model costs the others nothing", async () => {
  const old = { ...suggestion, model: "old" };
  await publish([old]);
  github.rules.push({ on: /^POST .*pulls\/7\/comments/, fault: { status: 422 }, times: 1 });
  const places = await publish([suggestion, { ...suggestion, model: "n" }], { runId: "21" });
  expect([...places]).toEqual([
    ["m", { why: "GitHub did not take it (HTTP 422)" }],
    ["n", { url: github.reviewComments[1]?.html_url }],
  ]);
  expect(bodies().map((body) => body.includes("```suggestion"))).toEqual([false, true]);
});

describe("the loopback server", () => {
  it("refuses a line outside the diff and another commit, as GitHub does", async () => {
    const api = await openApi({ apiUrl: github.apiUrl, token: "t", repository: "o/r", clock: effects.clock, cancelled: effects.cancelled });
    const post = async (line: number, commit_id = head) =>
      await api
        .call("POST /repos/{owner}/{repo}/pulls/{pull_number}/comments", {
          pull_number: 7,
          body: "b",
          path: ".github/trt-gate.yml",
          line,
          side: "RIGHT",
          commit_id,
        })
        .then(
          () => 201,
          (error: { status: number }) => error.status,
        );
    expect([await post(4), await post(5), await post(0), await post(4, "f".repeat(40))]).toEqual([201, 422, 422, 422]);
  });
});
