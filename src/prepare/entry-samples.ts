/**
 * The samples that an entry of the configuration names, and the shapes that they give to inputs which the model leaves open.
 * Which model it is and where its scales come from is decided elsewhere.
 */
import { join } from "node:path";
import type { FeedEntry, ModelEntry } from "../config/settings.ts";
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource, ShapeRange } from "../model/job.ts";
import { shapeFlags } from "../model/shape-flags.ts";
import { shellLine } from "../model/shell-word.ts";
import { isOpen, type ModelInput, modelInputs, type ResolvedInput, resolveInputs } from "../onnx/inputs.ts";
import type { OnnxModel } from "../onnx/model.ts";
import { refuseConstant } from "../samples/constant-data.ts";
import { openFeeds } from "../samples/feeds.ts";
import { type FingerprintedSource, fingerprinted, refuseNonFinite } from "../samples/fingerprints.ts";
import { loadSamples } from "../samples/loader.ts";
import { completeShapes, type SampleOrigin } from "../samples/observed-shapes.ts";
import type { CheckContext } from "./context.ts";

export interface SamplePlace {
  /** The folder that the entry's paths are relative to. */
  readonly root: string;
  /** The same of its validation samples. */
  readonly validationRoot: string;
  readonly workFolder: string;
  readonly context: CheckContext;
  /** Everything opened; the caller closes it. */
  readonly open: FeedSource[];
}

export interface EntrySamples {
  /** The entry's, completed from its samples. */
  readonly shapes: ReadonlyMap<string, ShapeRange>;
  /** Also ConfigError for samples that hold one value throughout, or NaN. */
  open(feed: FeedEntry, what: string): Promise<FingerprintedSource>;
}

/** ConfigError for inputs that neither the entry nor its samples close. */
export async function entrySamples(entry: ModelEntry, model: OnnxModel, place: SamplePlace): Promise<EntrySamples> {
  const declared = modelInputs(model);
  const loaded = new Map<string, FeedSource>();
  const origins = await originsOf(entry, declared, { place, loaded });
  const shapes = await completeShapes(declared, entry.shapes, origins, place.context.effects.files);
  const inputs = resolveInputs(model, shapes, entry.flags?.has("shapes") ? "flags" : entry.describedIn);
  return {
    shapes,
    open: async (feed, what) => {
      const source = loaded.get(loadedKey(feed, what)) ?? (await openFeedEntry(feed, what, { inputs, place }));
      if (!place.open.includes(source)) place.open.push(source);
      const named = { ...source, description: source.description.replace(`${rootOf(what, place)}/`, "") };
      await refuseConstant(named, what);
      // Calibration samples are many: each is looked at when it is read.
      if (what === "validation") await refuseNonFinite(named, what);
      return fingerprinted(named, what);
    },
  };
}

interface Loading {
  readonly place: SamplePlace;
  /** Loaders that had to run to tell the shapes of what they yield. */
  readonly loaded: Map<string, FeedSource>;
}

async function originsOf(entry: ModelEntry, inputs: readonly ModelInput[], { place, loaded }: Loading): Promise<SampleOrigin[]> {
  if (!inputs.some((input) => isOpen(input) && !entry.shapes.has(input.name))) return [];
  const { data, loader } = entry.quantization ?? {};
  const calibration = { data, loader, inputs: undefined, random: undefined, maxSamples: Number.POSITIVE_INFINITY };
  const feeds = [...(entry.validation ? [["validation", entry.validation] as const] : []), ["calibration", calibration] as const];
  const origins: SampleOrigin[] = [];
  for (const [what, feed] of feeds) {
    const path = feed.data ?? feed.inputs;
    if (feed.loader !== undefined) {
      const source = await runLoader(feed.loader, what, { place, maxSamples: feed.maxSamples });
      place.open.push(source);
      loaded.set(loadedKey(feed, what), source);
      origins.push({ source });
    } else if (path !== undefined) origins.push({ path: join(rootOf(what, place), path) });
  }
  return origins;
}

const rootOf = (what: string, { root, validationRoot }: SamplePlace): string => (what === "validation" ? validationRoot : root);

const loadedKey = ({ loader }: FeedEntry, what: string): string => `${what} ${loader ?? ""}`;

interface Opening {
  readonly inputs: readonly ResolvedInput[];
  readonly place: SamplePlace;
}

async function openFeedEntry(feed: FeedEntry, what: string, { inputs, place }: Opening): Promise<FeedSource> {
  const { context } = place;
  const root = rootOf(what, place);
  const { loader, random, maxSamples } = feed;
  if (loader !== undefined) return await runLoader(loader, what, { place, maxSamples, inputs });
  if (random !== undefined) return await openFeeds({ kind: "random", ...random }, inputs, context.effects, maxSamples);
  if (feed.inputs !== undefined)
    return await openFeeds({ kind: "inputs", path: join(root, feed.inputs) }, inputs, context.effects, maxSamples);
  if (feed.data !== undefined) return await openFeeds({ kind: "data", path: join(root, feed.data) }, inputs, context.effects, maxSamples);
  throw new ConfigError(`The ${what} samples have no source. Give data, loader, inputs or random.`);
}

const runLoader = async (
  loader: string,
  what: string,
  { place, ...limits }: { place: SamplePlace; maxSamples: number; inputs?: readonly ResolvedInput[] },
): Promise<FeedSource> =>
  await loadSamples(
    join(place.context.codeFolder, loader),
    place.context.settings.options.python,
    place.context.effects,
    join(place.workFolder, what),
    { ...limits, deadlineMs: place.context.deadlineMs },
  );

/** What to say, and where, for an entry without validation samples. */
export const noValidation = ({ name, path, describedIn, place, shapes, flags }: ModelEntry): string =>
  describedIn === "flags"
    ? `"${name}" has no validation samples. Add --validation FILE; for a first look ${shellLine(["trt-gate", "inputs", path, ...(flags?.has("shapes") ? shapeFlags(shapes) : [])])} --samples 16 -o inputs.json writes random ones.`
    : `${place.file}:${place.line}: "${name}" has no validation samples. Give validation: {data: FILE.npz}, or {random: {seed: 1, samples: 8}} as a start.`;
