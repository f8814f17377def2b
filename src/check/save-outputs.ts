/** Keeps both sides' final outputs as Polygraphy RunResults, so that `polygraphy run --load-outputs` and `trt-gate compare` can look again. */
import { resolve } from "node:path";
import { writeRunResults } from "../dumps/polygraphy-writer.ts";
import type { PreparedLane } from "../lanes/lane.ts";
import type { Tensor } from "../tensor/tensor.ts";
import type { CheckContext } from "./context.ts";
import { plainCandidate } from "./outputs.ts";

type Side = "reference" | "candidate";

/** `<folder>/<name>.reference.json` and `.candidate.json`; engines are not built again, each sample runs once a side. */
export async function saveOutputs(name: string, lane: PreparedLane, { effects, settings }: CheckContext): Promise<void> {
  const { saveOutputs: folder } = settings.options;
  if (folder === undefined) return;
  const sides: readonly Side[] = ["reference", "candidate"];
  for (const side of sides) {
    const path = resolve(effects.cwd, folder, `${fileName(name)}.${side}.json`);
    await writeRunResults(path, `trt-gate-${lane.lane}-${side}`, iterations(lane, side), effects.files);
    effects.log.info(`Outputs of the ${side}: ${path}`);
  }
}

async function* iterations(lane: PreparedLane, side: Side): AsyncGenerator<readonly Tensor[]> {
  for (let sample = 0; sample < lane.sampleCount; sample++) {
    const outputs: Tensor[] = [];
    for await (const pair of lane.run({ assignment: plainCandidate, samples: [sample], detail: "outputs" })) {
      const tensor = pair[side];
      if (tensor) outputs.push(tensor);
    }
    yield outputs;
  }
}

/** A model's name in a file name: other characters than letters, digits, dots, dashes and underscores become dashes. */
export const fileName = (name: string): string => name.replace(/[^A-Za-z0-9._-]+/g, "-").slice(0, 60);
