/**
 * Which room may import what, types included. Checked by check-rooms.ts in `npm run lint`; the table it guards is docs/design/001-rooms.md.
 * Rooms stand in tiers: a room imports its own files and rooms of the tiers before its own, plus the neighbours named in `neighbours`.
 */
import type { ICruiseOptions, IFlattenedRuleSet } from "dependency-cruiser";

/** From the bottom up. A name with `.ts` is a file of `src/` itself. */
export const tiers: readonly (readonly string[])[] = [
  ["version.ts", "node-version.ts", "effects"],
  ["model"],
  ["onnx", "formats", "measure"],
  ["calibration", "gate", "search", "compare"],
  ["config", "samples"],
  ["report"],
  ["lanes", "fix", "github"],
  ["changes", "debug-precision"],
  ["prepare"],
  ["evaluate"],
  ["probes"],
  ["artifacts"],
  ["check", "publish"],
  ["run", "process-guard.ts"],
  ["main.ts"],
  ["entry.ts"],
  ["commands"],
  ["command-line.ts", "action.ts"],
  ["index.ts", "post.ts", "cli.ts"],
];
/** Imports inside a tier, one way each. */
const neighbours: Readonly<Record<string, readonly string[]>> = {
  search: ["gate"],
  samples: ["config"],
};
/** Rooms that touch nothing: no node:*, no toolkit, no runtime. */
const pure = ["model", "config", "measure", "gate", "search", "fix", "report"];

export const rooms: readonly string[] = tiers.flat();
/** A sentence a room: docs/architecture.md prints them, and a room without one fails its test. */
export const purpose: Readonly<Record<string, string>> = {
  "version.ts": "The gate's own version and commit.",
  "node-version.ts": "Refuses an older Node, or a working folder that is gone, with one sentence.",
  effects: "The only code that touches processes, files, the clock and the log; the kinds of failure, told apart by who must act.",
  model:
    "The words that every room shares: tensors, samples, units, lanes and engines. Types, arithmetic on shapes, and the command lines of a build.",
  onnx: "ONNX files: reading every storage form, checking them as hostile data, finding quantisable units, editing Q/DQ.",
  formats: "Files of tensors: npy, npz, Polygraphy's and trtexec's JSON, in constant memory.",
  measure: "Streams of tensor pairs into figures: one table of metrics over sums that can be merged.",
  calibration: "Calibration caches: reading, checking, comparing, and computing scales on the CPU.",
  gate: "Figures and limits into findings and a verdict; the table of reasons and exit codes.",
  search: "Which units to keep in higher precision, asked through one function `probe`; advice where no small set helps.",
  compare: "Two saved sides matched by name and measured in blocks, on several threads where that pays.",
  config: "Texts (YAML, action inputs, flags) into one typed `Settings`, or all problems at once with their places.",
  samples: "Where calibration and validation samples come from: files, loader scripts, a seed; and what is wrong with them.",
  report: "The one result as data, and its renderings: comment, summary, HTML page, terminal, annotations.",
  lanes: "How tensors come about: ONNX Runtime simulating INT8, or TensorRT engines through one Python worker.",
  fix: "Kept units into what users run: scripts, flags, an edited Q/DQ model, a keep file.",
  github: "GitHub's API, comments, artifacts and workflow files.",
  changes: "Which commit, whose code, and which models a change touches.",
  "debug-precision": "Polygraphy's own search, `debug precision`, run and read for the methods bisect and linear.",
  prepare:
    "An entry of the configuration into a prepared lane: files found, samples opened, scales chosen, units kept; what is wrong is said here.",
  evaluate:
    "Built sides run over the samples and judged: outputs, layers, the user's task, harm, speed, share of INT8, NVIDIA's builder, the base commit.",
  probes: "Joins the search to a lane: what a probe builds and measures, which samples rank, choose and prove, what ranks cheaply.",
  artifacts: "The files beside a report: the fix with its proof, a patch, a script that measures again, the engines.",
  check: "The story of one model, from entry to its part of the report.",
  publish: "The result written to files and sinks. None of it can change the verdict.",
  run: "The three steps of `main.ts`: select models, check them all, build the report.",
  "main.ts": "The story of one run. Never reads a global and never exits.",
  "entry.ts": "What the action and the command share: run, publish, and turn every ending into an exit code.",
  commands: "One file a subcommand, and the table of all commands and flags.",
  "process-guard.ts": "Signals and uncaught errors of a process, each with its exit code.",
  "command-line.ts": "The command's own process: real effects in, exit code out.",
  "action.ts": "The action's own process: inputs from the environment in, exit code out.",
  "index.ts": "Entry of the action: loads it, or says that it cannot.",
  "post.ts": "Entry of the action's clean-up step.",
  "cli.ts": "Entry of the command: loads it, or says that it cannot.",
};
const pathOf = (room: string): string => (room.endsWith(".ts") ? `^src/${room.replace(".", "\\.")}$` : `^src/${room}/`);

/** A room's own files, everything of the tiers below it, and its neighbours. */
function allowed(room: string): string[] {
  const tier = tiers.findIndex((names) => names.includes(room));
  return [room, ...tiers.slice(0, tier).flat(), ...(neighbours[room] ?? [])];
}

export const ruleSet: IFlattenedRuleSet = {
  forbidden: [
    {
      name: "pure-rooms-touch-nothing",
      severity: "error",
      comment: "pure rooms have no node:*, no toolkit, no runtime",
      from: { path: pure.map(pathOf) },
      to: { path: "^(node:|node_modules/@actions|node_modules/onnxruntime|node_modules/execa)" },
    },
    { name: "pure-rooms-no-core", severity: "error", from: { path: pure.map(pathOf) }, to: { dependencyTypes: ["core"] } },
    { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
    {
      name: "every-file-has-a-room",
      severity: "error",
      from: { path: "^src/", pathNot: rooms.map(pathOf) },
      to: {},
    },
    ...rooms.map((room) => ({
      name: `${room}-imports-one-way`,
      severity: "error" as const,
      from: { path: pathOf(room) },
      to: { path: "^src/", pathNot: allowed(room).map(pathOf) },
    })),
  ],
};

export const options: ICruiseOptions = {
  doNotFollow: { path: "node_modules" },
  parser: "swc",
  tsPreCompilationDeps: true,
  enhancedResolveOptions: { extensions: [".ts", ".js", ".mjs", ".json"] },
};
