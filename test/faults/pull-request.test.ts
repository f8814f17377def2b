/** A pull request that tries to decide about itself, or of which the runner tells nonsense: the whole action, on a real repository. */
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { floatTensor } from "../../src/onnx/model.ts";
import type { Report } from "../../src/report/schema.ts";
import { configOf, writeModels } from "../dist/models.ts";
import { openWorkplace, type Workplace } from "../dist/spawn.ts";
import { pullPayload } from "../fakes/event.ts";
import { cacheOf, writeScaled } from "../fakes/moved-scale.ts";
import { encode, externalTensor, modelProto, node } from "../fakes/onnx-models.ts";
import { mergePullRequest, shallowClone } from "../fakes/repository.ts";
import { useBundle } from "./bundle.ts";

const bundle = useBundle();
let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace(() => bundle.folder);
});
afterEach(() => place.end());

/** The base commit asks for `limit` dB; `change` happens in the pull request. */
function pull(limit: number, change: () => Readonly<Record<string, string>>, names: readonly string[] = ["a"]) {
  const { repository, github } = place;
  writeModels(repository, names);
  const base = repository.commit({ ".github/trt-gate.yml": configOf(names, limit) });
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "watched/a.txt": "touched", ...change() });
  github.headSha = headSha;
  const merge = mergePullRequest(repository, headSha, base);
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), merge);
  return { base, headSha, merge };
}
const check = () => place.action({ lane: "simulate", search: "off", "artifact-name": "" }).ended;

it("change that loosens its own tolerance", async () => {
  pull(200, () => ({ ".github/trt-gate.yml": configOf(["a"], -1000) }));
  const { exitCode, outputs, report, log } = await check();
  expect(report?.models[0], log).toMatchObject({ verdict: "regression", reason: "limit-exceeded" });
  expect(report?.models[0]?.outputs[0]?.limits).toEqual({ sqnrDb: { fail: 200 } });
  expect(report?.notices.join()).toContain("The change edits .github/trt-gate.yml");
  expect({ exitCode, verdict: outputs.verdict }).toEqual({ exitCode: 1, verdict: "regression" });
});

it("external data of a pull request that leaves its folder", async () => {
  const hostile = modelProto({
    nodes: [node("Add", ["x", "w"], ["y"])],
    weights: [externalTensor("w", { location: "../data/x.npy" })],
    outputs: ["y"],
  });
  pull(20, () => {
    writeFileSync(join(place.repository.folder, "models/a.onnx"), encode(hostile));
    return {};
  });
  const { exitCode, outputs, report, log } = await check();
  expect(report?.models[0], log).toMatchObject({ verdict: "undecided", reason: "untrusted-model", outputs: [] });
  expect(report?.models[0]?.message).toContain("'../data/x.npy'");
  expect({ exitCode, verdict: outputs.verdict }).toEqual({ exitCode: 3, verdict: "undecided" });
});

it("event payload missing or broken", async () => {
  pull(20, () => ({}));
  for (const text of ["{", "{}", JSON.stringify({ pull_request: { number: 7, head: { sha: "--upload-pack=x" }, base: {} } })]) {
    writeFileSync(place.env.GITHUB_EVENT_PATH ?? "", text);
    const { exitCode, outputs, log } = await check();
    expect(log).toMatch(/^::error::The (payload of the )?event pull_request .*(GITHUB_EVENT_PATH|Run the gate in the job)/m);
    expect({ exitCode, verdict: outputs.verdict }, log).toEqual({ exitCode: 2, verdict: "undecided" });
  }
  place.env.GITHUB_EVENT_PATH = "/nowhere/event.json";
  expect((await check()).exitCode).toBe(2);
});

/** A clone of the pull request's merge commit that holds `depth` commits; the action runs in it. */
function cloned(merge: string, depth: number) {
  const clone = shallowClone(place.repository, merge, depth, join(place.folder, `clone-${depth}`));
  const report = join(clone.folder, "trt-gate-report");
  const inputs = { lane: "simulate", search: "off", "artifact-name": "", "report-dir": report };
  return { clone, run: () => place.action(inputs, { GITHUB_WORKSPACE: clone.folder }).ended };
}
const checkedIn = (report: Report | undefined) => report?.models.map(({ name, verdict }) => `${name} ${verdict}`);

it("history too short", async () => {
  const { merge } = pull(20, () => ({}), ["a", "b"]);
  for (const depth of [1, 2]) {
    const { exitCode, report, log } = await cloned(merge, depth).run();
    expect({ exitCode, models: checkedIn(report), unchanged: report?.selection.unchanged }, log).toEqual({
      exitCode: 0,
      models: ["a pass"],
      unchanged: ["b"],
    });
  }
});

/** The same limits, and 3 dB that may be lost against the base. */
const withDrop = (names: readonly string[]): string =>
  configOf(names).replaceAll("{sqnr-db: {fail: 20}}", "{sqnr-db: {fail: 20}, baseline: {sqnr-db: {drop: 3}}}");

describe("base model that cannot be run, with a drop allowed against it", () => {
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"0".repeat(64)}\nsize 200\n`;
  const weights = [floatTensor("w", [5, 4], new Float32Array(20).fill(0.5))];
  const otherInputs = encode(
    modelProto({ nodes: [node("MatMul", ["other", "w"], ["y"])], weights, inputs: { other: [1, 5] }, outputs: ["y"] }),
  );

  it.each([
    ["cut short", (sound: Uint8Array) => sound.subarray(0, sound.length - 9), /no valid ONNX file/],
    ["a Git LFS pointer", () => Buffer.from(pointer), /LFS/],
    ["of other inputs", () => otherInputs, /other/],
  ])("%s", async (_, broken, cause) => {
    const { repository } = place;
    const file = join(repository.folder, "models/a.onnx");
    writeModels(repository, ["a"]);
    const sound = readFileSync(file);
    writeFileSync(file, broken(sound));
    const base = repository.commit({ ".github/trt-gate.yml": withDrop(["a"]) });
    repository.git("checkout", "-q", "-b", "topic");
    writeFileSync(file, sound);
    const headSha = repository.commit({ "watched/a.txt": "touched" });
    place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
    const { exitCode, report, log } = await check();
    expect(report?.models[0], log).toMatchObject({ verdict: "undecided", reason: "baseline-unjudged" });
    expect(report?.models[0]?.message).toMatch(cause);
    expect(exitCode).toBe(4);
  });
});

it("base commit that is out of reach, with a drop allowed against it", async () => {
  const { base, headSha, merge } = pull(20, () => ({}));
  const { clone, run } = cloned(merge, 1);
  clone.git("remote", "set-url", "origin", "file:///nowhere/repository");
  place.github.files = [{ filename: "watched/a.txt", status: "modified" }];
  place.github.contents.set(`${base}:.github/trt-gate.yml`, withDrop(["a"]));
  place.event("pull_request", pullPayload({ headSha, baseSha: base, changedFiles: 1 }), merge);
  const { exitCode, report, log } = await run();
  expect(report?.models[0], log).toMatchObject({ verdict: "undecided", reason: "baseline-unjudged" });
  expect(report?.models[0]?.message).toContain("fetch-depth");
  expect(exitCode).toBe(4);
});

it("no base model, with a drop allowed against it", async () => {
  const { repository } = place;
  writeModels(repository, ["a"]);
  const base = repository.commit({ ".github/trt-gate.yml": withDrop(["a", "b"]) });
  repository.git("checkout", "-q", "-b", "topic");
  writeModels(repository, ["b"]);
  const headSha = repository.commit({ "watched/b.txt": "touched" });
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
  const { exitCode, report, log } = await check();
  expect(
    report?.models.map(({ name, verdict, caveats }) => [name, verdict, caveats?.map(({ reason }) => reason)]),
    log,
  ).toEqual([["b", "pass", ["no-baseline"]]]);
  expect(report?.models[0]?.message).toContain("Caveat (no-baseline)");
  expect(exitCode).toBe(0);
});

describe("base model that cannot be run", () => {
  const leaving = modelProto({
    nodes: [node("MatMul", ["x", "w"], ["y"])],
    weights: [externalTensor("w", { location: "../data/x.npy" })],
    outputs: ["y"],
  });
  const pointer = `version https://git-lfs.github.com/spec/v1\noid sha256:${"1".repeat(64)}\nsize 300\n`;
  it.each([
    { what: "a Git LFS pointer", model: pointer, says: /models\/a\.onnx is a Git LFS pointer/ },
    { what: "a file cut short", model: "\b\b", says: /a\.onnx/ },
    { what: "external data that leaves its folder", model: encode(leaving), says: /'\.\.\/data\/x\.npy'/ },
  ])("is $what: the change passes as it is, and the report says why there is no figure of the base", async ({ model, says }) => {
    const { repository } = place;
    writeModels(repository, ["a"]);
    const file = join(repository.folder, "models/a.onnx");
    const sound = readFileSync(file);
    writeFileSync(file, model);
    const base = repository.commit({ ".github/trt-gate.yml": configOf(["a"]) });
    repository.git("checkout", "-q", "-b", "topic");
    writeFileSync(file, sound);
    const headSha = repository.commit({});
    place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
    const { exitCode, report, log } = await check();
    expect([exitCode, report?.models[0]?.verdict], log).toEqual([0, "pass"]);
    expect(report?.models[0]?.baseline).toMatchObject({ commit: base, source: "unknown", verdict: null, outputs: [] });
    expect(report?.models[0]?.baseline?.message).toMatch(/^No figure of main \([0-9a-f]{7}\): the base's model could not be run\. /);
    expect(report?.models[0]?.baseline?.message).toMatch(says);
  });
});

it("pass that lost far against the base", async () => {
  const { repository, github } = place;
  writeScaled(repository.folder, 2);
  const base = repository.commit({});
  repository.git("checkout", "-q", "-b", "topic");
  const headSha = repository.commit({ "m.cache": cacheOf(16) });
  github.headSha = headSha;
  place.event("pull_request", pullPayload({ headSha, baseSha: base }), mergePullRequest(repository, headSha, base));
  const { exitCode, report, log } = await check();
  expect([exitCode, report?.models[0]?.reason], log).toEqual([0, "within-limits"]);
  expect(report?.models[0]?.caveats?.map(({ reason }) => reason)).toContain("lost-since-base");
  expect(report?.models[0]?.message).toMatch(/Caveat \(lost-since-base\): y SQNR fell from 50\.0 dB at main \([0-9a-f]{7}\) to 31\.8 dB\./);
  expect(github.comments[0]?.body).toContain("fell from 50.0 dB at `main` to 31.8 dB");
});

it("3,001 changed files by the API", async () => {
  const { base, headSha, merge } = pull(20, () => ({}), ["a", "b"]);
  const { clone, run } = cloned(merge, 1);
  clone.git("remote", "set-url", "origin", "file:///nowhere/repository");
  place.github.files = Array.from({ length: 3001 }, (_, i) => ({ filename: `other/${i}.txt`, status: "added" }));
  place.github.contents.set(`${base}:.github/trt-gate.yml`, configOf(["a", "b"]));
  place.event("pull_request", pullPayload({ headSha, baseSha: base, changedFiles: 3001 }), merge);
  const { exitCode, report, log } = await run();
  expect({ exitCode, models: checkedIn(report) }, log).toEqual({ exitCode: 0, models: ["a pass", "b pass"] });
  expect(report?.notices.join()).toContain("only 3000");
});

it("runner's variable that is no address", async () => {
  pull(20, () => ({}));
  for (const name of ["GITHUB_API_URL", "GITHUB_SERVER_URL"]) {
    const { exitCode, outputs, log } = await place.action({ lane: "simulate" }, { [name]: "not an address" }).ended;
    expect(log).toMatch(new RegExp(`^::error::${name} is "not an address", which is no address\\. The runner sets it`, "m"));
    expect({ exitCode, verdict: outputs.verdict }, log).toEqual({ exitCode: 2, verdict: "undecided" });
  }
});

it("workspace that is not there", async () => {
  pull(20, () => ({}));
  const { exitCode, outputs, log } = await place.action({ lane: "simulate" }, { GITHUB_WORKSPACE: join(place.folder, "none") }).ended;
  expect(log).toMatch(/^::error::The workspace .*none is not there\. Check out the repository first/m);
  expect({ exitCode, verdict: outputs.verdict }, log).toEqual({ exitCode: 2, verdict: "undecided" });
  expect(place.github.comments).toEqual([]);
});

it("runner's temporary folder that is gone", async () => {
  pull(20, () => ({}));
  const { exitCode, report, log } = await place.action({ lane: "simulate", "artifact-name": "" }, { RUNNER_TEMP: "/nowhere/temp" }).ended;
  expect(report?.models, log).toMatchObject([{ reason: "file-system", message: expect.stringContaining("Point RUNNER_TEMP") }]);
  expect(exitCode, log).toBe(4);
});

it("runner's files that cannot be written", async () => {
  pull(20, () => ({}));
  const folder = place.folder;
  const { exitCode, report, log } = await place.action(
    { lane: "simulate", search: "off", "artifact-name": "" },
    { GITHUB_STATE: folder, GITHUB_OUTPUT: folder },
  ).ended;
  expect(log).toMatch(
    /^::warning::The outputs of the step were not written: .*is a folder\..* The verdict stands; leave GITHUB_OUTPUT as the runner/m,
  );
  expect({ exitCode, verdict: report?.verdict }, log).toEqual({ exitCode: 0, verdict: "pass" });
});
