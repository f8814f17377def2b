/**
 * What some tests need beyond Node and git. Where it is missing they are counted as skipped, so that a bare machine can run the rest;
 * TRT_GATE_TESTS_NEED=python,chromium,tensorrt-rtx,act,registry makes that a failure, as CI does.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { describe, test } from "vitest";
import { hasBuilderPython } from "../../scripts/python-env.ts";
import { chromiumOf } from "./browsers.ts";
import { hasNode } from "./node-versions.ts";

const demanded = new Set((process.env.TRT_GATE_TESTS_NEED ?? "").split(","));

const hasPython = (): boolean =>
  spawnSync("python3", ["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"], { stdio: "ignore" }).status === 0;

/** Python 3.11 or newer with venv. */
const python = demanded.has("python") || hasPython();
export const describeWithPython = describe.runIf(python);
export const testWithPython = test.runIf(python);

/** NVIDIA's strongly typed builder, which needs no GPU; its wheels are large, so nothing installs them unasked. */
export const describeWithBuilder = describe.runIf(demanded.has("tensorrt-rtx") || hasBuilderPython());

const chromium = chromiumOf(process.env, existsSync);
export const describeWithChromium = describe.runIf(demanded.has("chromium") || (chromium !== undefined && existsSync(chromium)));

/** act, a local runner of GitHub Actions: on the PATH, or where `.ci/run` installs it. */
const actPlaces = ["node_modules/.cache/lint-python/bin/act", ...(process.env.PATH ?? "").split(":").map((folder) => `${folder}/act`)];
export const actProgram = resolve(actPlaces.find((place) => existsSync(place)) ?? "act");
export const describeWithAct = describe.runIf(demanded.has("act") || actPlaces.some((place) => existsSync(place)));

/** npm's registry, for other versions of Node and for what the packed command depends on: some 200 MB, so nothing installs them unasked. */
export const describeWithRegistry = (nodes: readonly string[]) => describe.runIf(demanded.has("registry") || nodes.every(hasNode));
