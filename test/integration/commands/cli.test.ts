import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, it } from "vitest";
import { loaders } from "../../../src/commands/registry.ts";
import { specs } from "../../../src/commands/specs.ts";
import { version } from "../../../src/version.ts";

const cli = fileURLToPath(new URL("../../../src/cli.ts", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-cli-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const run = (...argv: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, ...argv], {
    cwd,
    encoding: "utf8",
    env: { PATH: process.env.PATH },
  });
  return { status, stdout, stderr };
};

describe("the command", () => {
  it("prints results to stdout alone", () => {
    expect(run("--version")).toEqual({ status: 0, stdout: `${version}\n`, stderr: "" });
    expect(run("help", "fix")).toMatchObject({
      status: 0,
      stderr: "",
      // As it was called here: no `trt-gate` is on the PATH.
      stdout: expect.stringMatching(/^usage: \S+ \S*src\/cli\.ts fix REPORT \[FLAGS\]$/m),
    });
  });

  it("prints problems to stderr alone, exits 2 and writes nothing", () => {
    expect(run("compare", "a", "b", "--tolerence=1", "--threads=x")).toEqual({
      status: 2,
      stdout: "",
      stderr:
        'error: "--tolerence" is no flag of this command; did you mean "--tolerance"? See --help.\nerror: --threads is "x"; write a number.\n',
    });
    expect(run().status).toBe(2);
    expect(readdirSync(cwd)).toEqual([]);
  });

  it("ends quietly when its reader goes away", async () => {
    const child = spawn(process.execPath, [cli, "check", "--help"], { cwd, stdio: ["ignore", "pipe", "pipe"] });
    child.stdout.destroy();
    const errors: string[] = [];
    child.stderr.on("data", (chunk) => errors.push(String(chunk)));
    const status = await new Promise((done) => child.on("close", done));
    expect([status, errors.join("")]).toEqual([0, ""]);
  });
});

describe("the registry", () => {
  it("has a file for every command of the table, and no other", () => {
    expect(Object.keys(loaders).toSorted()).toEqual(specs.map(({ name }) => name).toSorted());
  });

  it.each(Object.entries(loaders))("loads a run function for %s", async (_, load) => {
    expect(await load()).toMatchObject({ run: expect.any(Function) });
  });
});
