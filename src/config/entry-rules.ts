/** The rules between the keys of one `models:` entry, which its schema cannot say. Words only: where the entry stands is read-config.ts. */
import type { ModelConfig, QuantizationConfig, ValidationConfig } from "./schema.ts";
import { readShapes, shapeFaults } from "./shapes.ts";
import { lateWarnings } from "./tolerance.ts";
import type { KeyPath } from "./yaml.ts";

/** `path` is below the entry; `text` says what is wrong and what to write instead. */
export interface Fault {
  readonly path: KeyPath;
  readonly text: string;
}

/** What a schema cannot say of one entry. `today` is an ISO date in UTC. */
export function entryFaults({ quantization, validation, tolerance, shapes, task, waivers }: ModelConfig, today: string): Fault[] {
  return [
    ...quantizationFaults(quantization),
    ...validationFaults(validation),
    ...lateWarnings(tolerance).map(({ path, text }) => ({ path: ["tolerance", ...path, "warn"], text })),
    ...shapeFaults(readShapes(shapes)).map(({ input, text }) => ({ path: ["shapes", input], text })),
    ...taskFaults(task),
    ...waivers.flatMap((waiver, n) => waiverFaults(waiver.until, n, today)),
  ];
}

function taskFaults(task: ModelConfig["task"]): Fault[] {
  if (task === undefined) return [];
  const missing = (["command", "metric", "max-drop"] as const).filter((key) => task[key] === undefined);
  if (missing.length === 3 && task.kind !== undefined) return [];
  if (missing.length > 0)
    return [{ path: ["task"], text: `has no ${missing.join(" and no ")}; give command, metric and max-drop together, or kind alone` }];
  if (task.command?.some((word) => word.includes("{outputs}"))) return [];
  return [{ path: ["task", "command"], text: 'never mentions "{outputs}"; add it where the command expects the folder of saved outputs' }];
}

/** A waiver counts up to and including its last day. */
function waiverFaults(until: string, n: number, today: string): Fault[] {
  if (until >= today) return [];
  return [
    {
      path: ["waivers", n, "until"],
      text: `is ${until}, which is over (today is ${today}); fix the cause, or renew the waiver with its reason`,
    },
  ];
}

function quantizationFaults(quantization: QuantizationConfig | undefined): Fault[] {
  if (quantization === undefined) return [];
  const given = sourcesOf(quantization, ["cache", "data", "loader", "qdq"]);
  if (given.join() === "cache,data") return [];
  return sourceFaults("quantization", given, "cache, data, loader, qdq (cache and data may stand together)");
}

function validationFaults(validation: ValidationConfig | undefined): Fault[] {
  if (validation === undefined) return [];
  const given = sourcesOf(validation, ["data", "loader", "inputs", "random"]);
  return [...sourceFaults("validation", given, "data, loader, inputs, random"), ...rangeFaults(validation.random)];
}

function sourceFaults(block: string, given: readonly string[], allowed: string): Fault[] {
  if (given.length === 1) return [];
  return [{ path: [block], text: `has ${given.length === 0 ? "no source" : given.join(" and ")}; give exactly one of ${allowed}` }];
}

function rangeFaults(random: ValidationConfig["random"]): Fault[] {
  const { low = 0, high = 1 } = random ?? {};
  return low < high ? [] : [{ path: ["validation", "random"], text: `goes from ${low} to ${high}; write low < high` }];
}

const sourcesOf = <K extends string>(block: Partial<Record<K, unknown>>, names: readonly K[]): K[] =>
  names.filter((name) => block[name] !== undefined);
