/** A choice of units as an engine of the simulate lane. Engines share the lane's sessions: building one costs nothing by itself. */
import type { BuildFacts, Engine, TensorPair } from "../../model/engine.ts";
import type { Assignment } from "../../model/unit.ts";
import type { LayerRunner } from "./layers.ts";
import type { OutputRunner } from "./outputs.ts";
import type { RunContext } from "./run-context.ts";

export interface Runners {
  readonly outputs: OutputRunner;
  readonly layers: LayerRunner;
}

const reference: BuildFacts = { what: "float reference", role: "reference", seconds: 0, notes: [] };

/** `keep`: ids of units that run on float inputs. */
export function simulatedEngine(context: RunContext, runners: Runners, { keep }: Assignment): Engine {
  return {
    facts: { what: "simulated candidate", role: "candidate", keep, seconds: 0, notes: [] },
    reference,
    outputs: (samples) => outputPairs(context, runners, keep, samples),
    layers: async (samples) => ({ pairs: layerPairs(context, runners, keep, samples), markingDb: undefined, dropped: [] }),
  };
}

async function* outputPairs(
  context: RunContext,
  { outputs }: Runners,
  keep: ReadonlySet<string>,
  samples: readonly number[],
): AsyncIterable<TensorPair> {
  await outputs.prepare(samples);
  for (const sample of samples) {
    context.checkTime();
    yield* outputs.pairs(sample, keep);
  }
}

async function* layerPairs(
  context: RunContext,
  { outputs, layers }: Runners,
  keep: ReadonlySet<string>,
  samples: readonly number[],
): AsyncIterable<TensorPair> {
  await outputs.yieldMemory();
  for (const sample of samples) {
    context.checkTime();
    yield* layers.pairs(sample, keep);
  }
}
