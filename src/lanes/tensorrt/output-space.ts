/** Whether the outputs of an engine fit on the disk. */
import type { Files } from "../../effects/effects.ts";
import { ToolError } from "../../effects/failure.ts";
import type { NetworkFacts } from "./protocol.ts";
import type { Recipe } from "./recipe.ts";

const reserveBytes = 200 << 20;

/** ToolError `disk-full` where final and marked outputs of all samples would not fit beside a reserve; nothing is written then. */
export async function checkOutputSpace(
  recipe: Recipe,
  network: NetworkFacts,
  place: { readonly files: Files; readonly folder: string; readonly samples: number },
): Promise<void> {
  const marked = new Set(recipe.marks);
  const tensors = [
    ...network.outputs,
    ...network.layers.flatMap((layer) => layer.outputs.filter((tensor) => tensor !== null && marked.has(tensor.name))),
  ];
  const elements = (shape: readonly number[]) => shape.reduce((product, dim) => product * Math.max(1, dim), 1);
  const perSample = tensors.reduce((sum, tensor) => sum + 4 * elements(tensor?.shape ?? []), 0);
  const needed = perSample * (place.samples + 1);
  const free = await place.files.freeBytes(place.folder);
  if (needed + reserveBytes < free) return;
  throw new ToolError(
    "disk-full",
    `The outputs of ${recipe.what} need ${needed} bytes and ${free} are free on the runner. Free space, or lower 'tensorrt.mark-batch' and 'max-samples'.`,
  );
}
