/**
 * The action's inputs and outputs, once: names, defaults, allowed values, texts. action.yml, the README table, the flags and their help
 * are made from this table. Reading values is options.ts.
 */

export interface InputSpec {
  readonly name: string;
  readonly kind: "text" | "lines" | "switch" | "number" | "choice" | "choices";
  /** As text; "" means not set. The only place where this default is written. */
  readonly default: string;
  readonly oneOf?: readonly string[];
  /** Smallest allowed number. */
  readonly min?: number;
  readonly help: string;
  /** What the help shows for the value: `--config FILE`. Without it: the allowed values. */
  readonly value?: string;
  /** Expressions, joined by `/`, that action.yml gives as the default because only the runner can fill them in. */
  readonly runnerExpressions?: readonly string[];
  /** An empty value is a value of its own. Elsewhere the runner's empty string means "not given". */
  readonly emptyCounts?: boolean;
  /** A flag of the command that the action does not have as an input. */
  readonly commandOnly?: boolean;
}

export const inputSpecs: readonly InputSpec[] = [
  { name: "config", kind: "text", value: "FILE", default: ".github/trt-gate.yml", help: "Configuration file, relative to the workspace." },
  {
    name: "models",
    kind: "lines",
    value: "GLOB",
    default: "",
    help: "Model paths or globs, one a line, instead of the configuration's list. A model that the configuration names keeps its settings.",
  },
  {
    name: "lane",
    kind: "choice",
    default: "auto",
    oneOf: ["auto", "implicit", "explicit", "simulate"],
    help: "How engines come about. `auto` takes what the model and the machine allow and falls back to `simulate` without a GPU.",
  },
  { name: "changed-only", kind: "switch", default: "true", help: "Check only the models that the change touches." },
  { name: "base-ref", kind: "text", value: "REF", default: "", help: "Commit or branch to compare with, where the event does not tell." },
  {
    name: "search",
    kind: "choice",
    default: "on-regression",
    oneOf: ["on-regression", "always", "off"],
    help: "When to search for the layers to keep in higher precision.",
  },
  {
    name: "comment",
    kind: "choice",
    default: "on-change",
    oneOf: ["on-change", "always", "on-problem", "off"],
    help: "When to write the pull-request comment. An existing comment is always brought up to date, except with `off`.",
  },
  {
    name: "suggest-fix",
    kind: "switch",
    default: "true",
    help: "Put a proved fix on the configuration's line as a suggestion to commit by one click, where that line is part of the pull request. Not with `comment: off`.",
  },
  {
    name: "fail-on",
    kind: "choices",
    value: "LIST",
    default: "regression,undecided",
    oneOf: ["regression", "undecided"],
    help: "Verdicts that make the step fail, separated by commas.",
  },
  {
    name: "allow-forks",
    kind: "switch",
    default: "false",
    help: "Check pull requests from forks on self-hosted runners and run their scripts. Read docs/security.md first.",
  },
  {
    name: "python",
    kind: "text",
    value: "FILE",
    default: "python3",
    help: "Python interpreter with tensorrt and polygraphy, for the TensorRT lanes.",
  },
  {
    name: "timeout-minutes",
    kind: "number",
    value: "N",
    default: "60",
    min: 0.1,
    help: "Time for the whole run; what is not done by then is undecided.",
  },
  {
    name: "artifact-name",
    kind: "text",
    value: "NAME",
    default: "trt-gate",
    help: "Name of the uploaded report; an empty value uploads nothing.",
    emptyCounts: true,
  },
  {
    name: "artifact-engines",
    kind: "switch",
    default: "true",
    help: "Put the engines that were judged and their timing cache into the report, up to 256 MiB in all.",
  },
  {
    name: "retention-days",
    kind: "number",
    value: "N",
    default: "",
    min: 1,
    help: "Days the uploaded report is kept; the repository's setting without it.",
  },
  {
    name: "report-dir",
    kind: "text",
    value: "FOLDER",
    default: "trt-gate-report",
    help: "Folder for report.json, report.html, comment.md and the fix.",
  },
  {
    name: "github-token",
    kind: "text",
    value: "TOKEN",
    default: "",
    help: "Token for the comment and the list of changed files.",
    runnerExpressions: ["github.token"],
  },
  {
    name: "job-key",
    kind: "text",
    value: "NAME",
    default: "",
    help: "Tells comments of several jobs apart (default: workflow, job and matrix).",
    runnerExpressions: ["github.workflow", "github.job", "toJSON(matrix)"],
  },
  { name: "seed", kind: "number", value: "N", default: "0", min: 0, help: "Seed of everything random.", commandOnly: true },
  {
    name: "save-outputs",
    kind: "text",
    value: "FOLDER",
    default: "",
    help: "Folder for both sides' final outputs as Polygraphy run results.",
    commandOnly: true,
  },
];

export const outputSpecs: readonly { readonly name: string; readonly help: string }[] = [
  { name: "verdict", help: "`pass`, `regression` or `undecided`." },
  { name: "models-checked", help: "Number of models that were checked." },
  { name: "regressions", help: "Number of models with a regression." },
  { name: "report-path", help: "Path of report.json." },
  { name: "html-path", help: "Path of report.html." },
  { name: "fix-dir", help: "Folder with the fix, empty without one." },
  { name: "comment-url", help: "Address of the pull-request comment, empty without one." },
  { name: "artifact-url", help: "Address of the uploaded report, empty without one." },
];

/** Inputs that action.yml has. */
export const actionInputs = inputSpecs.filter((input) => input.commandOnly !== true);
