/** Polygraphy's accuracy results (`--save-accuracy-results`), in which NaN and Infinity may stand bare. */

import type { Files } from "../effects/effects.ts";
import { readAccuracyResults } from "../formats/accuracy-results.ts";
import { withFile } from "../formats/npy-file.ts";
import { toNum } from "../report/schema.ts";
import type { Inspection } from "./inspection.ts";

/** FileError for what is no accuracy result. */
export async function inspectAccuracy(path: string, files: Files): Promise<Inspection> {
  const results = await withFile(files, path, (reader) => readAccuracyResults(reader, path));
  return {
    kind: "accuracy-results",
    path,
    results: results.map(({ metric, pair, iterations }) => ({
      metric,
      pair,
      iterations: iterations.length,
      tensors: iterations.flatMap((iteration) =>
        [...iteration].map(([tensor, values]) => ({
          tensor,
          values: Object.fromEntries([...values].map(([name, value]) => [name, toNum(value)])),
        })),
      ),
    })),
  };
}
