/** What a machine and a folder have, and what to do next: the last lines are commands to run. */
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const work = mkdtempSync(join(tmpdir(), "trt-gate-doctor-"));
const noTools = join(work, "bin");
beforeAll(() => {
  mkdirSync(noTools);
  symlinkSync(process.execPath, join(noTools, "node"));
});
afterAll(() => rmSync(work, { recursive: true, force: true }));

function doctor(cwd: string, PATH = process.env.PATH, ...words: string[]) {
  const { stdout, stderr, status } = spawnSync(process.execPath, [join(root, "src/cli.ts"), "doctor", ...words], {
    cwd,
    encoding: "utf8",
    env: { PATH, HOME: process.env.HOME },
    timeout: 120_000,
  });
  expect(stderr).toBe("");
  // The command as it was called here.
  return { status, text: stdout.replaceAll(/^( {4})\S*node \S*cli\.ts /gm, "$1trt-gate ") };
}

function repository(name: string, config?: string): string {
  const cwd = join(work, name);
  mkdirSync(join(cwd, ".github"), { recursive: true });
  copyFileSync(join(root, "examples/classifier/model.onnx"), join(cwd, "model.onnx"));
  if (config !== undefined) writeFileSync(join(cwd, ".github/trt-gate.yml"), config);
  return cwd;
}

const configOf = (text: string) => text.slice(text.indexOf("\nconfiguration ") + "\nconfiguration ".length);
const sound = "version: 1\nmodels: [{path: model.onnx, quantization: {data: c.npy}, validation: {random: {seed: 0, samples: 8}}}]\n";

describe("trt-gate doctor", () => {
  it("ends with init, or a check without a configuration, in a bare folder", () => {
    const { status, text } = doctor(repository("bare"));
    expect(status).toBe(0);
    expect(text).toMatch(/^Node +\d+\.\d+\.\d+\ngit +\d+\.\d+/);
    expect(configOf(text)).toBe(
      "none here\n\nNext:\n  write a configuration for the models below this folder\n    trt-gate init\n  or judge one model without a configuration\n    trt-gate check MODEL --cache FILE --validation FILE\n",
    );
  });

  it("finds the configuration of a repository, and says what is wrong with one", () => {
    writeFileSync(join(repository("sound", sound), "c.npy"), "");
    expect(configOf(doctor(join(work, "sound")).text)).toBe(
      ".github/trt-gate.yml: 1 model\n\nNext:\n  check the models\n    trt-gate check\n",
    );
    const broken = doctor(repository("broken", sound.replace("path: model.onnx", "path: gone.onnx")));
    expect(configOf(broken.text)).toMatch(
      /^\.github\/trt-gate\.yml: \d problems?\n {2}\.github\/trt-gate\.yml:2: the model "gone\.onnx" is not there\.\n {2}\.github\/trt-gate\.yml:2: the calibration data "c\.npy" is not there\.\n\nNext:\n {2}correct \.github\/trt-gate\.yml, then\n {4}trt-gate check\n$/,
    );
    expect(doctor(join(work, "broken"), undefined, "--config", "elsewhere.yml").text).toContain("configuration none here");
    const empty = doctor(repository("empty", "version: 1\nmodels: []\n"));
    expect(empty.text).toMatch(/Next:\n {2}name a model in \.github\/trt-gate\.yml, then\n {4}trt-gate check\n$/);
  });

  it("says without Python, git and GPU that simulate works, and of what is missing what it is for", () => {
    const { status, text } = doctor(repository("no-tools"), noTools);
    expect(status).toBe(0);
    expect(text).toMatch(/^git +none$/m);
    expect(text).toMatch(/^Python +none$/m);
    expect(text).toMatch(/^lane simulate {2}works: ONNX Runtime/m);
    expect(text).toContain(
      "  the Python interpreter 'python3' (only for the TensorRT lanes)\n    sudo apt-get install python3 python3-pip\n",
    );
    expect(text).toMatch(/\nNext:\n {2}.+\n {4}trt-gate init\n/);
  });

  it("looks at the interpreter that it is told to ask", () => {
    const json = JSON.parse(doctor(repository("asked"), undefined, "--python", "nowhere/python", "--json").text);
    expect(json.missing).toContainEqual({
      what: "the Python interpreter 'nowhere/python', which is not there or does not start",
      command: "nowhere/python --version",
    });
    expect(json).toMatchObject({ python: null, configuration: null, next: [{ command: "trt-gate init" }, {}] });
  });
});
