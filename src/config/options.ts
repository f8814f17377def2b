/** Action inputs or flags of the same names -> typed Options, with every problem. Defaults and allowed values stand in inputs.ts. */
import { type InputSpec, inputSpecs } from "./inputs.ts";
import { showValue } from "./messages.ts";
import { didYouMean } from "./nearest.ts";
import type { Options } from "./settings.ts";

/** Kebab-case name -> text. Absent or "": not given. */
export type RawInputs = Readonly<Record<string, string | undefined>>;
export type Environment = Readonly<Record<string, string | undefined>>;

/** Problems name the input; the value of an input with a problem is its default, so that every other problem can still be found. */
export function readOptions(inputs: RawInputs, env: Environment = {}): { readonly options: Options; readonly problems: readonly string[] } {
  const problems = unknownInputs(inputs);
  const text = (name: string): string => readInput(name, inputs, problems);
  const timeoutMinutes = Number(text("timeout-minutes"));
  const retention = text("retention-days");
  const saveOutputs = text("save-outputs");
  const baseRef = text("base-ref");
  const options: Options = {
    config: text("config"),
    models: lines(text("models")),
    lane: oneOf(["auto", "implicit", "explicit", "simulate"], text("lane")),
    changedOnly: isYes(text("changed-only")),
    baseRef: baseRef === "" ? undefined : baseRef,
    search: oneOf(["on-regression", "always", "off"], text("search")),
    comment: oneOf(["on-change", "always", "on-problem", "off"], text("comment")),
    suggestFix: isYes(text("suggest-fix")),
    failOn: new Set(words(text("fail-on")).map((word) => oneOf(["regression", "undecided"], word))),
    allowForks: isYes(text("allow-forks")),
    python: text("python"),
    timeoutMinutes,
    artifactName: text("artifact-name"),
    artifactEngines: isYes(text("artifact-engines")),
    retentionDays: retention === "" ? undefined : Number(retention),
    reportDir: text("report-dir"),
    githubToken: text("github-token") || (env.GITHUB_TOKEN ?? ""),
    jobKey: jobKey(text("job-key"), env),
    seed: Number(text("seed")),
    saveOutputs: saveOutputs === "" ? undefined : saveOutputs,
  };
  return { options, problems };
}

function unknownInputs(inputs: RawInputs): string[] {
  const names = inputSpecs.map((spec) => spec.name);
  return Object.keys(inputs)
    .filter((name) => !names.includes(name))
    .map((name) => `"${name}" is no input${didYouMean(name, names)} Allowed: ${names.join(", ")}.`);
}

function readInput(name: string, inputs: RawInputs, problems: string[]): string {
  const spec = inputSpecs.find((input) => input.name === name);
  if (spec === undefined) throw new Error(`inputs.ts has no row for "${name}"`);
  const given = inputs[name];
  if (given === undefined || (given.trim() === "" && spec.emptyCounts !== true)) return spec.default;
  const problem = faultOf(spec, given.trim());
  if (problem === undefined) return given.trim();
  problems.push(`Input "${name}" is ${showValue(given)}; ${problem}`);
  return spec.default;
}

/** What is allowed instead, or undefined when the text is fine. A switch takes what YAML 1.2 and the toolkit call a boolean. */
function faultOf(spec: InputSpec, text: string): string | undefined {
  const allowed = spec.oneOf ?? [];
  const choose = `allowed: ${allowed.join(", ")}`;
  switch (spec.kind) {
    case "switch":
      return /^(true|True|TRUE|false|False|FALSE)$/.test(text) ? undefined : "allowed: true, false.";
    case "number": {
      const least = spec.min ?? 0;
      const whole = spec.name === "timeout-minutes" || Number.isInteger(Number(text));
      return Number.isFinite(Number(text)) && Number(text) >= least && whole
        ? undefined
        : `write a ${spec.name === "timeout-minutes" ? "" : "whole "}number of at least ${least}.`;
    }
    case "choice":
      return allowed.includes(text) ? undefined : `${choose}${didYouMean(text, allowed)}`;
    case "choices":
      return words(text).length > 0 && words(text).every((word) => allowed.includes(word)) ? undefined : `${choose}, separated by commas.`;
    default:
      return undefined;
  }
}

/**
 * Letters, digits and `._/=,-` only, so that it can stand in a hidden comment; anything else is percent-encoded, which keeps different keys
 * different. The runner ends the text with the job's matrix as JSON, or with `null`.
 */
function jobKey(text: string, env: Environment): string {
  const fallback = [env.GITHUB_WORKFLOW, env.GITHUB_JOB].filter((part) => part !== undefined && part !== "").join("/") || "local";
  const [, job = text, matrix = ""] = /^(.*?)\/(\{.*\}|null)$/s.exec(text) ?? [];
  const key = [job || fallback, showMatrix(matrix)].filter((part) => part !== "").join("/");
  return key.replace(/[^\w./=,-]/gu, (letter) => encodeURIComponent(letter.isWellFormed() ? letter : "\uFFFD"));
}

/** `{"os": "linux", "n": 2}` -> `os=linux,n=2`; other text as it is. */
function showMatrix(json: string): string {
  if (json === "" || json === "null") return "";
  try {
    const matrix: unknown = JSON.parse(json);
    return Object.entries(matrix ?? {})
      .map(([key, value]) => `${key}=${typeof value === "string" ? value : JSON.stringify(value)}`)
      .join(",");
  } catch {
    return json;
  }
}

const isYes = (text: string): boolean => text.toLowerCase() === "true";
const lines = (text: string): string[] =>
  text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "");
const words = (text: string): string[] =>
  text
    .split(",")
    .map((word) => word.trim())
    .filter((word) => word !== "");

function oneOf<const T extends string>(allowed: readonly T[], text: string): T {
  const found = allowed.find((word) => word === text);
  if (found === undefined) throw new Error(`inputs.ts allows "${text}", options.ts does not (${allowed.join(", ")})`);
  return found;
}
