/** Pairs models with their files and runs each once: samples whose shapes a model refuses are not its own, and a guessed size has to be one that it takes. */
import { join } from "node:path";
import type { Found } from "../config/init-facts.ts";
import { type PairedModel, pairModels } from "../config/init-pairs.ts";
import type { Effects } from "../effects/effects.ts";
import { tryModel } from "../lanes/simulate/trial.ts";

/** Sizes of pictures that models are made for, in the order of trying. */
const sizes = [224, 640, 320, 128, 64, 48, 32];

/** One model after the other, each by itself in memory. */
export async function pairByTrial(found: Found, effects: Effects): Promise<PairedModel[]> {
  const models = pairModels(found).map(({ model }) => model.path);
  const pairs: PairedModel[] = [];
  for (const path of models) {
    effects.log.progress(`looking at ${path}`);
    pairs.push(await pairOne(path, found, effects));
  }
  return pairs;
}

/** Each try that fails takes its samples, or its size, off the list; the last failure is told. */
async function pairOne(path: string, found: Found, effects: Effects): Promise<PairedModel> {
  const refused = new Set<string>();
  let size = 0;
  for (;;) {
    const trials = {
      refused: (model: string, samples: string) => model === path && refused.has(samples),
      size: () => sizes[size] ?? 0,
    };
    const pair = pairModels(found, trials).find(({ model }) => model.path === path);
    if (pair === undefined) throw new Error(`no pair for ${path}`);
    const fails = await tryModel({ path: join(effects.cwd, path), shownAs: path, shapes: pair.shapes }, effects);
    if (fails === undefined) return pair;
    const samples = pair.areGuessed || pair.shapes.size === 0 ? undefined : (pair.validation ?? pair.calibration);
    if (samples !== undefined) refused.add(samples);
    else if (!pair.areGuessed || ++size >= sizes.length) return { ...pair, fails };
  }
}
