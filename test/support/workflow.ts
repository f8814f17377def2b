/** Workflows of GitHub Actions as data, and their `run` steps as the runner starts them. */
import { readFileSync } from "node:fs";
import { parse } from "yaml";

export interface Step {
  readonly name?: string;
  readonly id?: string;
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, unknown>>;
}

export interface Workflow {
  readonly jobs: Readonly<Record<string, { readonly steps: readonly Step[] }>>;
}

export const readWorkflow = (file: string): Workflow => parse(readFileSync(file, "utf8"));

/** `${{ name }}` by its value. Throws for an expression that `values` does not have. */
export const filled = (text: string, values: Readonly<Record<string, string>>): string =>
  text.replace(/\$\{\{ *(.*?) *\}\}/g, (_, expression: string) => {
    const value = values[expression];
    if (value === undefined) throw new Error(`a test has no value for \${{ ${expression} }}`);
    return value;
  });

/** The step's own variables, filled in. */
export const stepEnv = ({ env = {} }: Step, values: Readonly<Record<string, string>>): Record<string, string> =>
  Object.fromEntries(Object.entries(env).map(([name, text]) => [name, filled(String(text), values)]));

/** The runner's shell on Linux where a step names none. */
export const runnerShell = ["bash", "-e", "-c"] as const;
