/** Outputs that another tool saved of an engine, judged as those of every probe: same limits, waivers, base, and forms of the outputs. */
import type { Files } from "../effects/effects.ts";
import { ToolError } from "../effects/failure.ts";
import { fromTool } from "../effects/tool-file.ts";
import { type Judging, judgeOutputs } from "../evaluate/outputs.ts";
import { openSaved } from "../formats/open-saved.ts";
import { savedTensor } from "../formats/saved-tensor.ts";
import type { Engine, TensorPair } from "../model/engine.ts";
import { judgedResult, unknownProbe } from "./probe.ts";

/** `plain`: whose reference they are compared with, over all validation samples. `pass`, `fail`, or why neither can be said. */
export async function judgeSaved(judging: Judging, plain: Engine, path: string, files: Files): Promise<string> {
  const samples = Array.from({ length: judging.lane.sampleCount }, (_, sample) => sample);
  try {
    const run = await judgeOutputs(
      { ...judging, isProbe: true },
      { ...plain, outputs: (wanted) => withSaved(plain.outputs(wanted), path, files) },
      samples,
    );
    const result = judgedResult(run, judging.lane, 0);
    return result.kind === "unknown" ? result.why : result.passes ? "pass" : "fail";
  } catch (error) {
    return unknownProbe(error, 0).why;
  }
}

/** The same pairs, with the saved tensors as the candidate's. ToolError for a file that is damaged or of several runners. */
async function* withSaved(pairs: AsyncIterable<TensorPair>, path: string, files: Files): AsyncGenerator<TensorPair> {
  const { runners } = await fromTool(path, files, () => openSaved(path, files));
  const [runner] = runners;
  if (runner === undefined || runners.length > 1)
    throw new ToolError("bad-dump", `${path} holds ${runners.length} runners instead of one. Run the search again.`);
  for await (const pair of pairs)
    yield { ...pair, candidate: await fromTool(path, files, () => savedTensor(runner, pair.sample, pair.tensor, files)) };
}
