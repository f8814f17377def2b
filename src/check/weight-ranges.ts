/** Puts beside suspicious layers the ranges of their weights: they show where one scale serves channels that differ. */
import { ConfigError, FileError, ToolError } from "../effects/failure.ts";
import { foldBatchNorm } from "../onnx/fold.ts";
import { toNetwork } from "../onnx/network.ts";
import { toQdqForm } from "../onnx/qdq-form.ts";
import { readModel } from "../onnx/read.ts";
import { withoutTrtOperators } from "../onnx/trt-qdq.ts";
import { type WeightRange, weightRange } from "../onnx/weight-ranges.ts";
import type { Prepared } from "../prepare/prepare-model.ts";
import { type MeasuredTensor, toNum } from "../report/schema.ts";

/** A larger model's weights are not read again for a picture. */
const mostWeightBytes = 2 ** 30;

/** `suspicious`: output tensors of units. Layers whose weight is not plain stay as they are. */
export async function withWeightRanges(
  layers: readonly MeasuredTensor[],
  suspicious: readonly string[],
  { job, lane }: Pick<Prepared, "job" | "lane">,
): Promise<MeasuredTensor[]> {
  const nodes = new Map(lane.units.map(({ output, nodes: [first] }) => [output, first]));
  const wanted = new Map(suspicious.flatMap((tensor) => (nodes.has(tensor) ? [[tensor, nodes.get(tensor) ?? ""] as const] : [])));
  const bytes = lane.units.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  if (wanted.size === 0 || bytes > mostWeightBytes) return [...layers];
  const ranges = await rangesOf([...wanted.values()], job);
  return layers.map((layer) => {
    const range = ranges.get(wanted.get(layer.tensor) ?? "");
    return range === undefined
      ? layer
      : { ...layer, weightRange: { channels: range.channels, low: range.low.map(toNum), high: range.high.map(toNum) } };
  });
}

async function rangesOf(
  nodes: readonly string[],
  { quantization, modelPath, effects }: Prepared["job"],
): Promise<Map<string, WeightRange>> {
  const { files } = effects;
  const found = new Map<string, WeightRange>();
  try {
    const model = await readModel(quantization.qdqPath ?? modelPath, files, { weights: "left-in-file" });
    const network = await foldBatchNorm(toQdqForm(await withoutTrtOperators(toNetwork(model), files)), files);
    for (const node of nodes) {
      const range = await weightRange(network, node, files);
      if (range !== undefined) found.set(node, range);
    }
  } catch (error) {
    // A file that went away, or a form that only an engine builder reads, costs the picture and not the verdict.
    if (!(error instanceof FileError || error instanceof ConfigError || error instanceof ToolError)) throw error;
  }
  return found;
}
