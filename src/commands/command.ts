/** What a subcommand is: a table of its words and a function. Help, parsing and the README are generated from the table. Only types. */
import type { Effects } from "../effects/effects.ts";
import type { ExitCode } from "../gate/exit-code.ts";

export interface FlagSpec {
  readonly kind: "text" | "switch" | "number" | "list";
  /** Shown in the help: `--tolerance LIMITS`. */
  readonly value?: string;
  readonly help: string;
  readonly short?: string;
  readonly oneOf?: readonly string[];
}

export interface CommandSpec {
  readonly name: string;
  /** `compare REFERENCE CANDIDATE` */
  readonly usage: string;
  readonly summary: string;
  readonly examples: readonly string[];
  readonly positionals: { readonly min: number; readonly max: number };
  readonly flags: Readonly<Record<string, FlagSpec>>;
  /** Also takes every action input as a flag of the same name (check, search, plan). */
  readonly takesInputs?: boolean;
  /** Positionals are model paths or globs: they arrive as the input `models`. */
  readonly positionalsAreModels?: boolean;
}

export interface Parsed {
  /** As they were typed, behind the command's name. */
  readonly words: readonly string[];
  readonly positionals: readonly string[];
  text(flag: string): string | undefined;
  /** Rejects text that is no finite number with a ConfigError. */
  number(flag: string): number | undefined;
  list(flag: string): readonly string[];
  has(flag: string): boolean;
  /** Action inputs given as flags, kebab-case name -> text. MODEL... is `models`; `--changed-since REF` is `base-ref` with `changed-only`. */
  readonly inputs: Readonly<Record<string, string>>;
}

export interface CommandIo {
  /** Results only. */
  out(text: string): void;
  readonly isTerminal: boolean;
}

/** Each file of a subcommand exports `run: RunCommand` (its spec is in specs.ts); `run` gives the exit code (design 3.4) and never exits. */
export type RunCommand = (parsed: Parsed, effects: Effects, io: CommandIo) => Promise<ExitCode>;
