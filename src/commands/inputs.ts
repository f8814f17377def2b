/** `trt-gate inputs`: seeded random samples for a model, as every other command and Polygraphy read them. */
import { resolve } from "node:path";
import { shapesFromFlags } from "../config/shapes.ts";
import { inputsText, writeInputs } from "../formats/polygraphy-writer.ts";
import { resolveInputs } from "../onnx/inputs.ts";
import { readModel } from "../onnx/read.ts";
import { openFeeds } from "../samples/feeds.ts";
import type { RunCommand } from "./command.ts";

export const run: RunCommand = async (parsed, effects, io) => {
  const model = await readModel(resolve(effects.cwd, parsed.positionals[0] ?? ""), effects.files);
  const inputs = resolveInputs(model, shapesFromFlags(parsed.list("shapes")), "flags");
  const spec = {
    kind: "random",
    seed: parsed.number("seed") ?? 0,
    samples: parsed.number("samples") ?? 1,
    low: parsed.number("low"),
    high: parsed.number("high"),
  } as const;
  const source = await openFeeds(spec, inputs, effects);
  const output = parsed.text("output");
  if (output === undefined) for await (const chunk of inputsText(source)) io.out(new TextDecoder().decode(chunk));
  else {
    await writeInputs(resolve(effects.cwd, output), source, effects.files);
    effects.log.info(`Wrote ${source.description} to ${output}.`);
  }
  return 0;
};
