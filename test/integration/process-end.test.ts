/** How the command's process ends when something goes wrong that no command expects. Errors are brought about by a module loaded beside it. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpz } from "../../src/formats/write-npz.ts";
import { oldestNode, refusalOfNode } from "../../src/node-version.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "process-end-"));
  const array = (values: readonly number[]) =>
    writeNpz([{ name: "y", dtype: "float32", shape: [1, values.length], data: Float32Array.from(values) }]);
  writeFileSync(join(folder, "a.npz"), array([1, 2, 3, 4]));
  writeFileSync(join(folder, "b.npz"), array([4, 3, 2, 1]));
  mkdirSync(join(folder, "temp"));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** `beside`: source of a module that is loaded before the command. */
function run(line: string, beside = ""): { status: number | null; stdout: string; stderr: string } {
  writeFileSync(join(folder, "beside.mjs"), beside);
  const { status, stdout, stderr } = spawnSync("/bin/sh", ["-c", `"${process.execPath}" --import ./beside.mjs "${cli}" ${line}`], {
    cwd: folder,
    encoding: "utf8",
    env: { PATH: process.env.PATH, TMPDIR: join(folder, "temp") },
    // Nothing else would end a process that hangs: the test's own limit waits for this call.
    timeout: 60_000,
    killSignal: "SIGKILL",
  });
  return { status, stdout, stderr };
}

/** As soon as the command listens for it. */
const later = (what: string) =>
  `const wait = setInterval(() => { if (process.listenerCount("uncaughtException") > 0) { clearInterval(wait); ${what} } }, 1);`;

describe("an error that nobody caught", () => {
  it.each([
    ["thrown", `throw new TypeError("x of undefined");`],
    ["rejected", `Promise.reject(new TypeError("x of undefined"));`],
    ["rejected with a text", `Promise.reject("x of undefined");`],
  ])("%s, is a bug of the gate: exit 5 with its stack, never 1, and nothing stays behind", (_, what) => {
    const { status, stderr } = run("compare a.npz a.npz", later(what));
    expect(stderr).toContain("This is a bug in the gate; please report it with these lines.\n");
    expect(stderr).toContain("x of undefined");
    expect(status).toBe(5);
    expect(readdirSync(join(folder, "temp"))).toEqual([]);
  });
});

describe.runIf(existsSync("/dev/full"))("a full standard output", () => {
  it("is exit 4 for a comparison that passes: nobody has read the pass", () => {
    const { status, stderr } = run("compare a.npz a.npz >/dev/full");
    expect(stderr).toMatch(/could not be written to standard output \(.*ENOSPC.*\)\. Free space/);
    expect(status).toBe(4);
  });

  it("leaves a regression what it is", () => {
    expect(run("compare a.npz b.npz >/dev/full").status).toBe(1);
  });

  it("is exit 4 for a page that only had to be printed", () => {
    expect(run("--help >/dev/full").status).toBe(4);
  });

  it("of errors is no reason to fail", () => {
    expect(run("compare a.npz a.npz 2>/dev/full").status).toBe(0);
  });
});

describe("an old Node", () => {
  it("is refused with one sentence and exit 2, before anything that it could not read", () => {
    const old = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "20.20.2" } });`;
    const { status, stdout, stderr } = run("compare a.npz a.npz", old);
    expect({ status, stdout }).toEqual({ status: 2, stdout: "" });
    expect(stderr).toMatch(/^error: trt-gate needs Node 22\.12 or newer and this is Node 20\.20\.2: install a newer one.*\n$/);
  });

  it("is what package.json says, and no other is refused", () => {
    const { engines }: { engines: { node: string } } = JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8"));
    expect(engines.node).toBe(`>=${oldestNode}`);
    for (const version of ["22.12.0", "22.13.1", "23.0.0", "24.21.0", "100.0.0"])
      expect(refusalOfNode(version, []), version).toBeUndefined();
    for (const version of ["0.12.18", "8.17.0", "21.7.3", "22.0.0", "22.11.9"])
      expect(refusalOfNode(version, []), version).toContain(version);
    // To be pasted as it stands.
    expect(refusalOfNode("20.19.0", ["/opt/gate/dist/cli.js", "check", "it's.onnx"])).toMatch(
      /run npm exec --yes --package=node@24 -- node \/opt\/gate\/dist\/cli\.js check 'it'\\''s\.onnx'$/,
    );
  });
});
