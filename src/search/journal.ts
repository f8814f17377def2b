/**
 * Probes written down as JSON lines, so that a search that was killed answers as one that was not.
 * Decides which lines may be trusted; the file itself is the caller's.
 */
import { z } from "zod";
import type { ProbeResult } from "./probe.ts";
import type { Journal } from "./request.ts";

const FORMAT = "trt-gate search journal 3";

const number = z.union([z.number(), z.enum(["Infinity", "-Infinity", "NaN"])]).transform(Number);
const head = z.object({ format: z.literal(FORMAT), inputs: z.string() });
const result = z.discriminatedUnion("kind", [
  z.object({
    kind: z.literal("measured"),
    passes: z.boolean(),
    marginDb: number,
    lowDb: number,
    nearest: z.string().optional(),
    sqnrDb: number,
    sdDb: number,
    seconds: number,
    note: z.string().optional(),
    floatUnits: z.array(z.string()).optional(),
  }),
  z.object({ kind: z.literal("unknown"), why: z.string(), seconds: number }),
]);
/** `waitedSeconds`: less than the result's own where it was answered ahead. */
const entry = z.object({ key: z.string(), result, waitedSeconds: z.number() });

export interface OpenJournal {
  /** Earlier results of this question in the order they were made; each is given once. */
  take(key: string): Entry | undefined;
  add(entry: Entry): Promise<void>;
}

/** `inputs`: hash of everything that decides a probe. A journal of other inputs, or a damaged one, is dropped with a notice. */
export async function openJournal(
  journal: Journal | undefined,
  inputs: string,
  notice: (text: string) => void = () => {},
): Promise<OpenJournal> {
  if (!journal) return { take: () => undefined, add: async () => {} };
  const text = await journal.read();
  const known = text === undefined ? undefined : parseJournal(text, inputs);
  if (typeof known === "string") notice(`The journal of the search is not used: ${known}. The search starts anew.`);
  const entries = typeof known === "object" ? known : [];
  await journal.start([{ format: FORMAT, inputs }, ...entries].map(line).join(""));

  const waiting = Map.groupBy(entries, ({ key }) => key);
  return {
    take: (key) => waiting.get(key)?.shift(),
    add: ({ key, result, waitedSeconds }) => journal.append(line({ key, result: withoutEngine(result), waitedSeconds })),
  };
}

export interface Entry {
  readonly key: string;
  readonly result: ProbeResult;
  readonly waitedSeconds: number;
}

/** Entries, or why they cannot be used. A last line without its end was cut by the kill and is left out. */
export function parseJournal(text: string, inputs: string): Entry[] | string {
  const [first, ...rest] = text.split("\n").slice(0, -1);
  const start = head.safeParse(parseJson(first ?? ""));
  if (!start.success) return "it has no readable first line";
  if (start.data.inputs !== inputs) return "it was made with other inputs or another version";
  const entries = rest.map((each) => entry.safeParse(parseJson(each)));
  const damaged = entries.findIndex((each) => !each.success);
  if (damaged >= 0) return `line ${damaged + 2} is damaged`;
  return entries.flatMap((each) => (each.success ? [{ ...each.data, result: withoutUndefined(each.data.result) }] : []));
}

/** Engines end with the run. */
function withoutEngine(result: ProbeResult): ProbeResult {
  if (result.kind === "unknown") return result;
  const { engine: _, ...rest } = result;
  return rest;
}

const line = (value: object): string => `${JSON.stringify(value, (_, item: unknown) => nameNonFinite(item))}\n`;
const nameNonFinite = (item: unknown): unknown => (typeof item === "number" && !Number.isFinite(item) ? String(item) : item);

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function withoutUndefined(parsed: z.infer<typeof result>): ProbeResult {
  if (parsed.kind === "unknown") return parsed;
  const { note, floatUnits, nearest, ...rest } = parsed;
  return {
    ...rest,
    nearest,
    note,
    floatUnits,
  };
}
