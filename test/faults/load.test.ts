/** Many runs at once and one after the other, and a repository of many models. */
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { reportSchema } from "../../src/report/schema.ts";
import { configOf, writeModels } from "../dist/models.ts";
import { openWorkplace } from "../dist/spawn.ts";
import { fakePrograms } from "../fakes/fake-tensorrt.ts";
import { makeRepository } from "../fakes/repository.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { soundModel } from "../fakes/small-models.ts";
import { describeWithPython } from "../support/needs.ts";
import { freshBundle } from "./bundle.ts";
import { type Workplace, workplace } from "./workplace.ts";

const modules = fileURLToPath(new URL("../../node_modules", import.meta.url));
let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

/** `words` beside the report's folder. Each run is a process of its own; gives what another run must find again. */
async function together(count: number, bundle: string, words: readonly string[], env: Readonly<Record<string, string>>) {
  const run = (n: number) =>
    new Promise<{ code: number | null; log: string; figures: unknown }>((resolve) => {
      const folder = `report-${n}`;
      const child = spawn(
        process.execPath,
        [join(bundle, "cli.js"), "check", "--changed-only", "false", "--report-dir", folder, ...words],
        {
          cwd: place.effects.cwd,
          stdio: ["ignore", "ignore", "pipe"],
          env: { PATH: process.env.PATH, ...env },
        },
      );
      let log = "";
      child.stderr.on("data", (chunk) => (log += chunk));
      child.once("close", (code) => resolve({ code, log, figures: figuresIn(folder) }));
    });
  return await Promise.all(Array.from({ length: count }, (_, n) => run(n)));
}

function figuresIn(folder: string): unknown {
  const { models } = reportSchema.parse(JSON.parse(readFileSync(place.at(`${folder}/report.json`), "utf8")));
  return models.map(({ verdict, reason, outputs, search }) => ({ verdict, reason, outputs, keep: search?.keep }));
}

/** npm as far as an install goes, without a registry: slow enough for all to meet. */
function fakeNpm(bin: string): void {
  mkdirSync(bin);
  const packages = ["onnxruntime-node", "onnxruntime-common"].map((name) => `ln -s '${modules}/${name}' node_modules/`);
  writeFileSync(join(bin, "npm"), ["#!/bin/sh", "mkdir node_modules", "sleep 0.$(($$ % 10))", ...packages, ""].join("\n"), { mode: 0o755 });
}

it("eight runs at once", async () => {
  const bundle = await freshBundle([]);
  const temp = place.at("temp");
  mkdirSync(temp);
  fakeNpm(place.at("bin"));
  const cache = place.at("tool-cache");
  const env = { TMPDIR: temp, RUNNER_TOOL_CACHE: cache, PATH: `${place.at("bin")}:${process.env.PATH}` };
  const words = ["--lane", "simulate", "--search", "always"];
  const runs = await together(8, bundle.folder, words, env);
  const [alone] = await together(1, bundle.folder, words, env);
  expect(alone?.log).not.toContain("Installing");
  for (const { code, log, figures } of runs) expect({ code, figures }, log).toEqual({ code: 0, figures: alone?.figures });
  // ONNX Runtime writes logs of its own there.
  expect(readdirSync(temp).filter((name) => name.startsWith("trt-gate"))).toEqual([]);
  const versions = readdirSync(join(cache, "onnxruntime-node"));
  expect(versions.flatMap((version) => readdirSync(join(cache, "onnxruntime-node", version)))).toEqual([process.arch]);
  await bundle.remove();
});

it("runtime that cannot be installed", async () => {
  const bundle = await freshBundle([]);
  const action = await openWorkplace(() => bundle.folder);
  writeModels(action.repository, ["a"]);
  action.repository.commit({ ".github/trt-gate.yml": configOf(["a"]) });
  writeFileSync(join(action.folder, ".npmrc"), "offline=true\n");
  const ended = await action.action({ lane: "simulate", search: "off", "artifact-name": "" }).ended;
  expect(ended.exitCode, ended.log).toBe(4);
  expect(ended.report?.models).toMatchObject([{ name: "a", verdict: "undecided", reason: "lane-unavailable" }]);
  expect(ended.report?.models[0]?.message).toContain("npm ci --ignore-scripts");
  expect(ended.report?.models[0]?.toolTail.join("\n")).toMatch(/ENOTCACHED|offline|cache mode/i);
  // No half install.
  const cache = join(action.folder, "tool-cache/onnxruntime-node");
  expect(readdirSync(cache).flatMap((version) => readdirSync(join(cache, version)))).toEqual([]);
  await action.end();
  await bundle.remove();
});

describeWithPython("on one GPU", () => {
  it("eight runs at once on one GPU", async () => {
    const bundle = await freshBundle();
    for (const folder of ["temp", "locks"]) mkdirSync(place.at(folder));
    const bin = await fakePrograms(place.at("bin"), { FAKE_TRT_NOISE: "0" });
    const env = { TMPDIR: place.at("temp"), XDG_RUNTIME_DIR: place.at("locks"), PATH: `${bin}:${process.env.PATH}` };
    const words = ["--lane", "implicit", "--python", join(bin, "python"), "--search", "off"];
    const runs = await together(8, bundle.folder, words, env);
    const [alone] = await together(1, bundle.folder, words, env);
    for (const { code, log, figures } of runs) expect({ code, figures }, log).toEqual({ code: 0, figures: alone?.figures });
    // They met: all but the first had to wait.
    expect(runs.filter(({ log }) => log.includes("waiting for the GPU")).length).toBeGreaterThan(0);
    expect(readdirSync(place.at("temp")).filter((name) => name.startsWith("trt-gate"))).toEqual([]);
    expect(readdirSync(place.at("locks"), { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".lock"))).toEqual([]);
    await bundle.remove();
  });
});

/** 200 by `npm run test:deep`. */
const runs = Number(process.env.TRT_GATE_RUNS ?? 9);

it("many runs in one process", { timeout: 1_200_000 }, async () => {
  const figures = () => ({ mb: process.memoryUsage().rss / 2 ** 20, files: readdirSync("/proc/self/fd").length });
  const codes = new Set<number>();
  const many = async (count: number) => {
    for (let n = 0; n < count; n++) codes.add((await place.check()).exitCode);
  };
  await many(Math.floor(runs / 3));
  const before = figures();
  await many(runs);
  const after = figures();
  expect([...codes]).toEqual([0]);
  expect(after.files).toBeLessThanOrEqual(before.files);
  // A run that kept its model, samples or session would add far more than this over so many.
  expect(after.mb - before.mb).toBeLessThan(60);
});

it("300 models and 3,000 changed files", async () => {
  const repository = makeRepository(join(place.effects.folder, "monorepo"));
  const names = Array.from({ length: 300 }, (_, n) => `m${n}`);
  const entry = (name: string) =>
    `  - {name: ${name}, path: models/${name}.onnx, quantization: {data: data/x.npy}, validation: {data: data/x.npy}, watch: ["watched/${name}/**"]}\n`;
  const model = Buffer.from(soundModel()).toString("latin1");
  repository.commit({
    ".github/trt-gate.yml": `version: 1\nmodels:\n${names.map(entry).join("")}`,
    "data/x.npy": "x",
    ...Object.fromEntries(names.map((name) => [`models/${name}.onnx`, model])),
  });
  const files = Array.from({ length: 3000 }, (_, n) => [`watched/m${(n % 30) * 10}/${n}.txt`, "touched"]);
  repository.commit(Object.fromEntries(files));
  const effects = await runEffects({}, repository.folder);
  let out = "";
  const io = { out: (text: string) => (out += text), isTerminal: false };
  const exitCode = await runLine(["plan", "--runners", "4", "--changed-since", "HEAD^", "--json"], { effects, io, version: "0", loaders });
  expect(exitCode, effects.lines.join("\n")).toBe(0);
  const plan: { count: number; expect: string[] } = JSON.parse(out);
  expect(plan.count).toBe(30);
  expect(plan.expect).toEqual(names.filter((_, n) => n % 10 === 0));
  await effects.end();
});
