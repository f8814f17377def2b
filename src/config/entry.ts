/** One checked `models:` entry -> ModelEntry for one file, and the rules between its keys. Finding the files of a glob is models.ts. */
import { camelKeys } from "./case.ts";
import type { ModelConfig, QuantizationConfig, ValidationConfig } from "./schema.ts";
import type { FeedEntry, ModelEntry, QuantizationEntry } from "./settings.ts";
import { readShapes, shapeFaults } from "./shapes.ts";
import { lateWarnings, readTolerance } from "./tolerance.ts";
import type { KeyPath } from "./yaml.ts";

/** `path` is below the entry; `text` says what is wrong and what to write instead. */
export interface Fault {
  readonly path: KeyPath;
  readonly text: string;
}

/** The entry for one file. `place` is where the configuration has it; `waiverPlace` gives `file:line` of its n-th waiver. */
export function readEntry(
  config: ModelConfig,
  file: Pick<ModelEntry, "name" | "path" | "place">,
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
    tolerance,
    task: config.task && camelKeys(config.task),
    latency: { maxSlowdownVsReference: camelKeys(config.latency).maxSlowdownVsReference },
    waivers: config.waivers.map(({ owner, ...waiver }, n) => ({
      ...waiver,
      ...(owner === undefined ? {} : { owner }),
      place: waiverPlace(n),
    })),
    // A limit against the base commit without its result could never fail.
    baseline: config.baseline || Object.keys(tolerance.baseline).length > 0,
    tensorrt: {
      ...tensorrt,
      noTacticSources: tacticSources === "none",
      ...(workspaceMib === undefined ? {} : { workspaceMiB: workspaceMib }),
      ...(optimizationLevel === undefined ? {} : { optimizationLevel }),
      ...(dlaCore === undefined ? {} : { dlaCore }),
    },
  };
}

/** What a schema cannot say of one entry. `today` is an ISO date in UTC; a waiver counts up to and including its last day. */
export function entryFaults(config: ModelConfig, today: string): Fault[] {
  return [
    ...quantizationFaults(config.quantization),
    ...validationFaults(config.validation),
    ...lateWarnings(config.tolerance).map(({ path, text }) => ({ path: ["tolerance", ...path, "warn"], text })),
    ...shapeFaults(readShapes(config.shapes)).map(({ input, text }) => ({ path: ["shapes", input], text })),
    ...(config.task === undefined || config.task.command.some((word) => word.includes("{outputs}"))
      ? []
      : [{ path: ["task", "command"], text: 'never mentions "{outputs}"; add it where the command expects the folder of saved outputs' }]),
    ...config.waivers.flatMap((waiver, n) =>
      waiver.until >= today
        ? []
        : [
            {
              path: ["waivers", n, "until"],
              text: `is ${waiver.until}, which is over (today is ${today}); fix the cause, or renew the waiver with its reason`,
            },
          ],
    ),
  ];
}

function quantizationFaults(quantization: QuantizationConfig | undefined): Fault[] {
  if (quantization === undefined) return [];
  const given = sourcesOf(quantization, ["cache", "data", "loader", "qdq"]);
  if (given.length === 1 || given.join() === "cache,data") return [];
  return [
    {
      path: ["quantization"],
      text: `has ${given.length === 0 ? "no source" : given.join(" and ")}; give exactly one of cache, data, loader, qdq (cache and data may stand together)`,
    },
  ];
}

function validationFaults(validation: ValidationConfig | undefined): Fault[] {
  if (validation === undefined) return [];
  const given = sourcesOf(validation, ["data", "loader", "inputs", "random"]);
  const range: Fault[] =
    validation.random !== undefined && !(validation.random.low < validation.random.high)
      ? [{ path: ["validation", "random"], text: `goes from ${validation.random.low} to ${validation.random.high}; write low < high` }]
      : [];
  if (given.length === 1) return range;
  return [
    {
      path: ["validation"],
      text: `has ${given.length === 0 ? "no source" : given.join(" and ")}; give exactly one of data, loader, inputs, random`,
    },
    ...range,
  ];
}

const sourcesOf = <K extends string>(block: Partial<Record<K, unknown>>, names: readonly K[]): K[] =>
  names.filter((name) => block[name] !== undefined);

const readQuantization = (config: QuantizationConfig): QuantizationEntry => {
  const { cache, data, loader, qdq, ...rest } = camelKeys(config);
  return { cache, data, loader, qdq, ...rest };
};

const readValidation = ({ labels: _, ...config }: ValidationConfig): FeedEntry => {
  const { data, loader, inputs, random, maxSamples } = camelKeys(config);
  return { data, loader, inputs, random, maxSamples };
};
