/** `trt-gate inputs`: samples of a file, or seeded random ones, in Polygraphy's format, as every other command and Polygraphy read them. */
import { resolve } from "node:path";
import type { ModelEntry } from "../config/settings.ts";
import { shapesFromFlags } from "../config/shapes.ts";
import type { Effects } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import { inputsText, writeInputs } from "../formats/polygraphy-writer.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import { shapeFlags } from "../model/shape-flags.ts";
import { shellLine } from "../model/shell-word.ts";
import { batchesOfOne, isOpen, modelInputs, resolveInputs } from "../onnx/inputs.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { readModel } from "../onnx/read.ts";
import { openFeeds } from "../samples/feeds.ts";
import { loadSamples } from "../samples/loader.ts";
import { completeShapes } from "../samples/observed-shapes.ts";
import type { Parsed, RunCommand } from "./command.ts";
import { findConfig, usualConfig } from "./look-at-config.ts";

type Shapes = ReadonlyMap<string, ShapeRange>;

export const run: RunCommand = async (parsed, effects, io) => {
  const source = await openSource(parsed, effects);
  const output = parsed.text("output");
  try {
    if (output === undefined || output === "-") for await (const chunk of inputsText(source)) io.out(new TextDecoder().decode(chunk));
    else {
      await writeInputs(resolve(effects.cwd, output), source, effects.files);
      effects.log.info(
        `Wrote ${source.description} to ${output}.${source.isMadeUp?.(0) ? " They are made up, and a verdict on them says so." : ""}`,
      );
    }
  } finally {
    await source.close();
  }
  return 0;
};

async function openSource(parsed: Parsed, effects: Effects): Promise<FeedSource> {
  const modelPath = resolve(effects.cwd, parsed.positionals[0] ?? "");
  const model = await readModel(modelPath, effects.files);
  const given = shapesFromFlags(parsed.list("shapes"));
  const data = parsed.text("data");
  if (data === undefined)
    return await openFeeds(
      randomSpec(parsed),
      resolveInputs(model, await closedShapes(model, given, modelPath, effects), "flags"),
      effects,
    );
  const random = ["seed", "samples", "low", "high"].filter((flag) => parsed.text(flag) !== undefined).map((flag) => `--${flag}`);
  if (random.length > 0)
    throw new ConfigError(`${random.join(", ")} make random samples, and --data names real ones. Keep one of the two.`);
  const path = resolve(effects.cwd, data);
  if (/\.py(:\w+)?$/.test(data)) {
    const maxSamples = parsed.number("max-samples") ?? Number.POSITIVE_INFINITY;
    return await loadSamples(path, parsed.text("python") ?? "python3", effects, await effects.files.makeTempFolder("loader"), {
      maxSamples,
    });
  }
  const shapes = await completeShapes(modelInputs(model), given, [{ path }], effects.files);
  return await openFeeds({ kind: "data", path }, resolveInputs(model, shapes, "flags"), effects, parsed.number("max-samples"));
}

/** Beside what is given: a batch of one where nothing else is open, else what the repository's configuration says of this model. Either is said. */
async function closedShapes(model: OnnxModel, given: Shapes, path: string, effects: Effects): Promise<Shapes> {
  const shapes = new Map(given);
  const inputs = modelInputs(model);
  for (const [name, shape] of batchesOfOne(inputs, given)) {
    shapes.set(name, { min: shape, opt: shape, max: shape });
    const flag = shellLine(shapeFlags([[name, { opt: shape }]]));
    effects.log.info(`"${name}": batch of 1, since the model leaves it open; ${flag} with another number changes it.`);
  }
  const open = inputs.filter((input) => isOpen(input) && !shapes.has(input.name));
  const entry = open.length === 0 ? undefined : await configuredEntry(path, effects);
  for (const { name } of open) {
    const known = entry?.shapes.get(name);
    if (known === undefined) continue;
    shapes.set(name, known);
    effects.log.info(`"${name}": ${known.opt.join("x")}, as ${usualConfig} has it.`);
  }
  return shapes;
}

/** The first entry of this very file, in a configuration that is sound. */
async function configuredEntry(path: string, effects: Effects): Promise<ModelEntry | undefined> {
  const config = await findConfig(usualConfig, effects);
  return config?.models.find((entry) => resolve(effects.cwd, entry.path) === path);
}

const randomSpec = (parsed: Parsed) =>
  ({
    kind: "random",
    seed: parsed.number("seed") ?? 0,
    samples: parsed.number("samples") ?? 1,
    low: parsed.number("low"),
    high: parsed.number("high"),
  }) as const;
