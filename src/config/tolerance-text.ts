/** Tolerances for the command line: `--tolerance 'sqnr-db=20'` and `--tolerance-file`. The configuration's own are read with it in resolve-settings.ts. */
import { ConfigError } from "../effects/failure.ts";
import type { Tolerance } from "../gate/verdict.ts";
import { wordIssue } from "./messages.ts";
import { didYouMean } from "./nearest.ts";
import { lateWarnings, limitNames, readTolerance } from "./tolerance.ts";
import { type ToleranceConfig, toleranceSchema } from "./tolerance-schema.ts";
import { property } from "./untyped.ts";
import { readYaml } from "./yaml.ts";

const plainKeys = ["top-k", "atol", "rtol", "guard-db", "min-coverage"];

/** `sqnr-db=20,max-abs=0.1,top-k=5`; undefined or empty text gives the defaults. Throws ConfigError with every problem. */
export const toleranceFromFlag = (text: string | undefined): Tolerance => readTolerance(toleranceBlock(text));

/** The same as the block of the configuration that says it. */
export function toleranceBlock(text: string | undefined): ToleranceConfig {
  const problems: string[] = [];
  const block: Record<string, unknown> = {};
  const parts = (text ?? "").trim() === "" ? [] : (text ?? "").split(",");
  for (const part of parts) {
    const at = part.indexOf("=");
    const [key, value] = at < 0 ? [part.trim(), ""] : [part.slice(0, at).trim(), part.slice(at + 1).trim()];
    const problem = partFault(key, value, key in block);
    if (problem === undefined) block[key] = limitNames.includes(key) ? { fail: Number(value) } : Number(value);
    else problems.push(`--tolerance ${problem}`);
  }
  const parsed = toleranceSchema.safeParse(block);
  if (!parsed.success)
    problems.push(
      ...parsed.error.issues.flatMap((issue) => wordIssue(toleranceSchema, issue, block).map((found) => `--tolerance: ${found.text}`)),
    );
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return parsed.data;
}

function partFault(key: string, value: string, twice: boolean): string | undefined {
  const keys = [...limitNames, ...plainKeys];
  if (!keys.includes(key)) return `names "${key}", which is no metric${didYouMean(key, keys)} Allowed: ${keys.join(", ")}.`;
  if (twice) return `gives "${key}" twice; keep one.`;
  if (value === "" || !Number.isFinite(Number(value))) return `gives ${key} the value "${value}"; write a number, e.g. ${key}=20.`;
  return undefined;
}

/** A YAML file that holds a `tolerance:` block as in the configuration, or only what stands below it. Throws ConfigError with every problem. */
export function toleranceFromFile(file: { readonly path: string; readonly text: string }): Tolerance {
  const { value, problems: syntax, lineOf } = readYaml(file.text);
  const block = property(value, "tolerance");
  const top = block === undefined ? [] : ["tolerance"];
  const parsed = toleranceSchema.safeParse(block ?? value);
  const issues =
    syntax.length > 0 ? [] : (parsed.error?.issues ?? []).flatMap((issue) => wordIssue(toleranceSchema, issue, block ?? value));
  const late = parsed.success ? lateWarnings(parsed.data) : [];
  const problems = [
    ...syntax.map(({ line, text }) => `${file.path}:${line}: ${text}.`),
    ...issues.map(({ path, text }) => `${file.path}:${lineOf([...top, ...path])}: ${text}`),
    ...late.map(({ path, text }) => `${file.path}:${lineOf([...top, ...path, "warn"])}: ${path.join(".")}.warn ${text}.`),
  ];
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return readTolerance(parsed.data);
}
