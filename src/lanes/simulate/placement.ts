/** Where a model's Q/DQ goes: the scheme asked for or the lane's own, and for ModelOpt's what stays in float for its size, from one run on made-up values. */
import type { Effects } from "../../effects/effects.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { LaneJob, ShapeRange } from "../../model/job.ts";
import { corePlacement, type Placement, type PlacementScheme } from "../../model/placement.ts";
import { type InsertOptions, insertQdq, type QdqInsertion } from "../../onnx/edit.ts";
import { resolveInputs } from "../../onnx/inputs.ts";
import { type OnnxModel, tensorShape } from "../../onnx/model.ts";
import { toNetwork } from "../../onnx/network.ts";
import { sizedTensors, tooSmall } from "../../onnx/placement/excluded.ts";
import { nothingToPlace, useCore } from "../../onnx/placement/place.ts";
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

export interface PlacedInsertion {
  /** Is changed. */
  readonly model: OnnxModel;
  /** The same model, read anew. */
  readonly again: () => Promise<OnnxModel>;
  /** Undefined where nobody asked for a scheme. */
  readonly asked: PlacementScheme | undefined;
  readonly scales: ReadonlyMap<string, number>;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly options: Omit<InsertOptions, "placement">;
  /** The model's, for messages. */
  readonly name: string;
  readonly effects: Effects;
}

/**
 * Q/DQ where the scheme that was asked for puts it, else where ModelOpt does. A model that ModelOpt would leave in float as a whole is quantised all the same,
 * as `core` does and with a warning; ToolError `precision-not-applied` where ModelOpt's placement was asked for.
 */
export async function insertPlaced(insertion: PlacedInsertion): Promise<QdqInsertion & { readonly placement: Placement }> {
  const { model, again, asked, scales, shapes, options, name, effects } = insertion;
  const insert = async (into: OnnxModel, placement: Placement) => ({
    ...(await insertQdq(into, scales, effects.files, { ...options, placement })),
    placement,
  });
  const wanted = await placementOf(asked ?? "modelopt", model, shapes, effects);
  const inserted = await insert(model, wanted);
  const nothing = nothingToPlace(wanted, inserted.placed, name);
  if (nothing === undefined) return inserted;
  if (asked !== undefined) throw new ToolError("precision-not-applied", `${nothing} ${useCore}`);
  effects.log.warning(`${nothing} They are quantised all the same, as \`placement: core\` does.`);
  return await insert(await again(), corePlacement);
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
