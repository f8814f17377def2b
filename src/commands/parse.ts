/**
 * Words of a command line -> one parsed command, or one ConfigError with every problem. Knows the words from specs.ts and config/inputs.ts;
 * what an input's value may be is settled by config/. Why not `util.parseArgs`: docs/design/005-command-line-lexer.md.
 */
import { type InputSpec, inputSpecs } from "../config/inputs.ts";
import { didYouMean, nearest } from "../config/nearest.ts";
import { ConfigError } from "../effects/failure.ts";
import type { CommandSpec, FlagSpec, Parsed } from "./command.ts";

export type Line =
  | { readonly kind: "version" }
  /** `spec` undefined: the overview. */
  | { readonly kind: "help"; readonly spec: CommandSpec | undefined }
  | { readonly kind: "run"; readonly spec: CommandSpec; readonly parsed: Parsed };

/** `argv` without node and script. An empty line is a usage error: a gate that was asked nothing must not look like a pass. */
export function parseLine(argv: readonly string[], specs: readonly CommandSpec[]): Line {
  const [first, ...rest] = argv;
  const names = specs.map((spec) => spec.name);
  if (first === undefined) throw new ConfigError(`No command is given; write one of ${names.join(", ")}, or --help.`);
  if (first === "--version" || first === "-v") return { kind: "version" };
  const wantsHelp = rest.includes("--help") || rest.includes("-h");
  if (first === "--help" || first === "-h") return { kind: "help", spec: undefined };
  const asked = first === "help" ? rest[0] : first;
  if (asked === undefined) return { kind: "help", spec: undefined };
  const spec = specs.find(({ name }) => name === asked);
  if (spec === undefined) throw new ConfigError(`"${asked}" is no command${didYouMean(asked, names)} Commands: ${names.join(", ")}.`);
  if (first === "help" || wantsHelp) return { kind: "help", spec };
  return { kind: "run", spec, parsed: parseWords(rest, spec) };
}

/** Words after the command's name. Throws ConfigError with every problem. */
export function parseWords(words: readonly string[], spec: CommandSpec): Parsed {
  const flags = flagsOf(spec);
  const problems: string[] = [];
  const { positionals, values } = collect(words, flags, problems);
  for (const [name, given] of values) problems.push(...valueFaults(name, flags[name], given));
  problems.push(...countFaults(spec, positionals));
  if (values.has("changed-since") && values.has("base-ref"))
    problems.push("--changed-since and --base-ref are both given; keep --changed-since.");
  if (problems.length > 0) throw new ConfigError(problems);
  return parsedOf(spec, words, { positionals, values });
}

/** Flags of a command and, where it takes them, one of the same name for each action input that it does not define itself. */
export function flagsOf(spec: CommandSpec): Readonly<Record<string, FlagSpec>> {
  if (spec.takesInputs !== true) return spec.flags;
  const inputs = inputSpecs.filter(({ name }) => !(name in spec.flags)).map((input): [string, FlagSpec] => [input.name, inputFlag(input)]);
  return { ...spec.flags, ...Object.fromEntries(inputs) };
}

function inputFlag({ kind, help, oneOf, value }: InputSpec): FlagSpec {
  if (kind === "switch") return { kind, help };
  return { kind: kind === "lines" ? "list" : "text", value: value ?? oneOf?.join("|") ?? "TEXT", help };
}

type Values = Map<string, string[]>;

function collect(
  words: readonly string[],
  flags: Readonly<Record<string, FlagSpec>>,
  problems: string[],
): { positionals: string[]; values: Values } {
  const positionals: string[] = [];
  const values: Values = new Map();
  for (let i = 0; i < words.length; i++) {
    const word = words[i] ?? "";
    if (word === "--") return { positionals: [...positionals, ...words.slice(i + 1)], values };
    if (!word.startsWith("-") || word === "-") {
      positionals.push(word);
      continue;
    }
    const [typed, joined] = splitFlag(word);
    const name = nameOf(typed, flags);
    const flag = name === undefined ? undefined : flags[name];
    if (name === undefined || flag === undefined) {
      problems.push(unknownFlag(typed, flags));
      continue;
    }
    const next = words[i + 1];
    const value = joined ?? (isValueOf(flag, next, flags) ? next : flag.kind === "switch" ? "true" : undefined);
    if (joined === undefined && value === next) i++;
    if (value === undefined) problems.push(`--${name} has no value; write --${name} ${flag.value ?? "VALUE"}.`);
    else values.set(name, [...(values.get(name) ?? []), value]);
  }
  return { positionals, values };
}

/** Whether the next word is this flag's value: never a flag of this command, and for a switch only `true` or `false`. */
function isValueOf(flag: FlagSpec, next: string | undefined, flags: Readonly<Record<string, FlagSpec>>): boolean {
  if (flag.kind === "switch") return next === "true" || next === "false";
  return next !== undefined && nameOf(splitFlag(next)[0], flags) === undefined;
}

/** `--flag=value` -> both parts; the value may hold further `=`. */
function splitFlag(word: string): [string, string | undefined] {
  const at = word.indexOf("=");
  return at < 0 || !word.startsWith("--") ? [word, undefined] : [word.slice(0, at), word.slice(at + 1)];
}

function nameOf(typed: string, flags: Readonly<Record<string, FlagSpec>>): string | undefined {
  const name = typed.startsWith("--")
    ? typed.slice(2)
    : Object.keys(flags).find((key) => flags[key]?.short === typed.slice(1) && typed.length === 2 && typed.startsWith("-"));
  return name !== undefined && Object.hasOwn(flags, name) ? name : undefined;
}

function unknownFlag(typed: string, flags: Readonly<Record<string, FlagSpec>>): string {
  const word = nearest(typed.replace(/^-+/, ""), Object.keys(flags));
  return `"${typed}" is no flag of this command${word === undefined ? "." : `; did you mean "--${word}"?`} See --help.`;
}

function valueFaults(name: string, flag: FlagSpec | undefined, given: readonly string[]): string[] {
  if (flag === undefined) return [];
  const repeated = flag.kind !== "list" && given.length > 1 ? [`--${name} is given ${given.length} times; keep one.`] : [];
  return [
    ...repeated,
    ...given.flatMap((value) => {
      if (flag.oneOf !== undefined && !flag.oneOf.includes(value))
        return [`--${name} is "${value}"; allowed: ${flag.oneOf.join(", ")}${didYouMean(value, flag.oneOf)}`];
      if (flag.kind === "number" && !isNumber(value)) return [`--${name} is "${value}"; write a number.`];
      if (flag.kind === "switch" && value !== "true" && value !== "false") return [`--${name} is "${value}"; allowed: true, false.`];
      return [];
    }),
  ];
}

const isNumber = (text: string): boolean => text.trim() !== "" && Number.isFinite(Number(text));

function countFaults({ usage, positionals: { min, max } }: CommandSpec, given: readonly string[]): string[] {
  if (given.length < min)
    return [`${given.length} of at least ${min} arguments are given; write trt-gate ${usage.replaceAll("\n", " or trt-gate ")}.`];
  if (given.length > max)
    return [`${JSON.stringify(given[max])} is one argument too many; write trt-gate ${usage.replaceAll("\n", " or trt-gate ")}.`];
  return [];
}

function parsedOf(
  spec: CommandSpec,
  words: readonly string[],
  { positionals, values }: { readonly positionals: readonly string[]; readonly values: Values },
): Parsed {
  const last = (flag: string): string | undefined => values.get(flag)?.at(-1);
  return {
    words,
    positionals,
    text: last,
    number: (flag) => {
      const text = last(flag);
      return text === undefined ? undefined : Number(text);
    },
    list: (flag) => values.get(flag) ?? [],
    has: (flag) => values.has(flag) && !(spec.flags[flag]?.kind === "switch" && last(flag) === "false"),
    inputs: spec.takesInputs === true ? inputsOf(spec, positionals, values) : {},
  };
}

/** MODEL... joins the input `models`; `--changed-since REF` is `base-ref` with `changed-only`. */
function inputsOf(spec: CommandSpec, positionals: readonly string[], values: Values): Record<string, string> {
  const own = inputSpecs.filter(({ name }) => values.has(name) && !(name in spec.flags));
  const inputs = Object.fromEntries(own.map(({ name }) => [name, (values.get(name) ?? []).join("\n")]));
  const models = [...(spec.positionalsAreModels === true ? positionals : []), ...(values.get("models") ?? [])];
  const since = values.get("changed-since")?.at(-1);
  return {
    ...inputs,
    ...(models.length === 0 ? {} : { models: models.join("\n") }),
    ...(since === undefined ? {} : { "base-ref": since, "changed-only": "true" }),
  };
}
