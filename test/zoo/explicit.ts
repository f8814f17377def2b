/** The explicit models that the gate writes from the zoo's float models, with min-max scales of a few samples, in either placement. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { calibrateModel } from "../../src/lanes/simulate/calibrate-model.ts";
import { placementOf } from "../../src/lanes/simulate/placement.ts";
import type { ShapeRange } from "../../src/model/job.ts";
import { type PlacementScheme, placementSchemes } from "../../src/model/placement.ts";
import { encodeModel, insertQdq } from "../../src/onnx/edit.ts";
import { resolveInputs } from "../../src/onnx/inputs.ts";
import type { OnnxModel } from "../../src/onnx/model.ts";
import { readModel } from "../../src/onnx/read.ts";
import { stageModel } from "../../src/onnx/stage.ts";
import { openFeeds } from "../../src/samples/feeds.ts";
import type { RunEffects } from "../fakes/run-effects.ts";
import { writeSamples } from "./judge.ts";
import { type ZooEntry, zooFile } from "./zoo.ts";

export interface ExplicitModel {
  /** Of the zoo's entry and, for what the gate writes, the scheme. */
  readonly name: string;
  readonly path: string;
  readonly shapes: Readonly<Record<string, readonly (readonly number[])[]>>;
}

export const shapesIn = ({ inputs }: ZooEntry): Map<string, ShapeRange> =>
  new Map(Object.entries(inputs).map(([name, { shape }]) => [name, { min: shape, opt: shape, max: shape }]));

const asProfile = (entry: ZooEntry): ExplicitModel["shapes"] =>
  Object.fromEntries(Object.entries(entry.inputs).map(([name, { shape }]) => [name, [shape, shape, shape]]));

export const asItStands = (entry: ZooEntry): ExplicitModel => ({ name: entry.name, path: zooFile(entry), shapes: asProfile(entry) });

/** One for each placement that quantises something. */
export async function writeExplicit(entry: ZooEntry, effects: RunEffects): Promise<ExplicitModel[]> {
  const { files } = effects;
  const folder = await files.makeTempFolder("explicit");
  const staged = await stageModel({ path: zooFile(entry), folder, files, trust: "local" });
  const shapes = shapesIn(entry);
  const data = join(folder, "samples.npz");
  writeFileSync(data, writeSamples(entry, 4, 1));
  const feeds = await openFeeds({ kind: "data", path: data }, resolveInputs(staged.model, shapes), effects);
  const request = { modelPath: staged.modelPath, data: feeds, algorithm: "minmax", percentile: 99.9, shapes, effects } as const;
  const { scales } = await calibrateModel(request).finally(() => feeds.close());
  const made: ExplicitModel[] = [];
  for (const scheme of placementSchemes) {
    const path = join(folder, `${scheme}.onnx`);
    const model = await inserted(staged.modelPath, scheme, { scales, shapes, effects });
    if (model === undefined) continue;
    await files.writeBytes(path, encodeModel(model));
    made.push({ name: `${entry.name} (${scheme})`, path, shapes: asProfile(entry) });
  }
  return made;
}

interface Scaled {
  readonly scales: ReadonlyMap<string, number>;
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  readonly effects: RunEffects;
}

async function inserted(path: string, scheme: PlacementScheme, { scales, shapes, effects }: Scaled): Promise<OnnxModel | undefined> {
  const model = await readModel(path, effects.files);
  const placement = await placementOf(scheme, model, shapes, effects);
  const { units } = await insertQdq(model, scales, effects.files, { placement });
  return units.length === 0 ? undefined : model;
}
