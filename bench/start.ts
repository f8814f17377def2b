/**
 * Start to verdict, whole processes of the committed dist/, alternating: nothing to do, the classifier's verdict, the verdict with its search,
 * each beside a bare start of Node. Usage: node bench/start.ts [ROUNDS]
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { placeFixtureModel } from "../scripts/fixture-model.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const rounds = Number(process.argv[2] ?? 5);
const folder = mkdtempSync(join(tmpdir(), "trt-gate-bench-"));
const git = (...args: readonly string[]) =>
  spawnSync("git", ["-c", "user.name=bench", "-c", "user.email=bench@localhost", ...args], { cwd: folder, encoding: "utf8" });

const fixtures = join(root, "test/fixtures/tensorrt-8.6.1-h100");
cpSync(placeFixtureModel(), join(folder, "cls.onnx"));
for (const name of ["cls.calibration.cache", "validation.npz"]) cpSync(join(fixtures, name), join(folder, name));
mkdirSync(join(folder, ".github"));
writeFileSync(
  join(folder, ".github/trt-gate.yml"),
  "version: 1\nmodels:\n  - path: cls.onnx\n    shapes: {x: [1, 3, 48, 192]}\n    quantization: {cache: cls.calibration.cache}\n    validation: {data: validation.npz}\n    tolerance: {sqnr-db: {fail: 22}}\n",
);
git("init", "-q");
git("add", "-A");
git("commit", "-qm", "first");
writeFileSync(join(folder, "notes.txt"), "nothing that a model depends on\n");
git("add", "-A");
git("commit", "-qm", "second");

const gate = [join(root, "dist/cli.js"), "check", "--lane", "simulate", "--report-dir", join(folder, "report")];
const cases: readonly { readonly name: string; readonly args: readonly string[]; readonly exit: number; readonly target: string }[] = [
  { name: "bare node", args: ["-e", "0"], exit: 0, target: "" },
  { name: "no model changed", args: [...gate, "--changed-since", "HEAD^"], exit: 0, target: "under 0.6 s" },
  { name: "classifier, verdict", args: [...gate, "--changed-only", "false", "--search", "off"], exit: 1, target: "under 5 s" },
  { name: "classifier, with search and fix", args: [...gate, "--changed-only", "false"], exit: 1, target: "under 15 s" },
];

const seconds = new Map<string, number[]>();
for (let round = 0; round <= rounds; round++) {
  for (const { name, args, exit } of cases) {
    rmSync(join(folder, "report"), { recursive: true, force: true });
    const startMs = performance.now();
    const run = spawnSync(process.execPath, [...args], {
      cwd: folder,
      encoding: "utf8",
      env: { PATH: process.env.PATH, HOME: process.env.HOME },
    });
    if (run.status !== exit) throw new Error(`${name} ended with ${run.status}: ${run.stderr}`);
    // The first round warms the file cache and does not count.
    if (round > 0) seconds.set(name, [...(seconds.get(name) ?? []), (performance.now() - startMs) / 1000]);
  }
}
rmSync(folder, { recursive: true, force: true });

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const bare = median(seconds.get("bare node") ?? []);
console.log(`| case | median of ${rounds} | least | times a bare start | target |\n|---|---|---|---|---|`);
for (const { name, target } of cases) {
  const values = seconds.get(name) ?? [];
  console.log(
    `| ${name} | ${median(values).toFixed(2)} s | ${Math.min(...values).toFixed(2)} s | ${(median(values) / bare).toFixed(1)} | ${target} |`,
  );
}
