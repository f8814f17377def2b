/** The tarball of `npm pack`: holds what the command needs and nothing else, runs where it is unpacked, and where npm installs it, on each Node that it claims. */
import { spawnSync } from "node:child_process";
import { cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join, posix } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { oldestNode } from "../../src/node-version.ts";
import { describeWithRegistry } from "../support/needs.ts";
import { nodeBin, npmEnv } from "../support/node-versions.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-packed-"));
const clone = join(work, "clone");
/** As npm lays it out in an empty folder. */
const installed = join(work, "project/node_modules/trt-accuracy-gate");
const manifest: { version: string; bin: Record<string, string>; dependencies: Record<string, string> } = JSON.parse(
  readFileSync(join(root, "package.json"), "utf8"),
);

const run = (file: string, args: readonly string[], cwd: string) =>
  spawnSync(file, args, { cwd, encoding: "utf8", env: { PATH: process.env.PATH, HOME: process.env.HOME } });

/** Files of the repository below these paths that git does not ignore. */
const tracked = (...paths: readonly string[]): string[] =>
  run("git", ["ls-files", "-co", "--exclude-standard", ...paths], root)
    .stdout.split("\n")
    .filter((path) => path !== "" && existsSync(join(root, path)))
    .toSorted();

const needed = tracked("dist", "python", "runtime", "schema", "action.yml", "package.json", "LICENSE", "README.md", "CHANGELOG.md");
/** What work in a clone leaves behind. */
const litter = ["python/__pycache__/worker.cpython-312.pyc", "trt-gate-report/report.json", ".env"];
let packed: readonly string[] = [];
let tarball = "";

beforeAll(() => {
  for (const path of [...needed, ...tracked("docs", "scripts", "examples/classifier")]) cpSync(join(root, path), join(clone, path));
  for (const path of litter) {
    mkdirSync(dirname(join(clone, path)), { recursive: true });
    writeFileSync(join(clone, path), "left behind\n");
  }
  const pack = run("npm", ["pack", "--json", "--pack-destination", work], clone);
  expect(pack.status, pack.stderr).toBe(0);
  const [made]: { filename: string; files: { path: string }[] }[] = JSON.parse(pack.stdout);
  packed = (made?.files ?? []).map(({ path }) => path).toSorted();
  tarball = join(work, made?.filename ?? "");
  mkdirSync(installed, { recursive: true });
  expect(run("tar", ["-xzf", tarball, "--strip-components=1", "-C", installed], work).status).toBe(0);
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

/** Gives the folder of the example. */
function copyExample(into: string): string {
  for (const path of tracked("examples/classifier")) cpSync(join(root, path), join(into, path.slice("examples/".length)));
  return join(into, "classifier");
}

describe("the packed command", () => {
  it("holds what it needs and nothing else", () => {
    expect(packed).toEqual(needed);
    expect(packed).toEqual(expect.arrayContaining(["dist/cli.js", "python/worker.py", "runtime/package-lock.json", "action.yml"]));
    expect(packed).toEqual(expect.arrayContaining(Object.values(manifest.bin)));
  });

  it("imports only its own files, Node and what it declares", () => {
    const imports = globSync("dist/**/*.js", { cwd: installed }).flatMap((file) =>
      [...readFileSync(join(installed, file), "utf8").matchAll(/(?:\bfrom|\bimport\(?)["'`](\.{0,2}[\w@/:.-]+)["'`]/g)].map(
        ([, target = ""]) => (target.startsWith(".") ? posix.join(posix.dirname(file), target) : target),
      ),
    );
    const known = new Set([
      ...packed,
      ...Object.keys(manifest.dependencies),
      ...builtinModules,
      ...builtinModules.map((one) => `node:${one}`),
    ]);
    expect(imports.filter((target) => target.startsWith("dist/")).length).toBeGreaterThan(50);
    expect([...new Set(imports)].filter((target) => !known.has(target))).toEqual([]);
  });

  it("runs where it is unpacked, with ONNX Runtime beside it", () => {
    symlinkSync(join(root, "node_modules/onnxruntime-node"), join(dirname(installed), "onnxruntime-node"));
    const example = copyExample(join(work, "project"));
    const gate = (...args: readonly string[]) => run(process.execPath, [join(installed, manifest.bin["trt-gate"] ?? ""), ...args], example);
    expect(gate("--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const checked = gate("check", "--config", "gate.yml", "--lane", "simulate");
    expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    expect(checked.stdout).toContain("within limits");
  });
});

const oldest = `${oldestNode}.0`;
const [last22, last20] = ["22.23.5", "20.20.2"];

describeWithRegistry([oldest, last22, last20])("the packed command in an empty folder, installed as the README says", () => {
  const pathOf = (version: string): string => (version === process.versions.node ? dirname(process.execPath) : nodeBin(version));
  const runOn = (version: string, cwd: string, file: string, ...args: readonly string[]) =>
    spawnSync(file, args, { cwd, encoding: "utf8", env: npmEnv(`${pathOf(version)}:${process.env.PATH}`), timeout: 100_000 });

  /** By the npm of the PATH, which that version of Node runs. */
  function install(version: string): string {
    const folder = mkdtempSync(join(work, `on-${version}-`));
    const done = runOn(version, folder, "npm", "install", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", tarball);
    expect(done.status, done.stdout + done.stderr).toBe(0);
    return folder;
  }

  it.each([oldest, last22, process.versions.node])("runs on Node %s", (version) => {
    const folder = install(version);
    const gate = join(folder, "node_modules/.bin/trt-gate");
    expect(runOn(version, folder, "node", "--version").stdout).toBe(`v${version}\n`);
    expect(runOn(version, folder, gate, "--version")).toMatchObject({ status: 0, stdout: `${manifest.version}\n`, stderr: "" });
    const checked = runOn(version, copyExample(folder), gate, "check", "--config", "gate.yml", "--lane", "simulate");
    expect(checked.status, checked.stdout + checked.stderr).toBe(0);
    expect(checked.stdout).toContain("within limits");
  });

  it("is installed by the README's own line in a clone, onto the PATH", () => {
    const [, line = ""] = /^\$ (npm install --global .+?) +#/m.exec(readFileSync(join(root, "README.md"), "utf8")) ?? [];
    const prefix = join(work, "global");
    const env = { ...npmEnv(`${prefix}/bin:${dirname(process.execPath)}:${process.env.PATH}`), npm_config_prefix: prefix };
    const shell = (command: string, cwd: string) =>
      spawnSync("bash", ["-e", "-c", command], { cwd, encoding: "utf8", env, timeout: 100_000 });
    const done = shell(line, clone);
    expect(done.status, line + done.stdout + done.stderr).toBe(0);
    expect(shell("command -v trt-gate && trt-gate --version", work).stdout).toBe(`${prefix}/bin/trt-gate\n${manifest.version}\n`);
  });

  it("says in one sentence on Node 20 which one it needs", () => {
    const refused = runOn(last20, work, "node", join(installed, manifest.bin["trt-gate"] ?? ""), "check", "model.onnx");
    expect(refused).toMatchObject({ status: 2, stdout: "" });
    expect(refused.stderr).toMatch(new RegExp(`^error: trt-gate needs Node ${oldestNode} or newer and this is Node ${last20}: [^\n]+\n$`));
  });
});
