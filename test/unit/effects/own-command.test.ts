import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { specs } from "../../../src/commands/specs.ts";
import { asTyped, fromHere, ownCommand } from "../../../src/effects/own-command.ts";

let root: string;
const at = (path: string) => join(root, path);
const linked = (path: string): string => {
  mkdirSync(join(at(path), ".."), { recursive: true });
  symlinkSync(at("clone/dist/cli.js"), at(path));
  return at(path);
};
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), "own-command-"));
  for (const folder of ["clone/dist", "work", "node/bin"]) mkdirSync(at(folder), { recursive: true });
  for (const file of ["clone/dist/cli.js", "node/bin/node"]) {
    writeFileSync(at(file), "");
    chmodSync(at(file), 0o755);
  }
});
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** The environment of npm 11, read off a program that it started in each of the ways. */
const npm = (more: Readonly<Record<string, string>>) => ({ PATH: "/usr/bin", ...more });

describe("how the user called the gate", () => {
  it("is the name where the PATH leads to it, and node with the script where it does not", () => {
    const script = linked("global/bin/trt-gate");
    const call = { script, node: at("node/bin/node"), cwd: at("work") };
    expect(ownCommand({ ...call, env: { PATH: `${at("node/bin")}:${at("global/bin")}` } })).toEqual(["trt-gate"]);
    expect(ownCommand({ ...call, env: { PATH: at("node/bin") } })).toEqual(["node", script]);
  });

  it("is node with the script's path, and that very node where the PATH has another or none", () => {
    const call = { script: at("clone/dist/cli.js"), node: at("node/bin/node"), cwd: at("work") };
    expect(ownCommand({ ...call, env: { PATH: at("node/bin") } })).toEqual(["node", at("clone/dist/cli.js")]);
    expect(ownCommand({ ...call, env: { PATH: "/usr/bin" } })).toEqual([at("node/bin/node"), at("clone/dist/cli.js")]);
    expect(ownCommand({ ...call, env: {} })[0]).toBe(at("node/bin/node"));
    expect(ownCommand({ ...call, cwd: at("clone"), env: { PATH: at("node/bin") } })).toEqual(["node", "dist/cli.js"]);
  });

  it("is npx of a package that is installed, and of the one that npx was told", () => {
    const own = { script: linked("work/node_modules/.bin/trt-gate"), node: at("node/bin/node"), cwd: at("work") };
    expect(ownCommand({ ...own, env: npm({ npm_command: "exec" }) })).toEqual(["npx", "--no", "trt-gate"]);
    expect(ownCommand({ ...own, env: npm({ npm_command: "run" }) })).toEqual(["npx", "--no", "trt-gate"]);
    const fetched = { ...own, script: linked("home/.npm/_npx/89/node_modules/.bin/trt-gate") };
    const told = npm({ npm_command: "exec", npm_config_package: "/tmp/gate.tgz" });
    expect(ownCommand({ ...fetched, env: told })).toEqual(["npx", "--package=/tmp/gate.tgz", "trt-gate"]);
    // `npx /tmp/gate.tgz` leaves no word of what it ran.
    expect(ownCommand({ ...fetched, env: npm({ npm_command: "exec" }) }).at(-1)).toContain("_npx/89/node_modules/.bin/trt-gate");
  });
});

describe("a line as the reader types it", () => {
  it("has the called form before every subcommand, and the report where it lies", () => {
    for (const { name } of specs) expect(asTyped(`Run "trt-gate ${name}".`, { command: "node g.js" })).toBe(`Run "node g.js ${name}".`);
    const text = "`trt-gate fix report.json --keep N` makes it; trt-gate cache check a.cache m.onnx";
    expect(asTyped(text, { report: "out/report.json" })).toBe(text.replace("report.json", "out/report.json"));
    expect(asTyped(text, { command: "npx --no trt-gate", report: "$&/report.json" })).toBe(
      "`npx --no trt-gate fix $&/report.json --keep N` makes it; npx --no trt-gate cache check a.cache m.onnx",
    );
  });

  it("names what lies in the working folder from there, and touches no other path", () => {
    const text = "Wrote /w/k/a.json, '/w/k/b c' (/w/k/). /mnt/w/k/a, file:///w/k/a.js, /w/kk/a, /w/k and at (/w/k/src/x.ts:3:1)";
    expect(asTyped(text, { cwd: "/w/k" })).toBe(
      "Wrote a.json, 'b c' (/w/k/). /mnt/w/k/a, file:///w/k/a.js, /w/kk/a, /w/k and at (src/x.ts:3:1)",
    );
    expect(asTyped(text, { cwd: "/" })).toBe(text);
  });

  it("leaves names alone", () => {
    for (const text of [
      "trt-gate 0.1.0",
      "trt-gate needs Node 22",
      "trt-gate-report/fix",
      ".github/trt-gate.yml",
      "my.trt-gate check",
      "trt-gate checks",
      "made up by trt-gate inputs",
      "as trt-gate compare does",
    ])
      expect(asTyped(text, { command: "node g.js" })).toBe(text);
  });
});

it("names a path below the working folder from there, and any other whole", () => {
  expect(fromHere("/a/b/c.json", "/a/b")).toBe("c.json");
  expect(fromHere("/a/b", "/a/b")).toBe(".");
  expect(fromHere("/data/x.json", "/data/b")).toBe("/data/x.json");
  expect(fromHere("/data", "/data/b")).toBe("/data");
  expect(fromHere("/x.json", "/a/b/c")).toBe("/x.json");
  expect(fromHere("here.json", "/a")).toBe("here.json");
  expect(fromHere("/a/..b/c", "/a")).toBe("..b/c");
});
