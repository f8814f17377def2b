/**
 * `trt-gate doctor`: which lanes work on this machine and what is missing, with the command that installs it; whether the configuration here is sound; and
 * what to do next. Exit 4 when no lane works.
 */

import { childEnv } from "../effects/child-env.ts";
import type { Effects } from "../effects/effects.ts";
import { asTyped, type Typed } from "../effects/own-command.ts";
import { sanitizeLog } from "../effects/sanitize-log.ts";
import { exitCodes } from "../gate/exit-code.ts";
import { inspectMachine, type Machine, type Missing } from "../lanes/tensorrt/machine.ts";
import { plural } from "../model/plural.ts";
import type { RunCommand } from "./command.ts";
import { type FoundConfig, findConfig, usualConfig } from "./look-at-config.ts";

export interface Findings {
  readonly machine: Machine;
  /** Undefined where there is none. */
  readonly config: FoundConfig | undefined;
  /** Of this process. */
  readonly node: string;
  /** Undefined where git is not found. */
  readonly git: string | undefined;
}

export const run: RunCommand = async (parsed, effects, io) => {
  const [machine, config, git] = await Promise.all([
    inspectMachine(effects, parsed.text("python") ?? "python3"),
    findConfig(parsed.text("config") ?? usualConfig, effects),
    gitVersion(effects),
  ]);
  const findings = { machine, config, node: process.versions.node, git };
  io.out(parsed.has("json") ? `${JSON.stringify(asJson(findings), null, 2)}\n` : doctorText(findings, effects));
  return machine.lanes.some(({ works }) => works) ? exitCodes.pass : exitCodes.undecided;
};

async function gitVersion({ exec, env }: Effects): Promise<string | undefined> {
  const { endedBy, exitCode, stdout } = await exec.run({ file: "git", args: ["--version"], env: childEnv(env), timeoutMs: 10_000 });
  return endedBy === "exit" && exitCode === 0 ? /\d+(\.\d+)+/.exec(stdout)?.[0] : undefined;
}

function asJson({ machine, config, node, git }: Findings) {
  const { gpu, hello, interpreter, trtexec, onnxruntime, freeBytes, lanes, builderCheck, missing, notes } = machine;
  return {
    node,
    git: git ?? null,
    gpu: gpu ?? null,
    python: hello?.python ?? interpreter?.version ?? null,
    tensorrt: hello?.tensorrt ?? interpreter?.packages.tensorrt ?? null,
    polygraphy: hello?.polygraphy ?? interpreter?.packages.polygraphy ?? null,
    features: hello?.features ?? null,
    trtexec: trtexec ?? null,
    onnxruntime: onnxruntime ?? null,
    freeBytes,
    product: hello?.product ?? null,
    lanes,
    builderCheck,
    missing,
    notes,
    configuration: config === undefined ? null : { ...config, models: config.models.map(({ name }) => name) },
    next: nextOf({ machine, config }),
  };
}

/** A package that is there and was not seen to load. */
function installed(interpreter: Machine["interpreter"], name: string): string | undefined {
  const version = interpreter?.packages[name];
  return version && `${version} is installed, and TensorRT does not load (see Missing)`;
}

/** Plain text; what tools said is made inert. `typed`: how the reader calls the command. */
export function doctorText({ machine, config, node, git }: Findings, typed: Typed = {}): string {
  const { lanes, builderCheck, missing, notes } = machine;
  const lines = [
    ...[["Node", node], ["git", git], ...machineRows(machine)].map(([name = "", value]) => `${name.padEnd(13)} ${value ?? "none"}`),
    "",
    ...lanes.map(({ lane, works, why }) => `lane ${lane.padEnd(9)} ${works ? "works" : "does not work"}: ${why}`),
    `builder check  ${builderCheck.works ? "works" : "does not work"}: ${builderCheck.why}`,
    ...(missing.length === 0 ? [] : ["", "Missing:", ...missing.map(twoLines)]),
    ...(notes.length === 0 ? [] : ["", ...notes]),
    "",
    ...configLines(config),
    "",
    "Next:",
    ...nextOf({ machine, config }).map(twoLines),
  ];
  return `${sanitizeLog(asTyped(lines.join("\n"), typed))}\n`;
}

const twoLines = ({ what, command }: Missing): string => `  ${what}\n    ${command}`;

function machineRows({ gpu, hello, interpreter, trtexec, onnxruntime, freeBytes }: Machine): [string, string | undefined][] {
  return [
    ["GPU", gpu && `${gpu.name}${gpu.totalMiB === undefined ? "" : `, ${gpu.totalMiB} MiB`}`],
    ["driver", gpu?.driver],
    ["Python", interpreter && `${interpreter.version} (${interpreter.path})`],
    [hello?.product ?? "TensorRT", hello?.tensorrt ?? installed(interpreter, "tensorrt")],
    ["Polygraphy", hello?.polygraphy ?? installed(interpreter, "polygraphy")],
    ...(trtexec === undefined ? [] : [["trtexec", trtexec] as [string, string]]),
    ["ONNX Runtime", onnxruntime],
    ["free disk", `${(freeBytes / 2 ** 30).toFixed(1)} GiB`],
  ];
}

function configLines(config: FoundConfig | undefined): string[] {
  if (config === undefined) return ["configuration none here"];
  const { path, models, problems } = config;
  if (problems.length === 0) return [`configuration ${path}: ${plural(models.length, "model")}`];
  return [`configuration ${path}: ${plural(problems.length, "problem")}`, ...problems.map((problem) => `  ${problem}`)];
}

/** One thing to do, or a choice of two. What is only missing for some lanes is listed above and stands in nobody's way. */
function nextOf({ machine, config }: Pick<Findings, "machine" | "config">): Missing[] {
  const check = (what: string) => [{ what, command: "trt-gate check" }];
  if (!machine.lanes.some(({ works }) => works)) return [{ what: "run what stands under Missing, then", command: "trt-gate doctor" }];
  if (config === undefined)
    return [
      { what: "write a configuration for the models below this folder", command: "trt-gate init" },
      { what: "or judge one model without a configuration", command: "trt-gate check MODEL --cache FILE --validation FILE" },
    ];
  if (config.problems.length > 0) return check(`correct ${config.path}, then`);
  return check(config.models.length === 0 ? `name a model in ${config.path}, then` : "check the models");
}
