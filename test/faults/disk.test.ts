/** Faults of paths and disks, brought about by real ones: whoever named the path must act (2), or the machine's owner (4); never a bug of ours. */
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { symlink } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type Workplace, workplace } from "./workplace.ts";

const cli = fileURLToPath(new URL("../../src/cli.ts", import.meta.url));

let place: Workplace;
beforeEach(async () => {
  place = await workplace();
});
afterEach(() => place.end());

it("output to a path that cannot be written", async () => {
  await symlink("loop", place.at("loop"));
  await place.put("folder.json/x", "");
  for (const path of ["folder.json", "models/m.onnx/x.json", "loop", `${"a".repeat(300)}.json`])
    for (const words of [
      ["inputs", "models/m.onnx"],
      ["calibrate", "models/m.onnx", "--data", "data/calibration.npz"],
    ]) {
      const { exitCode, log } = await place.trtGate(...words, "-o", path);
      expect(log, path).toContain("Name a place that can be written.");
      expect(exitCode, path).toBe(2);
    }
});

it("report folder that cannot be written", async () => {
  for (const folder of ["models/m.onnx", "a".repeat(300)]) {
    const { exitCode, log, out } = await place.trtGate(
      ...["check", "--lane", "simulate", "--search", "off", "--changed-only", "false", "--report-dir", folder],
    );
    expect(log).toMatch(/warning: The report was not written to .*The verdict stands/);
    expect(out).toContain("pass");
    expect(out).not.toContain("report.html");
    expect(exitCode).toBe(4);
  }
});

it("temporary folder that is not there", async () => {
  const without = await workplace({ RUNNER_TEMP: place.at("none") });
  const { exitCode, report } = await without.check();
  expect(report?.models[0]).toMatchObject({ verdict: "undecided", reason: "file-system", message: expect.stringContaining("RUNNER_TEMP") });
  expect(exitCode).toBe(4);
  await without.end();
});

it("file that the machine fails to read", async () => {
  // Linux gives EIO for this one, whoever asks.
  const { exitCode, log } = await place.trtGate("render", "/proc/self/mem", "--as", "comment");
  expect(log).toContain("file-system: Reading /proc/self/mem failed with EIO.");
  expect(exitCode).toBe(4);
});

it("full device", async () => {
  const { exitCode, log } = await place.trtGate("calibrate", "models/m.onnx", "--data", "data/calibration.npz", "-o", "/dev/full");
  expect(log).toContain("disk-full: Writing /dev/full failed: the disk is full.");
  expect(exitCode).toBe(4);
});

/** A file system of so many kilobytes, seen by one command alone, needs the right to make a namespace. */
const inNamespace = (script: string, args: readonly string[], env: Readonly<Record<string, string | undefined>>) =>
  spawnSync("unshare", ["-rm", "sh", "-c", script, "sh", ...args], { cwd: place.effects.cwd, encoding: "utf8", env });
const canMount = spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "none", "/mnt"]).status === 0;

describe.runIf(canMount)("a disk", () => {
  const check = (folder: string, kilobytes: number, env: Readonly<Record<string, string>> = {}) => {
    mkdirSync(place.at(folder), { recursive: true });
    const script = `mount -t tmpfs -o size=${kilobytes}k none "$1" && shift && "$@"; code=$?; cat trt-gate-report/report.json; ls; exit $code`;
    const words = ["check", "--lane", "simulate", "--search", "off", "--changed-only", "false"];
    return inNamespace(script, [place.at(folder), process.execPath, cli, ...words], { PATH: process.env.PATH, ...env });
  };

  it("full disk of temporary files", () => {
    const { status, stdout } = check("temp", 4, { TMPDIR: place.at("temp") });
    expect(stdout).toContain('"reason": "disk-full"');
    expect(stdout).toMatch(/Free space/);
    expect(status).toBe(4);
  });

  it("full disk beside a cache that is made anew", () => {
    mkdirSync(place.at("disk"));
    const words = ["calibrate", "models/m.onnx", "--data", "data/calibration.npz", "--algorithm", "minmax", "-o", "disk/m.cache"];
    const gate = `"${process.execPath}" "${cli}"`;
    const script = `mount -t tmpfs -o size=64k none disk && echo good >disk/m.cache && { head -c 70000 /dev/zero >disk/rest || ${gate} ${words.join(" ")}; }; code=$?; cat disk/m.cache; ls disk; exit $code`;
    const { status, stdout, stderr } = inNamespace(script, [], { PATH: process.env.PATH });
    expect(stderr).toContain("the disk is full");
    expect({ status, stdout }).toEqual({ status: 4, stdout: "good\nm.cache\nrest\n" });
  });

  it("full disk of the report", () => {
    const { status, stderr, stdout } = check("trt-gate-report", 8);
    expect(stderr).toMatch(/The report was not written to .*disk is full/);
    expect(stdout).toMatch(/^Not decided: m could not be judged/);
    expect(status).toBe(4);
  });
});
