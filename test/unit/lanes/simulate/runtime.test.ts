import { execFileSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Command, Effects } from "../../../../src/effects/effects.ts";
import { ToolError } from "../../../../src/effects/failure.ts";
import { loadRuntime, preinstallCommand } from "../../../../src/lanes/simulate/runtime.ts";
import { type RunEffects, runEffects } from "../../../fakes/run-effects.ts";

const recipe = fileURLToPath(new URL("../../../../runtime", import.meta.url));
let effects: RunEffects;
beforeEach(async () => {
  effects = await runEffects();
});
afterEach(() => effects.end());

/** A place without node_modules above it, holding a copy of runtime/ where `withRecipe` says so. */
function bundle(withRecipe: boolean): string {
  const folder = join(effects.folder, "action");
  mkdirSync(join(folder, "dist"), { recursive: true });
  // As scripts/build.ts writes it: no package of its own.
  writeFileSync(join(folder, "dist/package.json"), '{ "type": "module" }\n');
  if (withRecipe) {
    mkdirSync(join(folder, "runtime"));
    for (const name of ["package.json", "package-lock.json"])
      writeFileSync(join(folder, "runtime", name), readFileSync(join(recipe, name)));
  }
  return join(folder, "dist/index.js");
}

function placePackage(folder: string): void {
  const home = join(folder, "node_modules/onnxruntime-node");
  mkdirSync(home, { recursive: true });
  writeFileSync(join(home, "package.json"), '{"name": "onnxruntime-node", "main": "index.js"}');
  writeFileSync(join(home, "index.js"), 'module.exports = { env: { versions: { common: "0.0.1", node: "0.0.1" } } };');
}

/** npm that does what `act` does in its working folder and ends with `exitCode`. */
const withNpm = (exitCode: number, act: (command: Command) => void): Effects => ({
  ...effects,
  env: { ...effects.env, RUNNER_TOOL_CACHE: join(effects.folder, "tools") },
  exec: {
    ...effects.exec,
    run: async (command) => {
      act(command);
      return {
        command: "npm ci",
        endedBy: "exit",
        exitCode,
        signal: undefined,
        stdout: "",
        tail: ["npm error network"],
        durationMs: 1,
        startedAt: new Date(0),
      };
    },
  },
});

describe("finding ONNX Runtime", () => {
  it("takes the package beside the sources, of the version that the action would install", async () => {
    const runtime = await loadRuntime(effects);
    const lock: { packages: Record<string, { version?: string }> } = JSON.parse(readFileSync(join(recipe, "package-lock.json"), "utf8"));
    expect(runtime).toMatchObject({ from: "package", version: lock.packages["node_modules/onnxruntime-node"]?.version });
  });

  it("installs it once into the tool cache with npm ci and no scripts, then finds it there", async () => {
    const commands: Command[] = [];
    const here = bundle(true);
    const installing = withNpm(0, (command) => {
      commands.push(command);
      placePackage(command.cwd ?? "");
    });
    expect((await loadRuntime(installing, here)).from).toBe("installed");
    expect((await loadRuntime(installing, here)).from).toBe("tool cache");
    expect(commands.map((command) => [command.file, ...command.args])).toEqual([
      ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    ]);
    expect(await effects.files.list(join(effects.folder, "tools/onnxruntime-node/1.30.0"))).toEqual([process.arch]);
  });

  it("finds it where the command is installed beside it, and nowhere further up", async () => {
    const modules = join(effects.folder, "node_modules");
    placePackage(effects.folder);
    const home = join(modules, "trt-accuracy-gate");
    mkdirSync(home, { recursive: true });
    writeFileSync(join(home, "package.json"), '{"name": "trt-accuracy-gate"}');
    expect(await loadRuntime(effects, join(home, "dist/cli.js"))).toMatchObject({ from: "package", version: "0.0.1" });
    await expect(
      loadRuntime(
        withNpm(1, () => {}),
        bundle(true),
      ),
    ).rejects.toMatchObject({ reason: "lane-unavailable" });
  });

  it("is unavailable without a network, says how to preinstall it, and leaves nothing behind", async () => {
    const failure = await loadRuntime(
      withNpm(1, () => {}),
      bundle(true),
    ).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(ToolError);
    expect(failure).toMatchObject({
      reason: "lane-unavailable",
      tail: ["npm error network"],
      message: expect.stringMatching(/npm ci --ignore-scripts/),
    });
    expect(await effects.files.list(join(effects.folder, "tools/onnxruntime-node/1.30.0"))).toEqual([]);
  });

  it("is put by the printed command where the gate looks, from any folder and with a folder's name that needs quotes", async () => {
    const spaced = { ...effects, env: { ...effects.env, RUNNER_TOOL_CACHE: join(effects.folder, "my tools") } };
    const here = bundle(true);
    const bin = join(effects.folder, "bin");
    mkdirSync(bin);
    // What npm ci would leave, in the folder that it was started in and only beside the recipe.
    writeFileSync(
      join(bin, "npm"),
      `#!/bin/sh\n[ "$*" = "ci --ignore-scripts" ] && [ -f package.json ] && [ -f package-lock.json ] || exit 9\ncp -r ${join(effects.folder, "made/node_modules")} .\n`,
      { mode: 0o755 },
    );
    placePackage(join(effects.folder, "made"));
    const command = await preinstallCommand(spaced, here);
    execFileSync("/bin/sh", ["-c", command], { cwd: "/", env: { PATH: `${bin}:/usr/bin:/bin` } });
    expect(await loadRuntime(spaced, here)).toMatchObject({ from: "tool cache", version: "0.0.1" });
  });

  it("is unavailable where what was installed does not load, with the system's own words", async () => {
    const installing = withNpm(0, ({ cwd = "" }) => {
      placePackage(cwd);
      writeFileSync(
        join(cwd, "node_modules/onnxruntime-node/index.js"),
        'throw new Error("libstdc++.so.6: version `GLIBCXX_3.4.32\' not found\\nmore");',
      );
    });
    await expect(loadRuntime(installing, bundle(true))).rejects.toMatchObject({
      reason: "lane-unavailable",
      message: expect.stringMatching(/cannot be loaded on .*: libstdc\+\+\.so\.6: version `GLIBCXX_3\.4\.32' not found\. /),
    });
  });

  it("is unavailable where the recipe is missing", async () => {
    await expect(loadRuntime(effects, bundle(false))).rejects.toMatchObject({ reason: "lane-unavailable" });
  });
});

describe("the recipe", () => {
  it("names the same version as the package of this project, with a hash for each package", () => {
    const own: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(recipe, "package.json"), "utf8"));
    const project: { dependencies: Record<string, string> } = JSON.parse(readFileSync(join(recipe, "../package.json"), "utf8"));
    expect(own.dependencies["onnxruntime-node"]).toBe(project.dependencies["onnxruntime-node"]);
    const lock: { packages: Record<string, { integrity?: string }> } = JSON.parse(readFileSync(join(recipe, "package-lock.json"), "utf8"));
    const packages = Object.entries(lock.packages).filter(([path]) => path !== "");
    expect(packages.length).toBeGreaterThan(1);
    expect(packages.filter(([, entry]) => !entry.integrity?.startsWith("sha512-"))).toEqual([]);
  });
});
