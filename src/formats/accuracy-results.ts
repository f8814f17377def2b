/**
 * Polygraphy's accuracy results: one result a metric, for each pair of runners a list of iterations of tensor -> figures.
 * Only figures are taken; what was passed or failed there does not decide anything here.
 */
import type { FileReader } from "../effects/effects.ts";
import { FileError } from "../effects/failure.ts";
import { type Json, readJson } from "./json-reader.ts";
import { className, isList, isObject } from "./polygraphy-records.ts";

export interface AccuracyResult {
  /** Class of the results, such as `SnrResult` or `OutputCompareResult`. */
  readonly metric: string;
  readonly pair: readonly string[];
  readonly iterations: readonly ReadonlyMap<string, ReadonlyMap<string, number>>[];
}

/** Throws FileError for anything that is not as Polygraphy writes it. */
export async function readAccuracyResults(reader: FileReader, file: string): Promise<AccuracyResult[]> {
  const value = await readJson<never>(reader, file, (object) => object);
  const results = isObject(value) && className(value) === "AccuracyResults" ? value.get("lst") : undefined;
  if (!isList(results)) throw new FileError(file, "holds no accuracy results. Save it with --save-accuracy-results.");
  return results.flatMap((result) => {
    const pairs = isObject(result) ? result.get("lst") : undefined;
    if (!isList(pairs)) throw new FileError(file, "an accuracy result has no list of runner pairs. Save the file again.");
    return pairs.map((entry) => readPair(entry, file));
  });
}

function readPair(entry: Json<never>, file: string): AccuracyResult {
  const [pair, iterations] = isList(entry) ? entry : [];
  if (!isList(pair) || !isList(iterations)) throw new FileError(file, "a runner pair has no iterations. Save the file again.");
  let metric = "";
  const figures = iterations.map((iteration) => {
    const tensors = isObject(iteration) ? [...iteration] : [];
    return new Map(
      tensors.map(([tensor, result]) => {
        if (isObject(result)) metric ||= className(result) ?? "";
        return [tensor, figuresOf(result)] as const;
      }),
    );
  });
  return { metric, pair: pair.map(String), iterations: figures };
}

const figuresOf = (result: Json<never>): Map<string, number> =>
  new Map(
    isObject(result) ? [...result].flatMap(([name, value]): [string, number][] => (typeof value === "number" ? [[name, value]] : [])) : [],
  );
