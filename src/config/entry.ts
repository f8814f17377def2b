/** One checked `models:` entry -> ModelEntry for one file. The rules between its keys are entry-rules.ts, finding its files is models.ts. */
import { camelKeys } from "./case.ts";
import type { ModelConfig, QuantizationConfig, ValidationConfig } from "./schema.ts";
import type { FeedEntry, ModelEntry, QuantizationEntry } from "./settings.ts";
import { readShapes } from "./shapes.ts";
import { readTolerance } from "./tolerance.ts";

/** The entry for one file. `place` is where the configuration has it; `waiverPlace` gives `file:line` of its n-th waiver. */
export function readEntry(
  config: ModelConfig,
  file: Pick<ModelEntry, "name" | "path" | "describedIn" | "given" | "place" | "lines" | "flags">,
  waiverPlace: (n: number) => string,
): ModelEntry {
  const { workspaceMib, optimizationLevel, dlaCore, tacticSources, ...tensorrt } = camelKeys(config.tensorrt);
  const tolerance = readTolerance(config.tolerance);
  return {
    ...file,
    watch: config.watch,
    shapes: readShapes(config.shapes),
    quantization: config.quantization && readQuantization(config.quantization),
    validation: config.validation && readValidation(config.validation),
    labels: config.validation?.labels,
    isOverlapAllowed: config.validation?.overlap === "allowed",
    keep: config.keep,
    reference: config.reference,
    engine: { reference: config.engine?.reference, candidate: config.engine?.candidate },
    tolerance,
    task: readTask(config.task),
    taskKind: config.task?.kind,
    latency: { maxSlowdownVsReference: camelKeys(config.latency).maxSlowdownVsReference },
    waivers: config.waivers.map(({ owner, ...waiver }, n) => ({
      ...waiver,
      ...(owner === undefined ? {} : { owner }),
      place: waiverPlace(n),
    })),
    explainsByBaseline: config.baseline !== false,
    ...(typeof config.baseline === "string" ? { baseReport: config.baseline } : {}),
    // A limit against the base commit without its result could never fail.
    baseline: config.baseline === true || Object.keys(tolerance.baseline).length > 0,
    tensorrt: {
      ...tensorrt,
      noTacticSources: tacticSources === "none",
      ...(workspaceMib === undefined ? {} : { workspaceMiB: workspaceMib }),
      ...(optimizationLevel === undefined ? {} : { optimizationLevel }),
      ...(dlaCore === undefined ? {} : { dlaCore }),
    },
  };
}

/** entry-rules.ts refuses a block with some of the three. */
function readTask(config: ModelConfig["task"]): ModelEntry["task"] {
  const { command, metric, "max-drop": maxDrop } = config ?? {};
  return command === undefined || metric === undefined || maxDrop === undefined ? undefined : { command, metric, maxDrop };
}

const readQuantization = (config: QuantizationConfig): QuantizationEntry => {
  const { cache, data, loader, qdq, ...rest } = camelKeys(config);
  return { cache, data, loader, qdq, ...rest };
};

const readValidation = ({ labels: _, overlap: __, ...config }: ValidationConfig): FeedEntry => {
  const { data, loader, inputs, random, maxSamples } = camelKeys(config);
  return { data, loader, inputs, random, maxSamples };
};
