/**
 * Start to verdict, whole processes of the committed dist/, alternating: nothing to do, the classifier's verdict, the verdict with its search,
 * each beside a bare start of Node. Usage: node bench/start.ts [ROUNDS] [--against FOLDER]; FOLDER: the dist/ of another commit (`git archive COMMIT dist`
 * with node_modules beside it), which then runs in turns with ours. Processor time needs GNU time; it wanders less than the clock on a busy machine.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { placeFixtureModel } from "../scripts/fixture-model.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const { values: flags, positionals } = parseArgs({ options: { against: { type: "string" } }, allowPositionals: true });
const rounds = Number(positionals[0] ?? 5);
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

const builds = [
  { build: "ours", dist: join(root, "dist") },
  ...(flags.against === undefined ? [] : [{ build: "against", dist: resolve(flags.against) }]),
];
const check = ["check", "--lane", "simulate", "--report-dir", join(folder, "report")];
const cases: readonly { readonly name: string; readonly words: readonly string[]; readonly exit: number; readonly target: string }[] = [
  { name: "bare node", words: [], exit: 0, target: "" },
  { name: "no model changed", words: [...check, "--changed-since", "HEAD^"], exit: 0, target: "under 0.6 s" },
  { name: "classifier, verdict", words: [...check, "--changed-only", "false", "--search", "off"], exit: 1, target: "under 5 s" },
  { name: "classifier, with search and fix", words: [...check, "--changed-only", "false"], exit: 1, target: "under 15 s" },
];

interface Taken {
  readonly wall: number[];
  readonly processor: number[];
}

const taken = new Map<string, Taken>();
for (let round = 0; round <= rounds; round++) {
  for (const { name, words, exit } of cases) {
    for (const { build, dist } of round % 2 === 0 ? builds : builds.toReversed()) {
      rmSync(join(folder, "report"), { recursive: true, force: true });
      const args = words.length === 0 ? ["-e", "0"] : [join(dist, "cli.js"), ...words];
      const { status, stderr, wall, processor } = timed([process.execPath, ...args]);
      if (status !== exit) throw new Error(`${name} (${build}) ended with ${status}: ${stderr}`);
      // The first round warms the file cache and does not count.
      if (round === 0) continue;
      const known = taken.get(`${name} ${build}`) ?? { wall: [], processor: [] };
      known.wall.push(wall);
      known.processor.push(processor);
      taken.set(`${name} ${build}`, known);
    }
  }
}
const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const of = (name: string, build: string): Taken => taken.get(`${name} ${build}`) ?? { wall: [], processor: [] };
const bare = median(of("bare node", "ours").wall);
console.log(`| case | build | median of ${rounds} | least | times a bare start | processor time | target |\n|---|---|---|---|---|---|---|`);
for (const { name, target } of cases) {
  for (const { build } of builds) {
    const { wall, processor } = of(name, build);
    const figures = [median(wall), Math.min(...wall)].map((seconds) => `${seconds.toFixed(2)} s`).join(" | ");
    console.log(
      `| ${name} | ${build} | ${figures} | ${(median(wall) / bare).toFixed(1)} | ${median(processor).toFixed(2)} s | ${target} |`,
    );
  }
}
if (flags.against !== undefined)
  for (const { name } of cases.slice(1)) {
    const ratio = (kind: keyof Taken) => (median(of(name, "ours")[kind]) / median(of(name, "against")[kind])).toFixed(2);
    console.log(`${name}: ${ratio("wall")} times the other build's time, ${ratio("processor")} times its processor time`);
  }
rmSync(folder, { recursive: true, force: true });

/** Seconds by the clock, and of the processor with all children; NaN where there is no GNU time. */
function timed([file = "", ...args]: readonly string[]) {
  const place = join(folder, ".git", "time");
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const startMs = performance.now();
  const run = spawnSync("/usr/bin/time", ["-f", "%U %S", "-o", place, file, ...args], { cwd: folder, encoding: "utf8", env });
  const counted = run.error === undefined ? run : spawnSync(file, args, { cwd: folder, encoding: "utf8", env });
  const wall = (performance.now() - startMs) / 1000;
  const [user = Number.NaN, system = Number.NaN] =
    run.error === undefined ? (readFileSync(place, "utf8").trim().split("\n").at(-1) ?? "").split(" ").map(Number) : [];
  return { status: counted.status, stderr: counted.stderr, wall, processor: user + system };
}
