/** What the command prints to be run next runs as it is printed, in the folder where it was called. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { writeNpz } from "../../../src/formats/write-npz.ts";
import { outlierData, outlierModel } from "../../fakes/outlier-model.ts";
import { runCommand } from "../../support/command.ts";

const cwd = mkdtempSync(join(tmpdir(), "printed-lines-"));
const folder = "my reports";
const check = ["check", "my model.onnx", "--data", "calibration.npz", "--validation", "validation.npz", "--lane", "simulate"];
let printed: { readonly status: number | null; readonly stdout: string; readonly stderr: string };
beforeAll(() => {
  writeFileSync(join(cwd, "my model.onnx"), outlierModel());
  writeFileSync(join(cwd, "calibration.npz"), writeNpz([outlierData(16)]));
  writeFileSync(join(cwd, "validation.npz"), writeNpz([outlierData(48, 4, 4, 100)]));
  printed = runCommand([...check, "--report-dir", folder], cwd);
  expect(printed.status, printed.stderr).toBe(1);
});
afterAll(() => rmSync(cwd, { recursive: true, force: true }));

const shell = (script: string, path = `${dirname(process.execPath)}:${process.env.PATH}`) =>
  spawnSync("sh", ["-c", script], { cwd, encoding: "utf8", env: { PATH: path, HOME: process.env.HOME }, timeout: 120_000 });

describe("the lines that a check prints", () => {
  it("make the fix where `trt-gate` is on no PATH", () => {
    const next = /^Next: (.*)$/m.exec(printed.stdout)?.[1] ?? "";
    const ran = shell(next);
    expect([ran.status, readdirSync(cwd).includes("keep.json")], `${next}\n${ran.stderr}`).toEqual([0, true]);
  });

  it("say once why the model regresses", () => {
    expect(`${printed.stdout}${printed.stderr}`.replaceAll(/\s+/g, " ").match(/beyond its limit/g)).toHaveLength(1);
    expect(printed.stderr).toContain("\nmy model: regression (limit-exceeded)\n");
  });

  it("end in one sentence where the reproduction lacks Polygraphy, before anything is measured", () => {
    const [own = ""] = readdirSync(join(cwd, folder, "reproduce"));
    const bin = join(cwd, "bin");
    mkdirSync(bin);
    for (const name of ["dirname", "sh"]) symlinkSync(shell(`command -v ${name}`).stdout.trim(), join(bin, name));
    const script = `sh '${folder}/reproduce/${own}/reproduce.sh'`;
    const without = shell(script, `${dirname(process.execPath)}:${bin}`);
    expect([without.status, without.stderr, readdirSync(join(cwd, folder, "reproduce", own)).includes("inputs.json")]).toEqual([
      4,
      "polygraphy is not installed. Install it with python3 -m pip install polygraphy==0.53.6 onnxruntime numpy, then run this script again.\n",
      false,
    ]);
    const gone = shell(`TRT_GATE=/nowhere/trt-gate ${script}`);
    expect([gone.status, gone.stderr]).toEqual([
      4,
      "The gate cannot be called. Set TRT_GATE='node FOLDER/dist/cli.js', FOLDER being a clone of the gate, then run this script again.\n",
    ]);
  });

  it("search where no search was made, with every flag that was given", () => {
    const off = runCommand([...check, "--search", "off", "--report-dir", "off"], cwd);
    const ran = shell(/^Next: (.*)$/m.exec(off.stdout)?.[1] ?? "");
    expect([ran.status, ran.stdout.includes("Script: off/fix/")], `${off.stdout}\n${ran.stderr}`).toEqual([1, true]);
  });

  it("make the fix of a search", () => {
    const searched = runCommand(["search", ...check.slice(1), "--report-dir", "searched"], cwd);
    const ran = shell(/^Next: (.*)$/m.exec(searched.stdout)?.[1] ?? "");
    expect([ran.status, readdirSync(cwd).includes("fix_precision.py")], `${searched.stdout}\n${ran.stderr}`).toEqual([0, true]);
    expect(searched.stdout).toMatch(/\nReport: searched\/report\.html\n$/);
  });

  it("make samples for a first look where there are none", () => {
    const asked = runCommand([...check.slice(0, 4), "--lane", "simulate", "--report-dir", "without"], cwd);
    const line = /first look (\S+ \S+ inputs .*? -o inputs\.json) writes/.exec(asked.stdout.replaceAll(/\n */g, " "))?.[1] ?? "";
    const ran = shell(line);
    expect([asked.status, ran.status, readdirSync(cwd).includes("inputs.json")], `${asked.stdout}\n${ran.stderr}`).toEqual([2, 0, true]);
  });

  it("name files from the folder that the user is in", () => {
    const inputs = runCommand(["inputs", "my model.onnx", "-o", "in.json"], cwd);
    expect([inputs.status, inputs.stderr.includes(cwd), inputs.stderr.includes("in.json")], inputs.stderr).toEqual([0, false, true]);
    for (const args of [
      ["inspect", "in.json"],
      ["inspect", "my model.onnx"],
      ["compare", "in.json", "in.json"],
      ["inspect", "none.npz"],
      ["render", "in.json"],
    ]) {
      const { stdout, stderr } = runCommand(args, cwd);
      expect(`${stdout}${stderr}`, args.join(" ")).toContain(args[1]);
      expect(`${stdout}${stderr}`, args.join(" ")).not.toContain(cwd);
    }
  });
});
