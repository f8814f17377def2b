/** Reads back what an engine really runs: a precision that was asked for and is not there must never go unseen. */
import { ToolError } from "../../effects/failure.ts";
import type { ExecutedLayer } from "../../model/engine.ts";
import type { Precision } from "../../model/job.ts";
import type { Recipe } from "./recipe.ts";

/** By the inspector's own word for the layer. */
export const runsIn = (layer: ExecutedLayer, precision = "INT8"): boolean => layer.precision.toUpperCase() === precision;
/** In something that Q/DQ may ask for, INT8 or another. */
const runsQuantized = (layer: ExecutedLayer): boolean => /int8|fp8|fp4|int4/i.test(layer.precision);
const runsHalf = (layer: ExecutedLayer): boolean => /fp16|half|float16/i.test(layer.precision);

/** A Myelin region is shown as one layer with the types of its ends: in what its nodes run nobody tells. */
export const isOpaque = ({ layer, layerType }: ExecutedLayer): boolean => /myelin/i.test(layerType) || layer.includes("ForeignNode[");
export const isReformat = ({ layerType }: ExecutedLayer): boolean => /reformat/i.test(layerType);

/** ToolError `precision-not-applied` for an engine that asked for FP16 and has no FP16 layer. Silent where there is no inspector, or where it hides layers. */
export function checkHalf(recipe: Recipe, executed: readonly ExecutedLayer[]): void {
  const mayRunHalf = (layer: ExecutedLayer) => runsHalf(layer) || isOpaque(layer);
  if (executed.length > 0 && recipe.fp16 && !executed.some(mayRunHalf)) throw notApplied(recipe.what, "FP16", executed);
}

/** ToolError `precision-not-applied` for an FP32 engine with a layer that computes in less. Conversions are no computation. Silent where there is no inspector. */
export function checkSingle(recipe: Recipe, executed: readonly ExecutedLayer[]): void {
  const found = executed.filter((layer) => isBelowSingle(layer) && !isReformat(layer));
  const [below] = found;
  if (below === undefined) return;
  throw new ToolError(
    "precision-not-applied",
    `The ${recipe.what} has ${found.length === 1 ? "1 layer" : `${found.length} layers`} in less than FP32, first '${below.layer}' in ${below.precision}. Give a float32 export of the model, or use \`reference: onnxruntime\`.`,
  );
}

const isBelowSingle = ({ precision }: ExecutedLayer): boolean => /int8|fp16|half|float16|bf16|fp8|fp4|int4/i.test(precision);

function notApplied(what: string, wanted: string, executed: readonly ExecutedLayer[]): ToolError {
  const counts = Object.entries(Object.groupBy(executed, (layer) => layer.precision)).map(
    ([precision, layers]) => `${precision || "unknown"} ${layers?.length ?? 0}`,
  );
  return new ToolError(
    "precision-not-applied",
    `The ${what} has no ${wanted} layer (${counts.join(", ")}). Check the cache, the model's types and that this GPU has ${wanted} kernels.`,
  );
}

/** Engine layers that hold a kept node and run in less than they were kept in all the same, as far as the inspector tells. */
export function ignoredLayers(executed: readonly ExecutedLayer[], keptNodes: ReadonlySet<string>, precision: Precision): string[] {
  const isIgnored = precision === "float32" ? isBelowSingle : runsQuantized;
  return executed
    .filter((layer) => isIgnored(layer) && !isReformat(layer) && !isOpaque(layer) && layer.nodes.some((node) => keptNodes.has(node)))
    .map((layer) => layer.layer);
}
