/**
 * Has NVIDIA's builder judge the candidate and the fix where it is installed: what it refuses, TensorRT does not take, whatever the figures are.
 * Decides which files are asked about and what an answer means; a builder that is not there or dies decides nothing.
 */
import { join } from "node:path";
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import type { Caveat } from "../gate/caveats.ts";
import { askBuilder, type BuilderAnswer, hasBuilder } from "../lanes/tensorrt/builder-check.ts";
import { corePlacement } from "../model/placement.ts";
import { encodeModel, insertQdq } from "../onnx/edit.ts";
import { resolveInputs } from "../onnx/inputs.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { readModel } from "../onnx/read.ts";
import { editedQdqModel } from "../prepare/edited-qdq.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import type { ModelReport } from "../report/schema.ts";

/** A large model builds for minutes; more is not worth an answer on the side. */
const mostMs = 5 * 60_000;

export interface BuilderVerdict {
  readonly report: NonNullable<ModelReport["builderCheck"]>;
  readonly caveats: readonly Caveat[];
  readonly warnings: readonly string[];
}

/**
 * `keep`: units that the fix leaves in float, none where there is no fix. Undefined where the builder is not installed or not wanted, and where no
 * explicit model can be made (an opset that cannot be raised): a question on the side never costs a verdict.
 */
export async function checkBuilder(prepared: Prepared, keep: readonly string[]): Promise<BuilderVerdict | undefined> {
  try {
    return await askAboutBoth(prepared, keep);
  } catch (error) {
    if (error instanceof ConfigError || error instanceof FileError) return undefined;
    if (error instanceof ToolError && error.reason !== "cancelled") return undefined;
    throw error;
  }
}

async function askAboutBoth(prepared: Prepared, keep: readonly string[]): Promise<BuilderVerdict | undefined> {
  const { job, builderCheck } = prepared;
  if (builderCheck === "off" || (givenPath(prepared) ?? prepared.lane.scales) === undefined) return undefined;
  // Most machines have no builder: there no model is made for it.
  const place = placeOf(prepared, "candidate");
  if (place.timeoutMs <= 0 || !(await hasBuilder(place))) return undefined;
  const candidate = await candidatePath(prepared, []);
  if (candidate === undefined) return undefined;
  const first = await ask(prepared, candidate, "candidate");
  if (first.kind === "not-installed") return undefined;
  const fixed = keep.length === 0 ? undefined : await fixPath(prepared, keep);
  const answers = [["candidate", first] as const, ...(fixed === undefined ? [] : [["fix", await ask(prepared, fixed, "fix")] as const])];
  const told = answers.flatMap(([what, answer]) => (answer.kind === "not-installed" ? [] : [{ what, answer }]));
  return {
    report: {
      builder: first.builder,
      answers: told.map(({ what, answer }) => ({ what, answer: answer.kind, ...("message" in answer ? { message: answer.message } : {}) })),
    },
    caveats: told.flatMap(({ what, answer }) => (answer.kind === "refused" ? [refusal(what, answer)] : [])),
    warnings: told.flatMap(({ what, answer }) =>
      answer.kind === "no-answer"
        ? [`${answer.builder} did not say whether it takes the ${what} of '${job.name}': ${answer.message}.`]
        : [],
    ),
  };
}

const refusal = (what: string, { builder, message }: { readonly builder: string; readonly message: string }): Caveat => ({
  reason: "not-for-tensorrt",
  message: `TensorRT does not take this model: ${builder} refuses the ${what} with "${message}". Export it in a form that it takes; \`builder-check: off\` in 'tensorrt' leaves the question out.`,
});

async function ask(prepared: Prepared, modelPath: string, what: string): Promise<BuilderAnswer> {
  const { job } = prepared;
  const place = placeOf(prepared, what);
  if (place.timeoutMs <= 0) return { kind: "not-installed" };
  const shapes = shapesOf(await readModel(modelPath, job.effects.files, { weights: "left-in-file" }), job.shapes);
  return await askBuilder({ modelPath, shapes, ...place });
}

const placeOf = ({ job: { workFolder, effects, deadlineMs }, python }: Prepared, what: string) => ({
  python,
  folder: join(workFolder, `builder-${what}`),
  timeoutMs: Math.min(mostMs, deadlineMs - effects.clock.monotonicMs()),
  effects,
});

const shapesOf = (model: OnnxModel, given: Prepared["job"]["shapes"]): Prepared["job"]["shapes"] =>
  new Map(resolveInputs(model, given).map(({ name, shape }) => [name, given.get(name) ?? { min: shape, opt: shape, max: shape }] as const));

const givenPath = ({ job, holdsQdq }: Prepared): string | undefined => job.quantization.qdqPath ?? (holdsQdq ? job.modelPath : undefined);

/** The file that is judged: the Q/DQ model as it was given, or one made from the scales in use. Undefined where the lane knows no scales. */
async function candidatePath(prepared: Prepared, keep: readonly string[]): Promise<string | undefined> {
  const { job, lane } = prepared;
  const given = givenPath(prepared);
  if (given !== undefined || lane.scales === undefined) return given;
  const { files } = job.effects;
  const { model } = await insertQdq(await readModel(job.modelPath, files), lane.scales, files, {
    keep: new Set(keep),
    placement: lane.placement ?? corePlacement,
  });
  const path = join(job.workFolder, keep.length === 0 ? "builder-candidate.onnx" : "builder-fix.onnx");
  await files.writeBytes(path, encodeModel(model));
  return path;
}

async function fixPath(prepared: Prepared, keep: readonly string[]): Promise<string | undefined> {
  const edited = await editedQdqModel(prepared, keep);
  if (edited === undefined) return await candidatePath(prepared, keep);
  const path = join(prepared.job.workFolder, "builder-fix.onnx");
  await prepared.job.effects.files.writeBytes(path, edited);
  return path;
}
