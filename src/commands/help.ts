/** Texts of `--help`, made from the specs. Words only; also used for the README. */
import { inputSpecs } from "../config/inputs.ts";
import { terminalWidth, wrapped } from "../effects/wrapped.ts";
import type { CommandSpec, FlagSpec } from "./command.ts";
import { flagsOf } from "./parse.ts";

/** The column of flags and names. */
const width = 26;
const exitCodes = ["pass", "regression", "configuration or usage", "refused for trust", "undecided, or a tool failed", "a bug of the gate"];

/** The overview: every command with its line. */
export function overview(specs: readonly CommandSpec[]): string {
  const rows = specs.map((spec): [string, string] => [spec.name, spec.summary]);
  return [
    "trt-gate: stops INT8 accuracy regressions of TensorRT models before they merge",
    "",
    "usage: trt-gate COMMAND [ARGUMENTS]",
    "",
    "commands:",
    ...columns(rows),
    "",
    ...wrapped("trt-gate COMMAND --help explains one; trt-gate --version prints the version."),
    "",
    "exit codes:",
    ...exitCodes.map((meaning, code) => `  ${code}  ${meaning}`),
    "",
  ].join("\n");
}

/** The action's inputs that the command takes stand apart from its own flags. */
export function commandHelp(spec: CommandSpec): string {
  const flags = flagsOf(spec);
  const rows = (names: readonly string[]): string[] => columns(names.flatMap((name): [string, string][] => row(name, flags[name])));
  const inputs = Object.keys(flags).filter((name) => !(name in spec.flags));
  return [
    ...spec.usage.split("\n").map((line, n) => `${n === 0 ? "usage:" : "      "} trt-gate ${line} [FLAGS]`),
    "",
    ...wrapped(spec.summary),
    "",
    "flags:",
    ...rows(Object.keys(spec.flags)),
    ...columns([["--help", "this text"]]),
    ...(inputs.length === 0 ? [] : ["", "settings (the action's inputs have the same names):", ...rows(inputs)]),
    "",
    "examples:",
    ...spec.examples.map((example) => `  ${example}`),
    "",
  ].join("\n");
}

function row(name: string, flag: FlagSpec | undefined): [string, string][] {
  if (flag === undefined) return [];
  const short = flag.short === undefined ? "" : `-${flag.short}, `;
  const value = flag.kind === "switch" ? "" : ` ${flag.oneOf?.join("|") ?? flag.value ?? "VALUE"}`;
  const fallback = inputSpecs.find((input) => input.name === name)?.default ?? "";
  return [[`${short}--${name}${value}`, `${flag.help}${fallback === "" || flag.help.includes("default") ? "" : ` (default ${fallback})`}`]];
}

/** Left words in a column; longer ones get a line of their own. */
function columns(rows: readonly (readonly [string, string])[]): string[] {
  return rows.flatMap(([left, right]) => {
    const [first = "", ...more] = wrapped(right, "", terminalWidth - width - 2);
    const start = left.length < width - 1 ? [`  ${left.padEnd(width)}${first}`] : [`  ${left}`, `  ${" ".repeat(width)}${first}`];
    return [...start, ...more.map((line) => `  ${" ".repeat(width)}${line}`)];
  });
}
