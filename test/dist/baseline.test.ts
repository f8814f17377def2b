/** A pull request against its base commit's model, checked in the same job: the comment shows both, and nothing of the checkout is touched. */
import { readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { floatTensor } from "../../src/onnx/model.ts";
import { pullPayload } from "../fakes/event.ts";
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
