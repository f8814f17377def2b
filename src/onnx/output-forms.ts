/** Everything that the graph tells of the final outputs: probabilities, indices, parts, and what their size depends on. Gathers; finds nothing itself. */
import type { OutputForm } from "../model/output-form.ts";
import { sizedBy, valuesOf } from "./index-outputs.ts";
import { type Network, producers } from "./network.ts";
import { outputParts } from "./output-parts.ts";
import { scoreSources } from "./scores.ts";

/** By output. `shapes`: of every tensor, as far as they are known, from one run. */
export function outputForms(network: Network, shapes: ReadonlyMap<string, readonly number[]>): Map<string, OutputForm> {
  const makers = producers(network.nodes);
  const scores = scoreSources(network, shapes);
  const parts = outputParts(network, shapes);
  return new Map(
    network.outputs.map(({ name }) => {
      const form = {
        score: scores.get(name),
        values: valuesOf(network, makers, name),
        sizedBy: sizedBy(makers, name),
        parts: parts.get(name),
      };
      return [name, Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined))] as const;
    }),
  );
}
