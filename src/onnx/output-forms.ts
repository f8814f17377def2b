/** Everything that the graph tells of the final outputs: probabilities, indices, parts, and what their size depends on. Gathers; finds nothing itself. */
import type { Files } from "../effects/effects.ts";
import type { OutputForm } from "../model/output-form.ts";
import { embed, isExternal, isFloatTensor } from "./constants.ts";
import { sizedBy, valueKinds } from "./index-outputs.ts";
import { type Network, producers } from "./network.ts";
import { outputParts } from "./output-parts.ts";
import { withPartScores } from "./part-scores.ts";
import { scoreSources } from "./scores.ts";

/** Operators whose constants say where values go, by input. */
const positionInputs: ReadonlyMap<string, number> = new Map([
  ["ScatterND", 1],
  ["ScatterElements", 1],
  ["Scatter", 1],
  ["Gather", 1],
  ["Where", 0],
]);

/** By output. `shapes`: of every tensor, as far as they are known, from one run. Reads positions that were left in the model's file. */
export async function outputForms(
  network: Network,
  shapes: ReadonlyMap<string, readonly number[]>,
  files: Files,
): Promise<Map<string, OutputForm>> {
  return formsOf(await withPositions(network, files), shapes);
}

async function withPositions(network: Network, files: Files): Promise<Network> {
  const constants = new Map(network.constants);
  for (const { opType, input } of network.nodes) {
    const name = input[positionInputs.get(opType) ?? -1];
    const tensor = name === undefined ? undefined : constants.get(name);
    if (name !== undefined && tensor && isExternal(tensor) && !isFloatTensor(tensor))
      constants.set(name, await embed(tensor, network.folder, files));
  }
  return { ...network, constants };
}

function formsOf(network: Network, shapes: ReadonlyMap<string, readonly number[]>): Map<string, OutputForm> {
  const makers = producers(network.nodes);
  const valuesOf = valueKinds(network, makers);
  const scores = scoreSources(network, shapes);
  const parts = outputParts(network, shapes);
  return new Map(
    network.outputs.map(({ name }) => {
      const map = parts.get(name);
      const whole = scores.get(name);
      const form = {
        score: whole,
        values: valuesOf(name),
        sizedBy: sizedBy(makers, name),
        parts: map && withPartScores(network, shapes, { name, map, whole }),
      };
      return [name, Object.fromEntries(Object.entries(form).filter(([, value]) => value !== undefined))] as const;
    }),
  );
}
