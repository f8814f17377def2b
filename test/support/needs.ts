/**
 * What some tests need beyond Node and git. Where it is missing they are counted as skipped, so that a bare machine can run the rest;
 * TRT_GATE_TESTS_NEED=python,chromium makes that a failure, as CI does.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { describe } from "vitest";

const demanded = new Set((process.env.TRT_GATE_TESTS_NEED ?? "").split(","));

const hasPython = (): boolean =>
  spawnSync("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"], { stdio: "ignore" }).status === 0;

/** Browsers where their packages put them; `CHROMIUM_PATH` comes first. */
export const browsers: readonly string[] = [
  ...(process.env.CHROMIUM_PATH === undefined ? [] : [process.env.CHROMIUM_PATH]),
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/usr/bin/google-chrome-stable",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

/** Python 3.11 or newer with venv. */
export const describeWithPython = describe.runIf(demanded.has("python") || hasPython());

export const describeWithChromium = describe.runIf(demanded.has("chromium") || browsers.some((path) => existsSync(path)));
