/**
 * Finds ONNX Runtime: beside us, in the tool cache, or installed into it from runtime/package-lock.json (npm checks every hash against the lock).
 * It holds native libraries, so it is never bundled: the path is only known when it runs.
 */
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { rename } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import type * as Ort from "onnxruntime-node";
import { childEnv } from "../../effects/child-env.ts";
import type { Effects } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { shellWord } from "../../model/shell-word.ts";

export type OrtModule = typeof Ort;
export interface Runtime {
  readonly ort: OrtModule;
  readonly version: string;
  readonly from: "package" | "tool cache" | "installed";
}

const packageName = "onnxruntime-node";
const telemetryOff = "ORT_DISABLE_TELEMETRY";
const installTimeoutMs = 180_000;

/** ToolError `lane-unavailable` where it can neither be found nor installed; the message says how to preinstall it. */
export async function loadRuntime(effects: Effects, here: string = fileURLToPath(import.meta.url)): Promise<Runtime> {
  const root = installationRoot(dirname(here));
  const beside = ownModules(root).map((modules) => tryLoad(modules, "package"));
  const found = beside.find((one) => isLoaded(one));
  if (found !== undefined) return found;
  const recipe = join(root, "runtime");
  if (!existsSync(join(recipe, "package-lock.json"))) throw unavailable("this installation has no runtime/package-lock.json", alone(root));
  const folder = await cacheFolder(effects, recipe);
  const modules = join(folder, "node_modules");
  const cached = tryLoad(modules, "tool cache");
  if (isLoaded(cached)) return cached;
  await install(effects, recipe, folder);
  const installed = tryLoad(modules, "installed");
  if (isLoaded(installed)) return installed;
  const why = installed === undefined ? "" : `: ${installed.fault}`;
  throw unavailable(
    `npm installed it into ${folder}, and it cannot be loaded on ${process.platform}-${process.arch}${why}`,
    copyAndInstall(recipe, folder),
  );
}

/** Puts it by hand where `loadRuntime` looks, from any folder: for machines that reach a registry now and none later. */
export async function preinstallCommand(effects: Effects, here: string = fileURLToPath(import.meta.url)): Promise<string> {
  const root = installationRoot(dirname(here));
  const recipe = join(root, "runtime");
  if (!existsSync(join(recipe, "package-lock.json"))) return alone(root);
  return copyAndInstall(recipe, await cacheFolder(effects, recipe));
}

const alone = (root: string): string => `npm install --ignore-scripts --no-save --prefix ${shellWord(root)} ${packageName}`;

function copyAndInstall(recipe: string, folder: string): string {
  const [from, to] = [shellWord(recipe), shellWord(folder)];
  return `mkdir -p ${to} && cp ${from}/package.json ${from}/package-lock.json ${to}/ && (cd ${to} && npm ci --ignore-scripts)`;
}

/** Our own node_modules, and the one that we are installed in. No other folder above: anybody may write into some of those. */
const ownModules = (root: string): string[] => [
  join(root, "node_modules"),
  ...(basename(dirname(root)) === "node_modules" ? [dirname(root)] : []),
];

/** Undefined where it is not there; the first line of why where it cannot be loaded, such as a missing library of the system. */
function tryLoad(modules: string, origin: Runtime["from"]): Runtime | { readonly fault: string } | undefined {
  const home = join(modules, packageName);
  if (!existsSync(join(home, "package.json"))) return undefined;
  // Read when the library is loaded. Since 1.30 its Linux build sends usage data to Microsoft and leaves a `mat-debug-<pid>.log` in the temporary folder.
  process.env[telemetryOff] = "1";
  try {
    const ort: OrtModule = createRequire(join(home, "package.json"))(home);
    return { ort, version: ort.env.versions.node ?? ort.env.versions.common, from: origin };
  } catch (error) {
    const [line = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
    return { fault: line.slice(0, 300) };
  }
}

const isLoaded = (found: ReturnType<typeof tryLoad>): found is Runtime => found !== undefined && "ort" in found;

/** The nearest folder upwards that is a package or an action; `start` itself where there is none. */
function installationRoot(start: string): string {
  for (let folder = start; ; folder = dirname(folder)) {
    if (isNamedPackage(folder) || existsSync(join(folder, "runtime/package-lock.json"))) return folder;
    if (dirname(folder) === folder) return start;
  }
}

/** A package.json without a name only says how its folder is read, as the one in dist/ does. */
function isNamedPackage(folder: string): boolean {
  try {
    const read: unknown = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
    return typeof read === "object" && read !== null && "name" in read;
  } catch {
    return false;
  }
}

/** One folder per lock file: another version never meets the old one. */
async function cacheFolder(effects: Effects, recipe: string): Promise<string> {
  const root = effects.env.RUNNER_TOOL_CACHE ?? join(effects.env.HOME ?? effects.cwd, ".cache", "trt-gate");
  const lock: unknown = JSON.parse(await effects.files.readText(join(recipe, "package-lock.json")));
  return join(root, packageName, versionIn(lock), process.arch);
}

function versionIn(lock: unknown): string {
  const packages = lock !== null && typeof lock === "object" && "packages" in lock ? lock.packages : undefined;
  const entry: unknown =
    packages !== null && typeof packages === "object"
      ? Object.entries(packages).find(([key]) => key === `node_modules/${packageName}`)?.[1]
      : undefined;
  if (entry !== null && typeof entry === "object" && "version" in entry && typeof entry.version === "string") return entry.version;
  throw new Error("runtime/package-lock.json does not name onnxruntime-node");
}

/** Another job may have been faster, and use its install by now: only what cannot be loaded makes way. */
async function putInPlace({ files }: Effects, own: string, folder: string): Promise<void> {
  if (!isLoaded(tryLoad(join(folder, "node_modules"), "installed"))) {
    const broken = `${own}-broken`;
    await rename(folder, broken).catch(() => undefined);
    await rename(own, folder).catch(() => undefined);
    await files.remove(broken);
  }
  await files.remove(own);
}

/** Into a folder of its own that is renamed when complete: jobs that share a tool cache neither see half an install nor remove each other's. */
async function install(effects: Effects, recipe: string, folder: string): Promise<void> {
  effects.log.info(`Installing ${packageName} into ${folder} (once per runner).`);
  const own = `${folder}-${randomUUID()}`;
  await effects.files.makeFolder(own);
  for (const name of ["package.json", "package-lock.json"]) await effects.files.copy(join(recipe, name), join(own, name));
  const result = await effects.exec.run({
    file: "npm",
    args: ["ci", "--ignore-scripts", "--no-audit", "--no-fund"],
    cwd: own,
    timeoutMs: installTimeoutMs,
    env: childEnv(effects.env, { ONNXRUNTIME_NODE_INSTALL: "skip" }),
  });
  if (result.endedBy === "exit" && result.exitCode === 0) {
    await putInPlace(effects, own, folder);
    return;
  }
  await effects.files.remove(own);
  throw unavailable(
    `'npm ci' ended by ${result.endedBy} with code ${result.exitCode ?? "none"}`,
    copyAndInstall(recipe, folder),
    result.tail,
  );
}

const unavailable = (why: string, command: string, tail: readonly string[] = []) =>
  new ToolError(
    "lane-unavailable",
    `ONNX Runtime for the simulate lane is not available: ${why}. Where there is no network, preinstall it: ${command}`,
    tail,
  );
