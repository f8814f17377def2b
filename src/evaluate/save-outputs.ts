/** Keeps both sides' final outputs as Polygraphy RunResults, so that `polygraphy run --load-outputs` and `trt-gate compare` can look again. */
import { resolve } from "node:path";
import { fileName } from "../effects/file-name.ts";
import { openRunResults } from "../formats/polygraphy-writer.ts";
import type { LaneName } from "../model/lane.ts";
import type { CheckContext } from "../prepare/context.ts";
import { bySample, type OutputSink, type Side } from "./output-sinks.ts";

/** Writes `<folder>/<name>.reference.json` and `.candidate.json`; nothing where no folder is named. */
export async function savedOutputs(
  name: string,
  lane: LaneName,
  { effects, settings }: Pick<CheckContext, "effects" | "settings">,
): Promise<readonly OutputSink[]> {
  const { saveOutputs: folder } = settings.options;
  if (folder === undefined) return [];
  const open = async (side: Side) => {
    const path = resolve(effects.cwd, folder, `${fileName(name)}.${side}.json`);
    effects.log.info(`Outputs of the ${side}: ${path}`);
    return openRunResults(path, `trt-gate-${lane}-${side}`, effects.files);
  };
  const [reference, candidate] = [await open("reference"), await open("candidate")];
  return [
    bySample({
      sample: async (_, outputs) => {
        await reference.add(outputs.reference);
        await candidate.add(outputs.candidate);
      },
      end: async () => {
        await reference.end();
        await candidate.end();
      },
    }),
  ];
}
