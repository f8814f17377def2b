/** Whether a model runs at all with inputs of given shapes: one made-up sample through ONNX Runtime, on a copy. Measures nothing. */
import type { Effects } from "../../effects/effects.ts";
import { ConfigError, FileError, ToolError } from "../../effects/failure.ts";
import { resolveInputs } from "../../onnx/inputs.ts";
import { toNetwork } from "../../onnx/network.ts";
import { stageModel } from "../../onnx/stage.ts";
import { randomFeeds } from "../../samples/random-feeds.ts";
import { loadRuntime } from "./runtime.ts";
import { openSession } from "./session.ts";

export interface Trial {
  /** Absolute. */
  readonly path: string;
  readonly shownAs: string;
  /** Of inputs with open dimensions. */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

/** Undefined where the model ran; else what was wrong, in ONNX Runtime's words. Nothing is known without a runtime: that is undefined too. */
export async function tryModel({ path, shownAs, shapes }: Trial, effects: Effects): Promise<string | undefined> {
  const runtime = await knownFailures(() => loadRuntime(effects));
  if ("failure" in runtime) return undefined;
  const folder = await effects.files.makeTempFolder("trial");
  const ran = await knownFailures(async () => {
    const { model } = await stageModel({ path, shownAs, folder, files: effects.files, trust: "local" });
    const ranges = new Map([...shapes].map(([name, dims]) => [name, { min: dims, opt: dims, max: dims }]));
    const inputs = resolveInputs(model, ranges);
    const session = await openSession(runtime.value, effects, toNetwork(model), "model");
    try {
      await session.run(await randomFeeds({ seed: 0, samples: 1 }, inputs, 1).feed(0));
    } finally {
      await session.release();
    }
  });
  await effects.files.remove(folder);
  return "failure" in ran ? ran.failure : undefined;
}

async function knownFailures<T>(action: () => Promise<T>): Promise<{ readonly value: T } | { readonly failure: string }> {
  try {
    return { value: await action() };
  } catch (error) {
    if (!(error instanceof ConfigError || error instanceof FileError || error instanceof ToolError)) throw error;
    return { failure: error.message };
  }
}
