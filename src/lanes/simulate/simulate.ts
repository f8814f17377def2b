/**
 * The simulate lane: INT8 on the CPU through ONNX Runtime. The reference is the float model, the candidate the same model with fake quantisation.
 * Makes tensors of both sides; accepts nothing for TensorRT, which fuses and rounds in its own way.
 */

import type { LaneJob } from "../../model/job.ts";
import type { PreparedLane } from "../../model/lane.ts";
import { checkOutputs, modelInputs, resolveInputs } from "../../onnx/inputs.ts";
import { outputForms } from "../../onnx/output-forms.ts";
import { readModel } from "../../onnx/read.ts";
import { declaredDims } from "../../onnx/types.ts";
import { checkFeeds } from "../../samples/check-feeds.ts";
import { simulatedEngine } from "./engine.ts";
import { explaining, explainingEngine } from "./explain-failure.ts";
import { layerRunner } from "./layers.ts";
import { outputRunner } from "./outputs.ts";
import { shapesOf } from "./probe-shapes.ts";
import { makeSides, type Sides } from "./quantized-pair.ts";
import { reachedClamps } from "./reached-clamps.ts";
import { reproduceCommands } from "./reproduce.ts";
import { type RunContext, runContext } from "./run-context.ts";
import { loadRuntime, type Runtime } from "./runtime.ts";
import { sideModels, unfiledSides } from "./side-models.ts";

/** Checks model and samples, then makes both sides. Nothing has run on the candidate yet. */
export async function prepareSimulate(job: LaneJob): Promise<PreparedLane> {
  const runtime = await loadRuntime(job.effects);
  return await explaining({ job, runtime }, () => prepared(job, runtime));
}

async function prepared(job: LaneJob, runtime: Runtime): Promise<PreparedLane> {
  const model = await readModel(job.modelPath, job.effects.files, { weights: "left-in-file", shownAs: job.sources?.model });
  checkOutputs(model);
  resolveInputs(model, job.shapes);
  await checkFeeds(job.validation, modelInputs(model), job.shapes);
  if (job.quantization.cachePath === undefined && job.quantization.data !== undefined)
    await checkFeeds(job.quantization.data, modelInputs(model), job.shapes);
  const sides = await makeSides(job, model, runtime);
  const bench = runContext(job, runtime);
  const shapes = await probeShapes(bench, sides);
  const outputs = outputRunner(bench, sides);
  const layers = layerRunner(bench, sides, shapes);

  return {
    lane: "simulate",
    units: sides.candidate.units,
    outputs: sides.reference.outputs.map((output) => output.name),
    outputDims: declaredDims(sides.reference.outputs),
    order: tensorOrder(sides),
    sampleCount: job.validation.count,
    forms: await outputForms(sides.reference, shapes, job.effects.files),
    coverage: {
      quantizedUnits: (sides.quantizedCompute ?? sides.candidate.units.length) + (sides.bodies?.quantized.length ?? 0),
      totalUnits: sides.totalUnits + (sides.bodies?.total ?? 0) + sides.floatKinds.length,
      floatKinds: sides.floatKinds,
      bodies: sides.bodies,
      quantizedOthers: sides.quantizedOthers,
      missingScales: sides.missingScales,
      heldByNoUnit: sides.heldByNoUnit ?? [],
      variant: sides.variant,
    },
    versions: { onnxruntime: runtime.version },
    scales: sides.scales,
    readScales: sides.readScales,
    ranges: sides.ranges,
    placement: sides.placement,
    convergence: sides.convergence,
    deterministic: true,
    missingActivations: () =>
      reachedClamps(sides.reference, sides.doubted ?? [], { runtime, effects: job.effects, validation: job.validation }),
    build: async (assignment, { fresh = false } = {}) => {
      if (fresh) await outputs.rebuild();
      return explainingEngine({ job, runtime }, simulatedEngine(bench, { outputs, layers }, assignment));
    },
    sideModels: async ({ keep }, mostBytes) => await sideModels(sides, { keep, mostBytes }, job.effects.files),
    reproduce: ({ keep }, files) => reproduceCommands(job, { ...sides, unfiled: unfiledSides(sides, keep) }, files),
    close: async () => {
      await layers.close();
      await outputs.close();
    },
  };
}

const tensorOrder = (sides: Sides) => new Map(sides.reference.nodes.flatMap((node) => node.output).map((name, i) => [name, i]));

/** Shapes of every tensor for the first sample; empty where there is none. */
async function probeShapes(bench: RunContext, sides: Sides): Promise<ReadonlyMap<string, readonly number[]>> {
  if (bench.job.validation.count === 0) return new Map();
  return await shapesOf(sides.reference, await bench.job.validation.feed(0), { runtime: bench.runtime, effects: bench.job.effects });
}
