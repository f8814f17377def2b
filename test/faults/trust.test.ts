/** The action refuses, or runs only the base commit's code, and hands no secret on. Canaries say what ran and what it saw. */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { configOf, writeModels } from "../dist/models.ts";
import { openWorkplace, type Workplace } from "../dist/spawn.ts";
import { pullPayload } from "../fakes/event.ts";
import { encode, externalTensor, modelProto, node, weight } from "../fakes/onnx-models.ts";
import { mergePullRequest } from "../fakes/repository.ts";
import { soundModel } from "../fakes/small-models.ts";
import { describeWithPython } from "../support/needs.ts";
import { useBundle } from "./bundle.ts";

const bundle = useBundle();
let place: Workplace;
beforeEach(async () => {
  place = await openWorkplace(() => bundle.folder);
});
afterEach(async () => await place.end());

const secrets = {
  GITHUB_TOKEN: "canary-secret-1",
  AWS_SECRET_ACCESS_KEY: "canary-secret-2",
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: "canary-secret-3",
  POLYGRAPHY_AUTOINSTALL_DEPS: "canary-secret-4",
};

/** A python3 before all others that writes down its arguments and environment, then becomes the real one. */
function canaryPath(): { PATH: string; seen: string } {
  const folder = join(place.folder, "canary-bin");
  const seen = join(place.folder, "seen.txt");
  mkdirSync(folder);
  for (const name of ["python3", "git"]) {
    const real = name === "python3" ? oraclePython() : onPath(name);
    writeFileSync(join(folder, name), `#!/bin/sh\n{ echo "$0 $*"; env; } >> '${seen}'\nexec ${real} "$@"\n`);
    chmodSync(join(folder, name), 0o755);
  }
  return { PATH: `${folder}:${process.env.PATH}`, seen };
}

const onPath = (name: string) =>
  (process.env.PATH ?? "")
    .split(":")
    .map((entry) => join(entry, name))
    .find(existsSync);

interface Pull {
  readonly base?: Readonly<Record<string, string>>;
  readonly head: Readonly<Record<string, string>>;
  readonly fork?: boolean | "deleted";
  readonly event?: string;
  /** Model of the head commit in place of the sound one, by its path. */
  readonly model?: { readonly path: string; readonly bytes: Uint8Array };
}
function pull({ base: baseFiles = {}, head, fork = false, event = "pull_request", model }: Pull): void {
  const { repository } = place;
  writeModels(repository, ["a"]);
  const base = repository.commit({ ".github/trt-gate.yml": configOf(["a"]), ...baseFiles });
  repository.git("checkout", "-q", "-b", "topic");
  if (model) writeFileSync(join(repository.folder, model.path), model.bytes);
  const headSha = repository.commit({ "watched/a.txt": "touched", ...head });
  const merge = mergePullRequest(repository, headSha, base);
  place.github.headSha = headSha;
  place.event(event, pullPayload({ headSha, baseSha: base, headRepoId: fork === "deleted" ? null : fork ? 2 : 1 }), merge);
}
const run = async (env: Readonly<Record<string, string>> = {}, inputs: Readonly<Record<string, string>> = {}) =>
  await place.action({ lane: "simulate", search: "off", ...inputs }, env).ended;

describe("refusals end with 3 and start nothing", () => {
  it.each([
    { what: "fork on a self-hosted runner", fork: true, env: { RUNNER_ENVIRONMENT: "self-hosted" } },
    { what: "fork on an unnamed runner", fork: true, env: { RUNNER_ENVIRONMENT: "" } },
    { what: "fork that was deleted", fork: "deleted", env: { RUNNER_ENVIRONMENT: "self-hosted" } },
    { what: "pull_request_target from a fork", fork: true, event: "pull_request_target", env: {} },
    { what: "ACTIONS_ALLOW_UNSECURE_COMMANDS", fork: false, env: { ACTIONS_ALLOW_UNSECURE_COMMANDS: "true" } },
  ] as const)("$what", async ({ fork, env, ...more }) => {
    pull({ head: {}, fork, ...more });
    const { PATH, seen } = canaryPath();
    const ended = await run({ ...env, PATH });
    expect(ended.exitCode, ended.log).toBe(3);
    expect(ended.log).toMatch(/^::error/m);
    expect(existsSync(seen)).toBe(false);
    expect(place.github.calls).toEqual([]);
    expect(ended.outputs.verdict).toBe("undecided");
  });
});

describe("fork on a hosted runner", () => {
  it("are checked with the base's configuration and get no comment, with the way to one", async () => {
    pull({ head: { ".github/trt-gate.yml": configOf(["a"], -1000) }, fork: true });
    place.github.rules.push({ on: /^POST .*comments/, fault: { status: 403, message: "Resource not accessible by integration" } });
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report?.models[0]?.outputs[0]?.limits).toEqual({ sqnrDb: { fail: 20 } });
    expect(ended.report?.notices.join()).toContain("the version of the base commit");
    expect(ended.log).toContain("docs/workflows.md");
  });

  it("are undecided where only the fork has a configuration", async () => {
    const { repository } = place;
    writeModels(repository, ["a"]);
    const base = repository.commit({});
    repository.git("checkout", "-q", "-b", "topic");
    const headSha = repository.commit({ ".github/trt-gate.yml": configOf(["a"]) });
    const merge = mergePullRequest(repository, headSha, base);
    place.event("pull_request", pullPayload({ headSha, baseSha: base, headRepoId: 2 }), merge);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(4);
    expect(ended.log).toContain("config-not-on-base");
  });
});

describe("task that the change edits", () => {
  const config = configOf(["a"], 20, `    task: {command: [sh, tools/task.sh, "{outputs}"], metric: accuracy, max-drop: 1}\n`);
  const script = (
    name: string,
  ) => `echo ran >> '${join(place.folder, name)}'; ls > '${join(place.folder, "beside")}'; env > '${join(place.folder, "seen")}'
echo '{"accuracy": 1}'\n`;
  const pullTask = (fork: boolean) =>
    pull({
      base: { ".github/trt-gate.yml": config, "tools/task.sh": script("base-task") },
      head: { "tools/task.sh": script("head-task"), "hostile.py": "x" },
      fork,
    });
  const ran = () => ["base-task", "head-task"].filter((name) => existsSync(join(place.folder, name)));

  it("is the base commit's, beside its files only, and sees no secret", async () => {
    pullTask(false);
    const ended = await run(secrets);
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ran()).toEqual(["base-task"]);
    expect(readFileSync(join(place.folder, "beside"), "utf8")).not.toContain("hostile.py");
    expect(readFileSync(join(place.folder, "seen"), "utf8")).not.toMatch(/canary-secret|t0ken|^(INPUT|ACTIONS|GITHUB|STATE)_/m);
  });

  it("is the fork's on a self-hosted runner with allow-forks", async () => {
    pullTask(true);
    const ended = await run({ RUNNER_ENVIRONMENT: "self-hosted" }, { "allow-forks": "true" });
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ran()).toEqual(["head-task"]);
  });
});

describe("model that only the change's configuration names", () => {
  const twoModels = configOf(["a", "fresh"]).replace("watched/a.txt", "nothing/a.txt");
  const fresh = { path: "models/fresh.onnx", bytes: soundModel() };

  it("is checked in the own repository", async () => {
    pull({ head: { ".github/trt-gate.yml": twoModels }, model: fresh });
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(0);
    expect(ended.report?.models.map(({ name, verdict }) => [name, verdict])).toEqual([
      ["a", "pass"],
      ["fresh", "pass"],
    ]);
  });

  it("is undecided from a fork, beside the base's own models", async () => {
    pull({ head: { ".github/trt-gate.yml": twoModels }, model: fresh, fork: true });
    const ended = await run({}, { comment: "off" });
    expect(ended.exitCode, ended.log).toBe(4);
    expect(ended.report?.models.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
      ["a", "pass", "within-limits"],
      ["fresh", "undecided", "config-not-on-base"],
    ]);
  });

  it("is undecided from a fork that changes nothing else", async () => {
    const base = { ".github/trt-gate.yml": configOf(["a"]).replace("watched/a.txt", "nothing/a.txt") };
    pull({ base, head: { ".github/trt-gate.yml": twoModels }, model: fresh, fork: true });
    const ended = await run({}, { comment: "off" });
    expect(ended.exitCode, ended.log).toBe(4);
    expect(ended.report).toMatchObject({ verdict: "undecided", selection: { unchanged: ["a"] } });
  });

  it.each([false, true])("is a configuration error with its place where that text is wrong (from a fork: %s)", async (fork) => {
    pull({ head: { ".github/trt-gate.yml": twoModels.replaceAll("min-samples", "min-sample") }, model: fresh, fork });
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(2);
    expect(ended.log).toMatch(/^::error file=\.github\/trt-gate\.yml,line=11::.*min-samples/m);
    expect(ended.outputs.verdict).toBe("undecided");
  });
});

describe("report folder that the change brings", () => {
  it("is refused where it is a link, and nothing is written through it", async () => {
    const outside = join(place.folder, "outside");
    mkdirSync(outside);
    symlinkSync(outside, join(place.repository.folder, "trt-gate-report"));
    pull({ head: {} });
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(3);
    expect(readdirSync(outside)).toEqual([]);
  });

  it("is refused where it holds a journal or report that would pose as an earlier run's", async () => {
    pull({ head: { "trt-gate-report/journal/x.jsonl": "{}" } });
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(3);
    expect(ended.log).toContain("The commit holds trt-gate-report/journal/x.jsonl");
    expect(await run({}, { "report-dir": "elsewhere" })).toMatchObject({ exitCode: 0 });
  });
});

describe("external data", () => {
  const model = (location: string) =>
    encode(
      modelProto({
        nodes: [node("MatMul", ["x", "m"], ["h"]), node("Add", ["h", "w"], ["y"])],
        weights: [externalTensor("w", { location, length: "16" }), weight("m", [4, 4])],
        outputs: ["y"],
      }),
    );
  /** `beside` is written after the checkout, as an earlier step would. */
  const changed = (path: string, location: string, head: Readonly<Record<string, string>>, beside: Readonly<Record<string, string>>) => {
    const entry = configOf(["a"]).replace("models/a.onnx", path);
    pull({ base: { ".github/trt-gate.yml": entry }, head, model: { path, bytes: model(location) } });
    place.repository.write(beside);
  };
  const bytes = "0123456789abcdef";

  it("the sound external data is read where the commit holds it", async () => {
    changed("models/a.onnx", "a.data", { "models/a.data": bytes }, {});
    const ended = await run();
    expect(ended.report?.models[0]?.outputs[0]?.reference.max, ended.log).toBe(
      Math.max(...new Float32Array(Uint8Array.from(Buffer.from(bytes)).buffer)),
    );
  });

  it.each([
    ["external data that the commit does not hold", "models/a.onnx", "secret.txt", { "models/secret.txt": bytes }],
    ["git's own folder as external data", "a.onnx", ".git/config", {}],
  ])("%s", async (_, path, location, beside) => {
    changed(path, location, {}, beside);
    const ended = await run();
    expect(ended.exitCode, ended.log).toBe(3);
    expect(ended.report?.models).toMatchObject([{ reason: "untrusted-model", outputs: [] }]);
    expect(ended.report?.models[0]?.message).toContain("is not part of the commit");
  });
});

describeWithPython("code", () => {
  const loader = (mark: string) => `open(${JSON.stringify(mark)}, "a").write("ran ")
import numpy as np
def load_data():
    for i in range(8):
        yield {"x": np.full((1, 4), 0.1 * i + 0.1, np.float32)}
`;
  const config = configOf(["a"]).replace(
    "{data: data/x.npy, algorithm: minmax, min-samples: 1}",
    "{loader: tools/loader.py, algorithm: minmax, min-samples: 1}",
  );

  it("numpy.py beside a loader", async () => {
    const mark = (name: string) => join(place.folder, name);
    const hostile = (name: string) => `open(${JSON.stringify(mark(name))}, "w").write("ran")\n`;
    pull({
      base: { ".github/trt-gate.yml": config, "tools/loader.py": loader(mark("base-loader")) },
      head: {
        "tools/loader.py": loader(mark("head-loader")),
        "tools/numpy.py": hostile("numpy"),
        "numpy.py": hostile("numpy"),
        "sitecustomize.py": hostile("sitecustomize"),
        "tools/sitecustomize.py": hostile("sitecustomize"),
        "usercustomize.py": hostile("usercustomize"),
      },
    });
    const ended = await run({ PATH: canaryPath().PATH });
    const ran = ["base-loader", "head-loader", "numpy", "sitecustomize", "usercustomize"].filter((name) => existsSync(mark(name)));
    expect(ran, ended.log).toEqual(["base-loader"]);
    expect(ended.report?.notices.join()).toContain("tools/loader.py");
  });

  it("secrets in the environment", async () => {
    pull({ base: { ".github/trt-gate.yml": config, "tools/loader.py": loader(join(place.folder, "ran")) }, head: {} });
    const { PATH, seen } = canaryPath();
    const ended = await run({ ...secrets, PATH, GITHUB_ENV_CANARY: "canary-secret-5" });
    const children = readFileSync(seen, "utf8");
    expect(children).toContain("/python3 ");
    expect(children).toContain("/git ");
    const leaks = /canary-secret|t0ken|^(INPUT|ACTIONS|GITHUB|STATE|POLYGRAPHY)_/m;
    expect(children).not.toMatch(leaks);
    const told = [
      ended.log.replace("::add-mask::t0ken", ""),
      JSON.stringify(ended.report),
      ended.summary,
      ...place.github.comments.map(({ body }) => body),
    ].join("\n");
    expect(told).not.toMatch(/canary-secret|t0ken/);
    for (const zip of place.github.artifacts.values()) expect(Buffer.from(zip).toString("latin1")).not.toMatch(/canary-secret|t0ken/);
  });
});
