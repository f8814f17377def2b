/** Keeps both sides' final outputs as Polygraphy RunResults, so that `polygraphy run --load-outputs` and `trt-gate compare` can look again. */
import { resolve } from "node:path";
import { openRunResults } from "../formats/polygraphy-writer.ts";
import type { PreparedLane } from "../model/lane.ts";
import type { Tensor } from "../model/tensor.ts";
import type { CheckContext } from "./context.ts";
import { fileName } from "./file-name.ts";
import { plainCandidate } from "./outputs.ts";

type Side = "reference" | "candidate";

/** `<folder>/<name>.reference.json` and `.candidate.json`, from one run: engines are not built again, each sample runs once. */
export async function saveOutputs(
  name: string,
  lane: PreparedLane,
  { effects, settings }: Pick<CheckContext, "effects" | "settings">,
): Promise<void> {
  const { saveOutputs: folder } = settings.options;
  if (folder === undefined) return;
  const open = async (side: Side) => {
    const path = resolve(effects.cwd, folder, `${fileName(name)}.${side}.json`);
    effects.log.info(`Outputs of the ${side}: ${path}`);
    return openRunResults(path, `trt-gate-${lane.lane}-${side}`, effects.files);
  };
  const [reference, candidate] = [await open("reference"), await open("candidate")];
  for (let sample = 0; sample < lane.sampleCount; sample++) {
    const outputs = await outputsOf(lane, sample);
    await reference.add(outputs.reference);
    await candidate.add(outputs.candidate);
  }
  await reference.end();
  await candidate.end();
}

async function outputsOf(lane: PreparedLane, sample: number): Promise<Record<Side, readonly Tensor[]>> {
  const outputs: Record<Side, Tensor[]> = { reference: [], candidate: [] };
  for await (const { reference, candidate } of lane.run({ assignment: plainCandidate, samples: [sample], detail: "outputs" })) {
    if (reference) outputs.reference.push(reference);
    if (candidate) outputs.candidate.push(candidate);
  }
  return outputs;
}
