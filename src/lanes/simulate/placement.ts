/** Where a model's Q/DQ goes: the scheme asked for or the lane's own, and for ModelOpt's what stays in float for its size, from one run on made-up values. */
import type { Effects } from "../../effects/effects.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { LaneJob, ShapeRange } from "../../model/job.ts";
import { corePlacement, type Placement, type PlacementScheme } from "../../model/placement.ts";
import { resolveInputs } from "../../onnx/inputs.ts";
import { type OnnxModel, tensorShape } from "../../onnx/model.ts";
import { toNetwork } from "../../onnx/network.ts";
import { sizedTensors, tooSmall } from "../../onnx/placement/excluded.ts";
import { randomFeeds } from "../../samples/random-feeds.ts";
import { readShapes, shapeNetwork } from "./probe-shapes.ts";
import { loadRuntime } from "./runtime.ts";
import { openSession } from "./session.ts";

/** `fallback`: where the configuration asks for no scheme. */
export const placementFor = (job: LaneJob, model: OnnxModel, fallback: PlacementScheme): Promise<Placement> =>
  placementOf(job.quantization.placement ?? fallback, model, job.shapes, job.effects);

/** Where the model cannot be run (an operator of a plugin, an open dimension), only what is known without counts. */
export async function placementOf(
  scheme: PlacementScheme,
  model: OnnxModel,
  shapes: ReadonlyMap<string, ShapeRange>,
  effects: Effects,
): Promise<Placement> {
  return scheme === "core" ? corePlacement : { scheme, left: await leftForSize(model, shapes, effects) };
}

async function leftForSize(model: OnnxModel, shapes: ReadonlyMap<string, ShapeRange>, effects: Effects): Promise<Set<string>> {
  const network = toNetwork(model);
  const wanted = [...new Set(sizedTensors(model.graph))].filter((name) => !network.constants.has(name));
  const found = wanted.length === 0 ? new Map<string, number[]>() : await sizesOf(model, shapes, effects, wanted).catch(nothingKnown);
  return tooSmall(model.graph, (name) => {
    const constant = network.constants.get(name);
    return constant === undefined ? found.get(name) : tensorShape(constant);
  });
}

async function sizesOf(
  model: OnnxModel,
  shapes: ReadonlyMap<string, ShapeRange>,
  effects: Effects,
  wanted: readonly string[],
): Promise<Map<string, number[]>> {
  const runtime = await loadRuntime(effects);
  const feeds = randomFeeds({ seed: 0, samples: 1 }, resolveInputs(model, shapes), 1);
  const session = await openSession(runtime, effects, shapeNetwork(toNetwork(model), wanted), "float model");
  try {
    return await readShapes(session, await feeds.feed(0));
  } finally {
    await session.release();
  }
}

function nothingKnown(error: unknown): Map<string, number[]> {
  if (error instanceof ConfigError || (error instanceof ToolError && error.reason !== "cancelled")) return new Map();
  throw error;
}
