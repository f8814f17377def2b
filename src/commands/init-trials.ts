/** Pairs models with their files and runs each once: samples whose shapes a model refuses are not its own, and a guessed size has to be one that it takes. */
import { join } from "node:path";
import type { Found, OutputFacts } from "../config/init-facts.ts";
import { type PairedModel, pairModels } from "../config/init-pairs.ts";
import type { Effects } from "../effects/effects.ts";
import { isIndex, taskOf } from "../evaluate/harm.ts";
import { type TriedOutput, tryModel } from "../lanes/simulate/trial.ts";
import { elementCount } from "../model/tensor.ts";
import { calibratedBy } from "./init-overlap.ts";

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

/**
 * Each try that fails takes its samples, or its size, off the list; the last failure is told. Samples that would judge and are found among those that
 * calibrate are tried no more for that.
 */
async function pairOne(path: string, found: Found, effects: Effects): Promise<PairedModel> {
  const refused = new Set<string>();
  const calibrated = new Map<string, string>();
  let size = 0;
  for (;;) {
    const trials = {
      refused: (model: string, samples: string) => model === path && refused.has(samples),
      size: () => sizes[size] ?? 0,
      calibrated: (samples: string) => calibrated.get(samples),
    };
    const pair = pairModels(found, trials).find(({ model }) => model.path === path);
    if (pair === undefined) throw new Error(`no pair for ${path}`);
    const ran = await tryModel({ path: join(effects.cwd, path), shownAs: path, shapes: pair.shapes }, effects);
    if ("fails" in ran) {
      if (pair.shapesFrom !== undefined) refused.add(pair.shapesFrom);
      else if (!pair.areGuessed || ++size >= sizes.length) return { ...pair, fails: ran.fails };
      continue;
    }
    const by = await calibratedBy(pair, found.caches, effects);
    if (by === undefined || pair.validation === undefined)
      return { ...pair, outputs: ran.outputs.map((one) => factsOf(one, ran.outputs.length)) };
    calibrated.set(pair.validation, by);
  }
}

function factsOf({ name, form, ...header }: TriedOutput, outputs: number): OutputFacts {
  const task = taskOf(header, form, undefined, outputs);
  const ofScores = task === "classification" ? "classes" : task === "segmentation" ? "class map" : "quantities";
  return {
    name,
    holds: isIndex(header, form) ? (elementCount(header.shape) === 1 ? "index" : "indices") : ofScores,
    scores: form.score !== undefined || form.parts?.parts.some(({ score }) => score !== undefined) === true,
  };
}
