/** Layer tensors of a built candidate and of the reference: which tensors are marked, and the pairs that the marked engines give. */
import type { LayerTensors, TensorPair } from "../../model/engine.ts";
import type { EngineJob } from "../../model/job.ts";
import type { Assignment } from "../../model/unit.ts";
import type { BuiltSides } from "./built-sides.ts";
import type { LaneParts } from "./lane-parts.ts";
import { markable } from "./layer-map.ts";
import { type MarkedTensors, markTensors } from "./mark-outputs.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { NetworkFacts } from "./protocol.ts";
import type { Side } from "./session.ts";
import { outputPairs, smallestSqnrDb } from "./side-pairs.ts";

export interface PlainSides {
  readonly assignment: Assignment;
  readonly reference: Side;
  readonly candidate: Side;
}

/** Builds as many marked engines as it takes, on all validation samples; `samples` are those that are then given. */
export async function markedLayers(
  parts: LaneParts,
  built: BuiltSides,
  plain: PlainSides,
  samples: readonly number[],
): Promise<LayerTensors> {
  const { job, facts, session } = parts;
  const marks = marksOf(job, facts, parts.network);
  const all = Array.from({ length: job.validation.count }, (_, sample) => sample);
  const shared = {
    session,
    marks,
    outputs: facts.outputs,
    samples: all,
    errorDb: await smallestSqnrDb(outputPairs({ ...plain, outputs: facts.outputs }, all)),
    onBuilt: (side: Side, movedDb: number) =>
      void built.note(side, { role: "marked" }, [`marking moved the output by ${movedDb.toFixed(1)} dB SQNR`]),
  };
  const whole = Math.max(1, marks.length);
  const reference = await markTensors({ ...shared, recipe: parts.reference, batch: whole, plain: plain.reference });
  const candidate = await markTensors({
    ...shared,
    recipe: await parts.candidate(plain.assignment),
    batch: job.tensorrt.markAll ? whole : job.tensorrt.markBatch,
    plain: plain.candidate,
  });
  const dropped = new Set([...reference.dropped, ...candidate.dropped]);
  const given = marks.filter((name) => !dropped.has(name));
  return { pairs: layerPairs({ reference, candidate }, given, samples), markingDb: candidate.worstDb, dropped: [...dropped] };
}

async function* layerPairs(
  marked: { readonly reference: MarkedTensors; readonly candidate: MarkedTensors },
  tensors: readonly string[],
  samples: readonly number[],
): AsyncGenerator<TensorPair> {
  for (const sample of samples)
    for (const tensor of tensors)
      yield {
        sample,
        tensor,
        role: "layer",
        reference: await marked.reference.sides.get(tensor)?.tensor(sample, tensor),
        candidate: await marked.candidate.sides.get(tensor)?.tensor(sample, tensor),
      };
}

/** Unit outputs, or with `mark-all` every activation; never the model's own outputs, which need no mark. */
function marksOf(job: EngineJob, facts: ModelFacts, network: NetworkFacts): string[] {
  const own = new Set(facts.outputs);
  const wanted = job.tensorrt.markAll ? undefined : new Set(facts.units.map((unit) => unit.output));
  return markable(network.layers).filter((name) => !own.has(name) && (wanted === undefined || wanted.has(name)));
}
