/**
 * The user's own metric: their command, run once a side on that side's outputs. Its last line of stdout is {"<metric>": number}.
 * Runs only trusted code: the command's folder holds the base commit's files.
 */
import { join } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import { childEnv, pythonEnv } from "../effects/child-env.ts";
import type { Files } from "../effects/effects.ts";
import { ToolError } from "../effects/failure.ts";
import { writeNpz } from "../formats/write-npz.ts";
import { reasonOf } from "../gate/reasons.ts";
import { taskWords } from "../gate/task-figures.ts";
import type { Verdict } from "../gate/verdict.ts";
import type { CheckContext } from "../prepare/context.ts";
import { bySample, type OutputSink, type Side, sides } from "./output-sinks.ts";

export interface TaskResult {
  readonly metric: string;
  readonly reference: number;
  readonly candidate: number;
  /** reference - candidate: higher is better for a task's metric. */
  readonly drop: number;
  readonly maxDrop: number;
  readonly passes: boolean;
}

/** A task that fell too far is a regression, unless the outputs already decided; a passing task changes nothing. */
export function withTask(verdict: Verdict, task: TaskResult | undefined): Verdict {
  if (task === undefined || task.passes || verdict.kind === "regression") return verdict;
  const { kind, next } = reasonOf("task-drop");
  const words = taskWords(task);
  const figures = `${task.metric} fell from ${words.reference} to ${words.candidate}, by ${words.drop}, more than ${words.maxDrop}.`;
  return { kind, reason: "task-drop", message: `The task's ${figures} ${next}` };
}

export type SideFolders = Readonly<Record<Side, string>>;

/** One folder a side, below the model's own. */
export const taskFolders = (workFolder: string): SideFolders => ({
  reference: join(workFolder, "task-reference"),
  candidate: join(workFolder, "task-candidate"),
});

/** One `.npz` a sample in each side's folder, named by the sample's number. */
export const taskOutputs = (folders: SideFolders, files: Pick<Files, "writeBytes">): OutputSink =>
  bySample({
    sample: async (index, outputs) => {
      const fileName = `${String(index).padStart(6, "0")}.npz`;
      for (const side of sides) await files.writeBytes(join(folders[side], fileName), writeNpz(outputs[side]));
    },
    end: async () => {},
  });

/** `folders` hold the outputs of both sides. */
export async function runTask(task: NonNullable<ModelEntry["task"]>, folders: SideFolders, context: CheckContext): Promise<TaskResult> {
  const reference = await evaluate("reference", task, folders.reference, context);
  const candidate = await evaluate("candidate", task, folders.candidate, context);
  const drop = reference - candidate;
  return { metric: task.metric, reference, candidate, drop, maxDrop: task.maxDrop, passes: drop <= task.maxDrop };
}

const keptBytes = 2 ** 20;

async function evaluate(side: Side, task: NonNullable<ModelEntry["task"]>, folder: string, context: CheckContext): Promise<number> {
  const { effects, settings, codeFolder } = context;
  const [file = "", ...args] = task.command.map((word) => word.replaceAll("{outputs}", folder));
  const isPython = /^python[0-9.]*$/.test(file);
  const extra = { TRT_GATE_SIDE: side };
  let lastLine = "";
  const result = await effects.exec.run({
    file: isPython ? settings.options.python : file,
    args,
    cwd: codeFolder,
    env: isPython ? pythonEnv(effects.env, extra) : childEnv(effects.env, extra),
    timeoutMs: Math.max(1000, context.deadlineMs - effects.clock.monotonicMs()),
    onLine: (line, stream) => {
      if (stream === "stdout" && line.trim() !== "") lastLine = line;
    },
    maxStdoutBytes: keptBytes,
  });
  const where = `The task command "${result.command}" for the ${side}`;
  if (result.endedBy !== "exit" || result.exitCode !== 0) {
    const how = result.endedBy === "exit" ? `exit ${result.exitCode}` : `${result.endedBy} ${result.signal ?? result.cause ?? ""}`.trim();
    throw new ToolError("task-failed", `${where} ended with ${how}. Run it by hand with TRT_GATE_SIDE=${side}.`, result.tail);
  }
  // A long line is cut, and of much output only the beginning is kept: one of both is whole.
  const value =
    metricIn(lastLine, task.metric) ?? (Buffer.byteLength(result.stdout) < keptBytes ? metricIn(result.stdout, task.metric) : undefined);
  if (value === undefined) {
    throw new ToolError(
      "task-failed",
      `${where} did not print {"${task.metric}": number} as its last line. Print it after everything else.`,
      result.tail,
    );
  }
  return value;
}

/** The named number in the last non-empty line; undefined when the line is no such JSON or the number is not finite. */
export function metricIn(stdout: string, metric: string): number | undefined {
  const last = stdout.trimEnd().split("\n").at(-1) ?? "";
  try {
    const parsed: unknown = JSON.parse(last);
    const value: unknown = typeof parsed === "object" && parsed !== null ? Reflect.get(parsed, metric) : undefined;
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
