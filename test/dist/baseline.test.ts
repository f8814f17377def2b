/** A pull request against its base commit's model, checked in the same job: the comment shows both, and nothing of the checkout is touched. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { floatTensor } from "../../src/onnx/model.ts";
import { pullPayload } from "../fakes/event.ts";
import { cacheOf, writeScaled } from "../fakes/moved-scale.ts";
import { encode, modelProto, node } from "../fakes/onnx-models.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { configOf, writeModels } from "./models.ts";
import { openWorkplace, type Workplace } from "./spawn.ts";

let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace();
});
afterEach(async () => await place.end());

const diagonal = (name: string, first: number) =>
  floatTensor(
    name,
    [4, 4],
    Float32Array.from({ length: 16 }, (_, i) => (i === 0 ? first : i % 5 === 0 ? 1 : 0)),
  );

/** The identity through a hidden tensor with one channel `stretch` times as wide: the others keep so much less of the 8 bits. */
const stretched = (stretch: number): Uint8Array =>
  encode(
    modelProto({
      nodes: [node("MatMul", ["x", "wide"], ["h"]), node("MatMul", ["h", "narrow"], ["y"])],
      weights: [diagonal("wide", stretch), diagonal("narrow", 1 / stretch)],
      outputs: ["y"],
    }),
  );

/** Base and head by their stretch. `limit` in dB is far below both. */
function pull(base: number, head: number): void {
  const { repository } = place;
  const put = (stretch: number) => writeFileSync(join(repository.folder, "models/a.onnx"), stretched(stretch));
  writeModels(repository, ["a"]);
  put(base);
  const config = configOf(["a"], 10).replace("{fail: 10}", "{fail: 10}, baseline: {sqnr-db: {drop: 3}}");
  const baseSha = repository.commit({ ".github/trt-gate.yml": config });
  repository.git("checkout", "-q", "-b", "topic");
  put(head);
  const headSha = repository.commit({ "watched/a.txt": "touched" });
  const merge = mergePullRequest(repository, headSha, baseSha);
  place.github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha }), merge);
}
const run = async () => await place.action({ lane: "simulate", search: "off", "report-dir": join(place.folder, "report") }).ended;
const checkout = () => {
  const { repository } = place;
  return [
    repository.git("status", "--porcelain", "--ignored"),
    repository.git("rev-parse", "HEAD"),
    repository.git("worktree", "list"),
    repository.git("branch", "--all"),
    repository.git("config", "--list", "--local"),
    readdirSync(join(repository.folder, ".git")).toSorted().join(),
  ];
};

describe("a baseline", () => {
  it("makes a drop of more than 3 dB a regression although every limit is met, and shows base against head", async () => {
    pull(1, 8);
    const before = checkout();
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(1);
    expect(ended.report).toMatchObject({
      verdict: "regression",
      reason: "baseline-drop",
      models: [{ name: "a", reason: "baseline-drop" }],
    });
    const [model] = ended.report?.models ?? [];
    const [head, base] = [Number(model?.outputs[0]?.metrics.sqnrDb), Number(model?.baseline?.outputs[0]?.metrics.sqnrDb)];
    expect(head).toBeGreaterThan(10);
    expect(base - head).toBeGreaterThan(3);
    const body = place.github.comments[0]?.body ?? "";
    const row = body.split("\n").find((line) => line.startsWith("|") && line.includes("`y`")) ?? "";
    expect(body.split("\n").find((line) => line.startsWith("| Output"))).toMatch(/Base/);
    expect(row).toContain(head.toFixed(1));
    expect(row).toContain(base.toFixed(1));
    expect(checkout()).toEqual(before);
    await place.post(ended.state);
    expect(readdirSync(place.runnerTemp)).toEqual([]);
  });

  it("lets a model pass that was as bad before", async () => {
    pull(8, 7.9);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report?.models[0]?.baseline?.commit).toMatch(/^[0-9a-f]{40}$/);
  });
});

describe("a pull request that names no baseline", () => {
  /** The scale of the input goes from 2/127 to this many 127ths. */
  function moves(step: number, more = ""): { base: string } {
    const { repository } = place;
    writeScaled(repository.folder, 2, more);
    const base = repository.commit({});
    repository.git("checkout", "-q", "-b", "topic");
    const headSha = repository.commit({ "m.cache": cacheOf(step) });
    place.github.headSha = headSha;
    place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
    return { base };
  }
  const lineOf = (body: string) => body.split("\n").find((line) => line.startsWith("- ")) ?? "";

  it("shows a reviewer what a pass lost, from which figure, and which scale moved: in the headline and in the model's line", async () => {
    const { base } = moves(16);
    const ended = await run();
    expect([ended.exitCode, ended.report?.verdict], ended.log).toEqual([0, "pass"]);
    const [comment] = place.github.comments;
    const body = comment?.body ?? "";
    expect(body).toMatch(/^### ⚠️ Within limits, but INT8 accuracy of `m` fell from 50\.0 dB at `main` to 31\.8 dB$/m);
    expect(lineOf(body)).toMatch(
      /^- ⚠️ \*\*`m`\*\* · .*18\.3 dB below main's 50\.0 dB · suspected: 1 of 2 scales moved, that of "x" \(8 times\)/,
    );
    expect(body).toContain(`git checkout ${base.slice(0, 12)} -- m.cache`);
    expect(body).toContain("tolerance.baseline");
    expect(ended.log).toContain("fell from 50.0 dB at main to 31.8 dB");
  });

  it("says a small loss in the model's line alone, and is safe to merge", async () => {
    moves(3);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    const body = place.github.comments[0]?.body ?? "";
    expect(body).toMatch(/^### ✅ Safe to merge/m);
    expect(lineOf(body)).toMatch(/3\.9 dB below main's 50\.0 dB · changed: 1 of 2 scales moved, that of "x" \(1\.5 times\)/);
  });

  it("puts the restored cache first where it regresses", async () => {
    const { base } = moves(16, "    tolerance: {sqnr-db: {fail: 40}}\n");
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(1);
    const body = place.github.comments[0]?.body ?? "";
    const steps = body.slice(body.indexOf("**What to do next**"));
    expect(steps.split("\n").find((line) => line.startsWith("1. "))).toContain(`git checkout ${base.slice(0, 12)} -- m.cache`);
    expect(lineOf(body)).toContain("18.3 dB below main's 50.0 dB · suspected: ");
  });
});
