/**
 * How the user called this command, so that printed lines run as they stand. Texts say `trt-gate WORD …` everywhere; whoever shows one to the user who
 * called puts the called form in its place.
 */
import { accessSync, constants, realpathSync } from "node:fs";
import { basename, delimiter, dirname, isAbsolute, join, relative, sep } from "node:path";

/** The name in all texts, and how a pull request's readers call it (README, "Try it"). */
export const plainCommand = "trt-gate";

/** Words behind the name that make it a line to run; commands/specs.ts has the same, and `COMMAND` stands in the help. */
const words = "check|compare|inspect|search|fix|calibrate|cache|inputs|render|plan|merge|doctor|init|COMMAND|--help|--version";
const fixOfReport = /(?<![\w./-])trt-gate fix report\.json(?![\w./-])/g;
/** Behind these words the command is named for what it did: nothing to run. */
const line = new RegExp(`(?<![\\w./-]|\\b(?:by|that|as|of) )${plainCommand}(?= (?:${words})(?![\\w-]))`, "g");

/** What a reader types: the command's called form, their path of the report that texts call `report.json`, paths from the folder that they are in. */
export interface Typed {
  readonly command?: string | undefined;
  readonly report?: string | undefined;
  /** Absolute. */
  readonly cwd?: string | undefined;
}

/** The text with each line to run, and each path, as `typed` has it. */
export function asTyped(text: string, { command = plainCommand, report, cwd }: Typed): string {
  const placed = report === undefined ? text : text.replaceAll(fixOfReport, () => `${plainCommand} fix ${report}`);
  const called = command === plainCommand ? placed : placed.replaceAll(line, () => command);
  return cwd === undefined || cwd === "/" ? called : withoutFolder(called, cwd.endsWith("/") ? cwd : `${cwd}/`);
}

/** `folder` ends in a slash; where it is a part of a longer path it stays. */
const withoutFolder = (text: string, folder: string): string =>
  text
    .split(folder)
    .reduce((told, part) => (/[\w./@:-]$/.test(told) || !/^[^\s/)"'`,;]/.test(part) ? `${told}${folder}${part}` : `${told}${part}`));

export interface Call {
  /** As `process.argv[1]`: the script's path, links unresolved. */
  readonly script: string;
  /** As `process.execPath`. */
  readonly node: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
}

/** The words in front of the subcommand: `trt-gate` where that is found on the PATH, `npx --no trt-gate` under npm (which fetches nothing), else `node SCRIPT`. */
export function ownCommand({ script, node, env, cwd }: Call): string[] {
  const isLinked = basename(script) === plainCommand;
  // npm puts node_modules/.bin on the PATH of what it starts, and the user's shell does not.
  if (isLinked && env.npm_command !== undefined && dirname(script).endsWith(join("node_modules", ".bin"))) {
    const source = env.npm_config_package ?? "";
    if (source !== "") return ["npx", `--package=${source}`, plainCommand];
    if (!script.includes(`${sep}_npx${sep}`)) return ["npx", "--no", plainCommand];
  } else if (isLinked && isSameFile(onPath(plainCommand, env.PATH), script)) return [plainCommand];
  return [isSameFile(onPath("node", env.PATH), node) ? "node" : node, fromHere(script, cwd)];
}

/** As one in `cwd` would type it: relative below it, else whole, so that it holds in every folder. */
export function fromHere(path: string, cwd: string): string {
  if (!isAbsolute(path)) return path;
  const near = relative(cwd, path);
  if (near === "") return ".";
  return near === ".." || near.startsWith(`..${sep}`) || isAbsolute(near) ? path : near;
}

function onPath(name: string, path = ""): string | undefined {
  return path
    .split(delimiter)
    .filter((folder) => folder !== "")
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** False where one is not there. */
function isSameFile(one: string | undefined, other: string): boolean {
  try {
    return one !== undefined && realpathSync(one) === realpathSync(other);
  } catch {
    return false;
  }
}
