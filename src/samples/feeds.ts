/**
 * Samples for calibration and validation from saved files or from a seed: everything is checked against the model's inputs at once,
 * before anything runs; values are read one sample at a time, and the first of them stay in memory.
 */
import type { Effects } from "../effects/effects.ts";
import { ConfigError, ToolError } from "../effects/failure.ts";
import type { FeedSource } from "../model/job.ts";
import { plural } from "../model/plural.ts";
import type { Feed } from "../model/tensor.ts";
import { feedParts } from "./feed-files.ts";
import type { ModelInput } from "./model-input.ts";
import { type RandomSpec, randomFeeds } from "./random-feeds.ts";
import { checkPart, type FeedPart } from "./sample-file.ts";

export type FeedSpec =
  | { readonly kind: "data"; readonly path: string }
  | { readonly kind: "inputs"; readonly path: string }
  | ({ readonly kind: "random" } & RandomSpec);

/**
 * `maxSamples`: only the first so many are used. Throws one ConfigError with all problems, each naming file and input,
 * FileError for damaged or refused files, and ToolError `no-samples` where there is none.
 */
export async function openFeeds(
  spec: FeedSpec,
  inputs: readonly ModelInput[],
  effects: Pick<Effects, "files">,
  maxSamples = Number.POSITIVE_INFINITY,
): Promise<FeedSource> {
  if (spec.kind === "random") return randomFeeds(spec, inputs, maxSamples);
  const parts = await feedParts(spec.path, inputs, effects.files);
  const problems = parts.flatMap((part) => checkPart(part, inputs));
  if (problems.length > 0) throw new ConfigError(someOf(problems, spec.path));
  if (parts.every((part) => part.count === 0)) throw new ToolError("no-samples", `${spec.path} holds no samples. Save at least one.`);
  return joinParts(spec.path, parts, effects, maxSamples);
}

/** Hundreds of samples have hundreds of times the same fault: of each some examples, and how many there are. */
const shown = 3;

function someOf(problems: readonly string[], path: string): string[] {
  const alike = Map.groupBy(problems, (problem) => problem.replace(/^sample \d+ of /, ""));
  const kept = [...alike.values()].flatMap((same) => same.slice(0, shown));
  const rest = problems.length - kept.length;
  return rest === 0 ? kept : [...kept, `${path}: ${rest} more of the same kind (${problems.length} in all). Correct all samples alike.`];
}

/** A search reads each sample hundreds of times, and a packed file from its beginning each time. What does not fit is read again. */
const keptBytes = 64 * 2 ** 20;

function joinParts(path: string, parts: readonly FeedPart[], effects: Pick<Effects, "files">, maxSamples: number): FeedSource {
  const total = parts.reduce((sum, part) => sum + part.count, 0);
  const count = Math.min(total, maxSamples);
  const readers = new Map<string, ReturnType<FeedPart["open"]>>();
  const partOf = (index: number): { part: FeedPart; within: number } => {
    let before = 0;
    for (const part of parts) {
      if (index < before + part.count) return { part, within: index - before };
      before += part.count;
    }
    throw new RangeError(`sample ${index} of ${total}`);
  };
  const kept = new Map<number, Feed>();
  let room = keptBytes;
  const keep = (index: number, feed: Feed): Feed => {
    room -= [...feed.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
    if (room >= 0) kept.set(index, feed);
    return feed;
  };
  let last: Promise<Feed> | undefined;
  return {
    description: count < total ? `${path} (first ${count} of ${plural(total, "sample")})` : `${path} (${plural(count, "sample")})`,
    count,
    isMadeUp: (index) => {
      const { part, within } = partOf(index);
      return part.isMadeUp(within);
    },
    feed: (index) => {
      const read = async (): Promise<Feed> => {
        const known = kept.get(index);
        if (known !== undefined) return known;
        const { part, within } = partOf(index);
        for (const [file, reader] of readers) {
          if (file === part.file) continue;
          readers.delete(file);
          await (await reader).close();
        }
        const reader = readers.get(part.file) ?? part.open(effects.files);
        readers.set(part.file, reader);
        return keep(index, await (await reader).feed(within));
      };
      // One at a time: readers of packed entries have a position.
      last = (last ?? Promise.resolve()).then(read, read);
      return last;
    },
    close: async () => {
      // A sample that is being read still opens what it needs.
      await last?.catch(() => undefined);
      kept.clear();
      const open = [...readers.values()];
      readers.clear();
      // What failed to open holds nothing.
      await Promise.all(open.map((reader) => reader.then((one) => one.close(), noReader)));
    },
  };
}

const noReader = (): void => undefined;
