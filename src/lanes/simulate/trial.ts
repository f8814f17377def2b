/** Whether a model runs at all with inputs of given shapes, and what its outputs are: one made-up sample through ONNX Runtime, on a copy. Measures nothing. */
import type { Effects } from "../../effects/effects.ts";
import { ConfigError, FileError, ToolError } from "../../effects/failure.ts";
import type { OutputForm } from "../../model/output-form.ts";
import type { DType } from "../../model/tensor.ts";
import { resolveInputs } from "../../onnx/inputs.ts";
import { toNetwork } from "../../onnx/network.ts";
import { outputForms } from "../../onnx/output-forms.ts";
import { stageModel } from "../../onnx/stage.ts";
import { randomFeeds } from "../../samples/random-feeds.ts";
import { shapesOf } from "./probe-shapes.ts";
import { loadRuntime, type Runtime } from "./runtime.ts";
import { openSession } from "./session.ts";

export interface Trial {
  /** Absolute. */
  readonly path: string;
  readonly shownAs: string;
  /** Of inputs with open dimensions. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** One output of the run, with what the graph tells of it. */
export interface TriedOutput {
  readonly name: string;
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly form: OutputForm;
}

/** `fails`: in ONNX Runtime's words. Nothing is known without a runtime: then no output is. */
export async function tryModel(
  trial: Trial,
  effects: Effects,
): Promise<{ readonly fails: string } | { readonly outputs: readonly TriedOutput[] }> {
  const runtime = await knownFailures(() => loadRuntime(effects));
  if ("failure" in runtime) return { outputs: [] };
  const folder = await effects.files.makeTempFolder("trial");
  const ran = await knownFailures(() => runOnce(trial, folder, { runtime: runtime.value, effects }));
  await effects.files.remove(folder);
  return "failure" in ran ? { fails: ran.failure } : { outputs: ran.value };
}

async function runOnce(
  { path, shownAs, shapes }: Trial,
  folder: string,
  place: { readonly runtime: Runtime; readonly effects: Effects },
): Promise<TriedOutput[]> {
  const { files } = place.effects;
  const { model } = await stageModel({ path, shownAs, folder, files, trust: "local" });
  const ranges = new Map([...shapes].map(([name, dims]) => [name, { min: dims, opt: dims, max: dims }]));
  const feed = await randomFeeds({ seed: 0, samples: 1 }, resolveInputs(model, ranges), 1).feed(0);
  const network = toNetwork(model);
  const session = await openSession(place.runtime, place.effects, network, "model");
  const outputs = await session.run(feed).finally(() => session.release());
  // No Shape of every type: then the graph tells less of the outputs.
  const known = await knownFailures(() => shapesOf(network, feed, place));
  const forms = await outputForms(network, "value" in known ? known.value : new Map(), files);
  return [...outputs].map(([name, { dtype, shape }]) => ({ name, dtype, shape, form: forms.get(name) ?? {} }));
}

async function knownFailures<T>(action: () => Promise<T>): Promise<{ readonly value: T } | { readonly failure: string }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError || error instanceof ToolError)) throw error;
    return { failure: error.message };
  }
}
