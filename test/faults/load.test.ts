/** Many runs at once and one after the other, and a repository of many models. */
import { spawn } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, it } from "vitest";
import { loaders } from "../../src/commands/registry.ts";
import { runLine } from "../../src/commands/run-line.ts";
import { makeRepository } from "../fakes/repository.ts";
import { runEffects } from "../fakes/run-effects.ts";
import { soundModel } from "../fakes/small-models.ts";
import { type Workplace, workplace } from "./workplace.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

it("eight runs at once", async () => {
  const temp = mkdtempSync(join(tmpdir(), "load-"));
  const run = (n: number) =>
    new Promise<number | null>((resolve) => {
      const words = ["check", "--lane", "simulate", "--search", "off", "--changed-only", "false", "--report-dir", `report-${n}`];
      const child = spawn(process.execPath, [cli, ...words], {
        cwd: place.effects.cwd,
        stdio: "ignore",
        env: { PATH: process.env.PATH, TMPDIR: temp },
      });
      child.once("exit", resolve);
    });
  const codes = await Promise.all(Array.from({ length: 8 }, (_, n) => run(n)));
  expect(codes).toEqual(Array.from({ length: 8 }, () => 0));
  // ONNX Runtime writes logs of its own there.
  expect(readdirSync(temp).filter((name) => name.startsWith("trt-gate"))).toEqual([]);
  rmSync(temp, { recursive: true });
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
