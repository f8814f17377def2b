/** The command on a terminal of its own (Python's pty): a line that goes on while nothing happens, and a result that stays whole. */
import { spawnSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect } from "vitest";
import { oraclePython } from "../../scripts/python-env.ts";
import { testWithPython } from "../support/needs.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const cwd = mkdtempSync(join(tmpdir(), "trt-gate-terminal-"));
afterAll(() => rmSync(cwd, { recursive: true, force: true }));
beforeAll(() => {
  for (const file of ["model.onnx", "model.cache", "validation.npy"]) cpSync(join(root, "examples/classifier", file), join(cwd, file));
  writeFileSync(join(cwd, "task.mjs"), `setTimeout(() => console.log('{"accuracy": 1}'), 2500);`);
  const task = `{command: [${JSON.stringify(process.execPath)}, task.mjs, "{outputs}"], metric: accuracy, max-drop: 0.5}`;
  writeFileSync(
    join(cwd, "gate.yml"),
    `version: 1\nmodels: [{path: model.onnx, quantization: {cache: model.cache}, validation: {data: validation.npy}, task: ${task}}]\n`,
  );
});

testWithPython("shows the seconds of a stage in which nothing happens, and clears the line before the result", () => {
  const spawnOnTerminal = "import os, pty, sys; sys.exit(os.waitstatus_to_exitcode(pty.spawn(sys.argv[1:])))";
  const { stdout, status } = spawnSync(
    oraclePython(),
    ["-c", spawnOnTerminal, process.execPath, join(root, "src/cli.ts"), "check", "--config", "gate.yml", "--json"],
    { cwd, encoding: "utf8", env: { PATH: process.env.PATH, HOME: process.env.HOME }, timeout: 120_000, input: "" },
  );
  const rewritten = stdout.split("\r\u001b[2K");
  const seconds = rewritten.flatMap((line) => (line.includes("s] model: task") ? [Number(/\[ *([\d.]+) s\]/.exec(line)?.[1])] : []));
  // Two runs of 2.5 s, one for each side.
  expect(Math.max(...seconds) - Math.min(...seconds)).toBeGreaterThan(3);
  expect(new Set(seconds).size).toBeGreaterThan(3);
  const lines = (rewritten.at(-1) ?? "").split("\r\n");
  const report = JSON.parse(lines.slice(lines.indexOf("{")).join("\n"));
  expect([status, report.models[0].task]).toMatchObject([0, { reference: 1, candidate: 1 }]);
});
