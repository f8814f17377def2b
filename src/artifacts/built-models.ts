/**
 * ONNX files that the gate made itself and built engines from, or ran: with them the printed commands measure those very sides. They lie beside the commands,
 * within the run's limit of size; a file that the user has is named where it lies.
 */
import { join } from "node:path";
import type { Files } from "../effects/effects.ts";
import type { BuildFacts, Engine } from "../model/engine.ts";
import { embed, isExternal } from "../onnx/constants.ts";
import { encodeModel } from "../onnx/edit.ts";
import { readModel } from "../onnx/read.ts";
import type { CheckContext } from "../prepare/context.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import { writeBeside } from "./beside-report.ts";
import { mostEngineBytes } from "./engine-files.ts";

export type BuiltModels = Readonly<Partial<Record<"reference" | "candidate", string>>>;

/** Names of the files that were written into `folder` of the report. Nothing where both sides are the user's files. */
export async function keepBuiltModels(
  { half, facts }: Engine,
  { job, lane }: Pick<Prepared, "job" | "lane">,
  { folder, context }: { readonly folder: string; readonly context: CheckContext },
): Promise<BuiltModels> {
  const mostBytes = context.settings.options.artifactEngines ? mostEngineBytes - context.engineBytes.kept : 0;
  const sides = (await lane.sideModels?.({ keep: new Set() }, mostBytes)) ?? {};
  const own = new Set([job.modelPath, job.quantization.qdqPath]);
  const written: { -readonly [K in keyof BuiltModels]: string } = {};
  for (const [role, built] of [["reference", half?.built] as const, ["candidate", facts.built] as const]) {
    if (built === undefined || own.has(built.modelPath)) continue;
    const name = `${role}.onnx`;
    if (await keepOne(built, join(folder, name), context)) written[role] = name;
  }
  for (const role of ["reference", "candidate"] as const) {
    const bytes = sides[role];
    if (bytes !== undefined && (await keepBytes(bytes, join(folder, `${role}.onnx`), context))) written[role] = `${role}.onnx`;
  }
  return written;
}

async function keepOne({ modelPath }: NonNullable<BuildFacts["built"]>, path: string, context: CheckContext): Promise<boolean> {
  const { effects, settings, engineBytes } = context;
  const size = (await effects.files.stat(modelPath))?.sizeBytes ?? 0;
  if (!settings.options.artifactEngines || engineBytes.kept + size > mostEngineBytes) return false;
  return await keepBytes(await wholeModel(modelPath, effects.files), path, context);
}

async function keepBytes(bytes: Uint8Array, path: string, context: CheckContext): Promise<boolean> {
  const { effects, settings, engineBytes } = context;
  if (!settings.options.artifactEngines || engineBytes.kept + bytes.length > mostEngineBytes) return false;
  if (!(await writeBeside(path, context, (target) => effects.files.writeBytes(target, bytes)))) return false;
  engineBytes.kept += bytes.length;
  return true;
}

/** The very file; weights that lie beside it are taken in. */
export async function wholeModel(path: string, files: Files): Promise<Uint8Array> {
  const model = await readModel(path, files);
  const { graph, folder } = model;
  if (!graph.initializer.some(isExternal)) return await files.readBytes(path);
  graph.initializer = await Promise.all(graph.initializer.map(async (one) => (isExternal(one) ? await embed(one, folder, files) : one)));
  return encodeModel(model);
}
