/** Faults of the gate itself and of the process that it runs in: the command as a user starts it, an error that nobody caught at each of its stages. */
import { spawnSync } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { pathToFileURL } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { startPool } from "../../src/compare/worker-pool.ts";
import { reportSchema } from "../../src/report/schema.ts";
import { useBundle } from "./bundle.ts";
import { config, soundConfig, type Workplace, workplace } from "./workplace.ts";

const bundle = useBundle();
let place: Workplace;
beforeEach(async () => {
  place = await workplace();
  mkdirSync(place.at("temp"));
});
afterEach(() => place.end());

const check = "check --lane simulate --search always --changed-only false";
/** Through a shell; `beside`: source of a module that is loaded before the command. */
function run(line: string, beside = "") {
  writeFileSync(place.at("beside.mjs"), beside);
  const env = { PATH: process.env.PATH, TMPDIR: place.at("temp") };
  const words = `"${process.execPath}" --import ./beside.mjs "${bundle.folder}/cli.js" ${line}`;
  return spawnSync("/bin/sh", ["-c", words], { cwd: place.effects.cwd, encoding: "utf8", env });
}
const report = () => reportSchema.parse(JSON.parse(readFileSync(place.at("trt-gate-report/report.json"), "utf8")));

/** As soon as the log says so, in a turn of its own: no caller is there to catch it. */
const uncaughtAt = (words: string, how: string) => `
const write = process.stderr.write.bind(process.stderr);
let seen = false;
process.stderr.write = (text, ...more) => {
  if (!seen && String(text).includes(${JSON.stringify(words)})) { seen = true; setImmediate(() => { ${how} }); }
  return write(text, ...more);
};`;

describe("an error that nobody caught", () => {
  const stages = ["model to check", "m: prepare", "calibrating", "m: compare", "m: search", "m: builder-check"];
  it.each([
    ["uncaught rejection at any stage", `Promise.reject(new TypeError("x of undefined"))`],
    ["uncaught error at any stage", `throw new TypeError("x of undefined")`],
  ])("%s", (_, how) => {
    for (const stage of stages) {
      const { status, stderr } = run(check, uncaughtAt(stage, how));
      expect(stderr, stage).toContain("This is a bug in the gate; please report it with these lines.\n");
      expect(stderr, stage).toContain("TypeError: x of undefined");
      expect(status, `${stage}: ${stderr}`).toBe(5);
      expect(readdirSync(place.at("temp")), stage).toEqual([]);
      if (stage === "model to check") continue;
      const left = report();
      expect({ complete: left.complete, verdict: left.verdict }, stage).toEqual({ complete: false, verdict: "undecided" });
      expect(["unfinished", "cancelled", "within-limits"], stage).toContain(left.models[0]?.reason);
    }
    expect(run(check).status).toBe(0);
    expect(report()).toMatchObject({ complete: true, verdict: "pass" });
  });
});

it("full standard output", () => {
  for (const [line, code] of [
    [`${check} >/dev/full`, 4],
    [`${check} --json >/dev/full`, 4],
    ["compare data/validation.npz data/validation.npz >/dev/full", 4],
    ["compare data/validation.npz data/calibration.npz >/dev/full", 4],
    ["inspect models/m.onnx >/dev/full", 4],
    ["--help >/dev/full", 4],
  ] as const) {
    const { status, stderr } = run(line);
    expect(stderr, line).toMatch(/could not be written to standard output \(.*ENOSPC.*\)\. Free space/);
    expect(status, line).toBe(code);
  }
  writeFileSync(place.at(config), soundConfig.replace("100000", "1e-9"));
  expect(run(`${check} >/dev/full`).status).toBe(1);
});

it("standard output that is closed, or whose reader went away", () => {
  for (const line of [`${check} | true`, `${check} --json | head -c 10`]) expect(run(line).stderr, line).not.toContain("bug in the gate");
  const { status, stderr } = run(`${check} >&-`);
  expect(stderr).not.toContain("bug in the gate");
  expect([0, 4]).toContain(status);
});

it("old Node", () => {
  const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`;
  for (const line of [check, "compare a b", "--version"]) {
    const { status, stdout, stderr } = run(line, old);
    expect({ status, stdout }, line).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: trt-gate needs Node 22\.12 or newer and this is Node 20\.20\.2: install a newer one.*\n$/);
  }
});

it("share lost in merge", () => {
  expect(run(`${check} --report-dir shares/one`).status).toBe(0);
  const all = run(`merge shares/one/report.json --expect m -o out/report.json`);
  expect(all.status, all.stderr).toBe(0);
  for (const expected of ["--expect m --expect other", "--expect other", "--expect shares", `--expect '["m","other"]'`]) {
    const { status, stdout } = run(`merge shares/one/report.json ${expected} -o out/report.json --json`);
    expect(status, expected).toBe(4);
    const merged = JSON.parse(stdout);
    expect(merged, expected).toMatchObject({ verdict: "undecided", exitCode: 4 });
    expect(JSON.stringify(merged.models), expected).toContain("share-missing");
  }
  for (const [name, text] of [
    ["cut", '{"schemaVersion": 1, "models": ['],
    ["empty", ""],
  ]) {
    writeFileSync(place.at(`${name}.json`), text ?? "");
    expect(run(`merge shares/one/report.json ${name}.json --expect m -o out/report.json`).status, name).toBe(4);
  }
});

it("report folder that is used again", () => {
  writeFileSync(place.at(config), soundConfig.replace("{max-abs: {fail: 100000}}", "{sqnr-db: {fail: 15}}"));
  expect(run(check).status).toBe(1);
  const files = () => readdirSync(place.at("trt-gate-report"), { recursive: true, encoding: "utf8" });
  expect(files().some((name) => name.startsWith("fix/"))).toBe(true);
  writeFileSync(place.at(config), soundConfig);
  expect(run(check.replace("always", "off")).status).toBe(0);
  expect(files().filter((name) => name.startsWith("fix"))).toEqual([]);
  for (const name of ["report.html", "comment.md"])
    expect(readFileSync(place.at(`trt-gate-report/${name}`), "utf8")).not.toContain("Do not merge");
  writeFileSync(place.at(config), "version: 1\nmodels: 7\n");
  expect(run(check).status).toBe(2);
  expect(files().filter((name) => !name.startsWith("journal"))).toEqual([]);
});

it("error of the gate in one model of several", () => {
  const entry = soundConfig.split("\n").slice(2).join("\n");
  writeFileSync(place.at(config), `${soundConfig}${entry.replace("name: m", "name: n")}${entry.replace("name: m", "name: o")}`);
  // What no code of ours expects: a clock that throws, once, while the second model is compared.
  const beside = `
const write = process.stderr.write.bind(process.stderr);
let armed = false;
process.stderr.write = (text, ...more) => { if (String(text).includes("n: compare")) armed = true; return write(text, ...more); };
const now = performance.now.bind(performance);
performance.now = () => { if (armed) { armed = false; throw new TypeError("the clock is broken"); } return now(); };`;
  const { status, stderr } = run(check.replace("always", "off"), beside);
  expect(status, stderr).toBe(5);
  expect(stderr.match(/This is a bug in the gate/g)).toHaveLength(1);
  expect(report().models.map(({ name, verdict, reason }) => [name, verdict, reason])).toEqual([
    ["m", "pass", "within-limits"],
    ["n", "undecided", "internal"],
    ["o", "pass", "within-limits"],
  ]);
  expect(report()).toMatchObject({ complete: true, verdict: "undecided", exitCode: 5 });
  expect(readdirSync(place.at("temp"))).toEqual([]);
});

it("share's name further up another's path", () => {
  expect(run(`${check} --report-dir one/two`).status).toBe(0);
  const { status, stdout } = run("merge one/two/report.json --expect m --expect one -o out/report.json --json");
  expect(JSON.parse(stdout)).toMatchObject({ verdict: "undecided", exitCode: 4 });
  expect(stdout).toContain("share-missing");
  expect(status).toBe(4);
});

/** Every look at the calendar finds another year, before or behind. */
const jumping = `
const Real = Date;
let looks = 0;
const now = () => Real.now() + (++looks % 2 ? 1 : -1) * 400 * 86400000;
globalThis.Date = class extends Real {
  constructor(...words) { super(...(words.length ? words : [now()])); }
  static now() { return now(); }
};`;

it("clock that jumps", () => {
  const { status, stderr } = run(`${check} --timeout-minutes 1`, jumping);
  expect(status, stderr).toBe(0);
  const left = report();
  expect(left).toMatchObject({ complete: true, verdict: "pass", models: [{ reason: "within-limits" }] });
  expect(left.seconds, stderr).toBeGreaterThan(0);
  expect(left.seconds).toBeLessThan(60);
  expect(Math.abs(Date.parse(left.environment.createdAt) - Date.now())).toBeGreaterThan(300 * 86_400_000);
});

it("report that does not fit its schema", () => {
  // A clock that gives no number any more: no field of a report may hold its times.
  const beside = `
const write = process.stderr.write.bind(process.stderr);
const now = performance.now.bind(performance);
let armed = false;
process.stderr.write = (text, ...more) => { if (String(text).includes("m: compare")) armed = true; return write(text, ...more); };
performance.now = () => (armed ? Number.NaN : now());`;
  const { status, stderr } = run(check.replace("always", "off"), beside);
  expect(stderr).toContain("This is a bug in the gate");
  expect(status, stderr).toBe(5);
  const left = JSON.parse(readFileSync(place.at("trt-gate-report/report.invalid.json"), "utf8"));
  expect(left).toMatchObject({ models: [{ name: "m" }] });
  expect(report()).toMatchObject({ complete: false, verdict: "undecided" });
});

it("comparison thread that fails between two jobs", async () => {
  const thread = place.at("thread.mjs");
  writeFileSync(thread, `setTimeout(() => { throw new Error("lost its mind") }, 10);`);
  const idle = startPool(2, place.effects.files, pathToFileURL(thread));
  const asked = () =>
    idle.open("x.json").then(
      () => "answered",
      (error: Error) => error.message,
    );
  await expect.poll(asked).toContain("lost its mind");
  await idle.close();
});
