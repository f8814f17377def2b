/** The whole way of a pull request that regresses: red with a fix, the fix committed as the comment says, pushed, and the same comment green. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { commandsBehind, openPullRequest, type PullRequest } from "./pushes.ts";
import { chainConfig, commitRegression } from "./regressing-change.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

let place: Workplace;
let pull: PullRequest;
beforeEach(async () => {
  place = await openWorkplace();
  pull = openPullRequest(place, commitRegression(place.repository));
});
afterEach(async () => await place.end());

/** What a press on GitHub's button commits: the block instead of the comment's line. */
function commitSuggestion(): void {
  const { repository, github } = place;
  const [comment] = github.reviewComments;
  const block = /^```suggestion\n([\s\S]*?)\n```$/m.exec(comment?.body ?? "")?.[1] ?? "no suggestion";
  repository.git("checkout", "-q", "topic");
  const file = comment?.path ?? "";
  const lines = readFileSync(join(repository.folder, file), "utf8").split("\n");
  repository.commit({ [file]: lines.toSpliced((comment?.line ?? 0) - 1, 1, ...block.split("\n")).join("\n") });
}

describe("a regression and its fix", () => {
  it("goes from red to green by the commands of the comment, in the same comment", async () => {
    const red = await pull.push("20");
    expect([red.exitCode, red.report?.models[0]?.search?.keep.map(({ nodes }) => nodes)], red.log).toEqual([1, [["c2"]]]);
    const body = place.github.comments[0]?.body ?? "";
    const commands = commandsBehind("Put the fix into this pull request", body);
    expect(commands.split("\n"), body).toEqual([
      "gh run download 20 -n trt-gate -D trt-gate-report",
      expect.stringMatching(/^git apply --index \S+ && git commit -m /),
    ]);
    pull.shell(commands);
    expect(place.repository.git("show", "--stat", "--format=%s", "HEAD")).toMatch(
      /^Keep 1 unit of chain in float16\n\n \.github\/trt-gate\.yml +\| +1 \+\n models\/chain\.keep\.json/,
    );

    const green = await pull.push("21");
    expect([green.exitCode, green.report?.verdict, green.report?.models[0]?.kept?.file], green.log).toEqual([
      0,
      "pass",
      "models/chain.keep.json",
    ]);
    expect(place.github.comments).toHaveLength(1);
    const after = place.github.comments[0]?.body ?? "";
    expect(after).toContain("✅");
    expect(after).toContain("kept by `models/chain.keep.json`: 1 unit in float16");
  });

  it("goes green with the one line that the report suggests for the configuration as well", async () => {
    const red = await pull.push("20");
    const { suggestion } = red.report?.models[0]?.fix ?? {};
    expect(suggestion, red.log).toEqual({
      file: ".github/trt-gate.yml",
      line: 4,
      lines: ["    path: models/chain.onnx", "    keep: [c2]"],
      replaces: "    path: models/chain.onnx",
    });
    const { repository } = place;
    repository.git("checkout", "-q", "topic");
    const lines = chainConfig.split("\n");
    repository.commit({ ".github/trt-gate.yml": lines.toSpliced((suggestion?.line ?? 0) - 1, 1, ...(suggestion?.lines ?? [])).join("\n") });
    const green = await pull.push("21");
    expect([green.exitCode, green.report?.models[0]?.kept?.units.map(({ nodes }) => nodes)], green.log).toEqual([0, [["c2"]]]);
    expect(green.log).toContain("chain: keep and quantization are those of this change");
  });

  it("goes green by one press where the configuration's line is part of the change, and the button goes", async () => {
    const { repository, github } = place;
    repository.commit({ ".github/trt-gate.yml": chainConfig.replace("  - name: chain\n", "  # exported anew\n  - name: chain\n") });
    const red = await pull.push("20");
    expect(red.exitCode, red.log).toBe(1);
    expect(github.reviewComments, red.log).toMatchObject([{ path: ".github/trt-gate.yml", line: 5, shown: "    path: models/chain.onnx" }]);
    expect(github.comments[0]?.body).toContain("by one click.");
    commitSuggestion();
    const green = await pull.push("21");
    expect([green.exitCode, green.report?.models[0]?.kept?.file], green.log).toEqual([0, ".github/trt-gate.yml"]);
    expect(github.reviewComments).toHaveLength(1);
    expect(github.reviewComments[0]?.body).toContain("nothing to commit here any more");
    expect(github.reviewComments[0]?.body).not.toContain("```");
  });

  it("offers the patch alone where the token may not comment on lines, and with suggest-fix: false", async () => {
    const { repository, github } = place;
    repository.commit({ ".github/trt-gate.yml": chainConfig.replace("  - name: chain\n", "  # exported anew\n  - name: chain\n") });
    github.rules.push({ on: /^POST .*pulls\/7\/comments/, fault: { status: 403 }, times: 9 });
    const red = await pull.push("20");
    expect(red.exitCode, red.log).toBe(1);
    expect(github.comments[0]?.body).toContain("There is no suggestion to commit by one click: the job's token may not comment on lines");
    expect(github.comments[0]?.body).toContain("git apply --index");
    github.rules.length = 0;
    await pull.push("21", { "suggest-fix": "false" });
    expect(github.reviewComments).toEqual([]);
    expect(github.comments[0]?.body).not.toContain("one click");
  });

  it("is undecided, never green, where the keep file is one of another model", async () => {
    await pull.push("20");
    const { repository } = place;
    repository.git("checkout", "-q", "topic");
    repository.commit({ ".github/trt-gate.yml": `${chainConfig}    keep: [no_such_node]\n` });
    const ended = await pull.push("21");
    expect([ended.exitCode, ended.report?.models[0]?.reason], ended.log).toEqual([4, "keep-mismatch"]);
  });

  it("does not take the exam from the pull request: its looser limit changes nothing", async () => {
    const { repository } = place;
    repository.commit({ ".github/trt-gate.yml": chainConfig.replace("fail: 15", "fail: 1") });
    const ended = await pull.push("20");
    expect(ended.exitCode, ended.log).toBe(1);
  });
});
