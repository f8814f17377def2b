/** Which quantisers that may stand for an activation do clamp the float model's values. Runs that model once on the CPU; decides nothing about a verdict. */
import type { Effects } from "../../effects/effects.ts";
import type { FeedSource } from "../../model/job.ts";
import type { DoubtedClamp } from "../../onnx/doubted-clamps.ts";
import { type Network, prune, valueInfo } from "../../onnx/network.ts";
import { withoutTrtOperators } from "../../onnx/trt-qdq.ts";
import type { Runtime } from "./runtime.ts";
import { openSession } from "./session.ts";

/** Cut off at least this share of a tensor's energy (30 dB): what stands there then decides the figure. */
const tellingShare = 1e-3;
const mostSamples = 16;

/** Labels of the nodes behind which values lie beyond the range by that much. Empty without doubts, and nothing is run then. */
export async function reachedClamps(
  float: Network,
  clamps: readonly DoubtedClamp[],
  { runtime, effects, validation }: { readonly runtime: Runtime; readonly effects: Effects; readonly validation: FeedSource },
): Promise<readonly string[]> {
  const made = new Set(float.nodes.flatMap(({ output }) => output));
  const known = clamps.filter(({ tensor }) => made.has(tensor));
  if (known.length === 0) return [];
  const plain = await withoutTrtOperators(float, effects.files);
  const network = prune({ ...plain, outputs: known.map(({ tensor }) => valueInfo(tensor)) });
  const session = await openSession(runtime, effects, network, "float model");
  const sums = known.map(() => ({ whole: 0, beyond: 0 }));
  try {
    for (let sample = 0; sample < Math.min(validation.count, mostSamples); sample++) {
      const tensors = await session.run(await validation.feed(sample));
      for (const [i, clamp] of known.entries()) add(sums[i] ?? { whole: 0, beyond: 0 }, clamp, tensors.get(clamp.tensor)?.data ?? []);
    }
  } finally {
    await session.release();
  }
  return known.filter((_, i) => (sums[i]?.beyond ?? 0) > tellingShare * (sums[i]?.whole ?? 0)).map(({ label }) => label);
}

/** Half a step beyond an end rounds onto it. */
function add(sums: { whole: number; beyond: number }, { low, high, step }: DoubtedClamp, data: Iterable<number | bigint>): void {
  for (const value of data) {
    const number = Number(value);
    if (!Number.isFinite(number)) continue;
    const over = Math.max(0, number - high - step / 2, low - step / 2 - number);
    sums.whole += number * number;
    sums.beyond += over * over;
  }
}
