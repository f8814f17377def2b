/**
 * Asks NVIDIA's strongly typed builder whether it takes a model, where the configured Python has it (TensorRT for RTX, which builds without a GPU).
 * Runs no engine; what the answer means for the verdict is evaluate/builder-check.ts.
 */
import { join } from "node:path";
import { z } from "zod";
import { pythonEnv } from "../../effects/child-env.ts";
import type { Effects, ToolResult } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import { pythonFile } from "../../effects/python-files.ts";
import type { ShapeRange } from "../../model/job.ts";

interface BuilderPlace {
  readonly python: string;
  /** For the files of the question. */
  readonly folder: string;
  readonly timeoutMs: number;
  readonly effects: Effects;
}

export interface BuilderQuestion extends BuilderPlace {
  readonly modelPath: string;
  /** Of inputs with open dimensions. */
  readonly shapes: ReadonlyMap<string, ShapeRange>;
}

export type BuilderAnswer =
  | { readonly kind: "not-installed" }
  /** It neither took nor refused the model: it died, or ran out of time. */
  | { readonly kind: "no-answer"; readonly builder: string; readonly message: string }
  | { readonly kind: "taken"; readonly builder: string }
  | { readonly kind: "refused"; readonly builder: string; readonly message: string };

const installedSchema = z.object({ installed: z.boolean() });
const resultSchema = z.object({
  builder: z.string().nullable(),
  taken: z.boolean().optional(),
  messages: z.array(z.string()).default([]),
});

/** Whether it is worth making a model to ask about: false also without Python. Loads nothing of the builder. ToolError `cancelled` alone. */
export async function hasBuilder({ folder, ...place }: BuilderPlace): Promise<boolean> {
  await place.effects.files.makeFolder(folder);
  const resultPath = join(folder, "installed.json");
  await runScript({ folder, ...place }, [resultPath]);
  return (await readResult(resultPath, installedSchema, place.effects))?.installed === true;
}

/** ToolError `cancelled` alone: without Python or without the builder the answer is `not-installed`. */
export async function askBuilder({ modelPath, shapes, ...place }: BuilderQuestion): Promise<BuilderAnswer> {
  const { folder, effects, timeoutMs } = place;
  const { files } = effects;
  await files.makeFolder(folder);
  const [profile, resultPath] = [join(folder, "profile.json"), join(folder, "answer.json")];
  await files.writeText(
    profile,
    JSON.stringify(Object.fromEntries([...shapes].map(([name, { min, opt, max }]) => [name, [min, opt, max]]))),
  );
  const run = await runScript(place, [modelPath, profile, resultPath]);
  const result = await readResult(resultPath, resultSchema, effects);
  if (result === undefined || result.builder === null) return { kind: "not-installed" };
  const { builder, taken, messages } = result;
  if (taken === undefined) return { kind: "no-answer", builder, message: endingOf(run, timeoutMs) };
  return taken ? { kind: "taken", builder } : { kind: "refused", builder, message: refusalOf(messages) };
}

async function runScript({ python, folder, timeoutMs, effects }: BuilderPlace, words: readonly string[]): Promise<ToolResult> {
  const script = await pythonFile("builder_check.py", effects.files);
  const run = await effects.exec.run({ file: python, args: [script, ...words], cwd: folder, env: pythonEnv(effects.env), timeoutMs });
  if (run.endedBy === "cancel") throw new ToolError("cancelled", "The builder check was cancelled. Start the run again.", run.tail);
  return run;
}

async function readResult<T>(path: string, schema: z.ZodType<T>, { files }: Effects): Promise<T | undefined> {
  if ((await files.stat(path)) === undefined) return undefined;
  try {
    return schema.parse(JSON.parse(await files.readText(path)));
  } catch {
    return undefined;
  }
}

const endingOf = ({ endedBy, signal, exitCode, tail }: ToolResult, timeoutMs: number): string =>
  endedBy === "timeout"
    ? `it took longer than ${Math.round(timeoutMs / 1000)} s`
    : `it ended by ${signal ?? `exit code ${exitCode}`}: ${tail.at(-1) ?? "no last line"}`;

/** Its own words, without the lines about the GPU that it does not need. */
function refusalOf(messages: readonly string[]): string {
  const lines = messages
    .flatMap((message) => message.split("\n"))
    .filter((line) => line.trim() !== "" && !/catchCudaError|cudaError \d+/.test(line));
  return [...new Set(lines)].slice(0, 2).join(" ") || "it gives no reason";
}
