/**
 * Which caches, Q/DQ models and samples belong to which model, by what is in them: names of tensors and shapes. Names of files only decide
 * between several that fit, and what samples are for. Pure; words for the configuration are init-template.ts.
 */
import { type HeldRange, heldRanges } from "../model/held-range.ts";
import type { Found, FoundCache, FoundInput, FoundModel, FoundSamples, OutputFacts } from "./init-facts.ts";
import { stemOf } from "./paths.ts";

export type Shapes = ReadonlyMap<string, readonly number[]>;

/** One entry to write. Without `qdq`, `cache` and `calibration` nothing says how the model is quantised. */
export interface PairedModel {
  readonly model: FoundModel;
  readonly qdq?: string | undefined;
  readonly cache?: string | undefined;
  /** A cache that names this model's tensors and leaves some of them out. */
  readonly gappy?: { readonly path: string; readonly missing: number } | undefined;
  readonly calibration?: string | undefined;
  readonly validation?: string | undefined;
  /** How many samples that file holds. */
  readonly samples?: number | undefined;
  /** Shapes of inputs with open dimensions, and whether samples gave them. */
  readonly shapes: Shapes;
  readonly areGuessed: boolean;
  /** The samples that gave the shapes. */
  readonly shapesFrom?: string | undefined;
  /** From where to where random numbers stay within what every input's quantiser holds; undefined where one is not known, or holds no quantities. */
  readonly range?: HeldRange | undefined;
  /** Why there are no validation samples, or what has to be known of them: a sentence. */
  readonly note?: string | undefined;
  /** Of one run; empty where it failed or was not tried. */
  readonly outputs?: readonly OutputFacts[];
  /** What ONNX Runtime said where the model runs with no shape that was tried. */
  readonly fails?: string | undefined;
}

/** Answers of running the models: which samples they refused, and which size of open dimensions they took; and of comparing samples by content. */
export interface Trials {
  /** Whether this model was seen to fail with these samples' shapes. */
  refused(model: string, samples: string): boolean;
  /** Size of the open dimensions of pictures. */
  size(model: string): number;
  /** What was made from most of these samples (a cache), or holds them (a calibration set); undefined where nothing is known to. */
  calibrated(samples: string): string | undefined;
}

const noTrials: Trials = { refused: () => false, size: () => 224, calibrated: () => undefined };

/** One for each model that would be an entry: floats, and Q/DQ models without a float model beside them. */
export function pairModels(found: Found, trials: Trials = noTrials): PairedModel[] {
  const floats = found.models.filter(({ kind }) => kind === "float");
  const twins = new Map(found.models.filter(({ kind }) => kind === "qdq").map((qdq) => [qdq.path, floatOf(qdq, floats)]));
  const entries = found.models.filter(
    ({ kind, path, needsFloat }) => kind === "float" || (kind === "qdq" && !needsFloat && twins.get(path) === undefined),
  );
  return entries.map((model) => {
    const qdq = best(
      model,
      found.models.filter(({ path }) => twins.get(path) === model.path),
    );
    const scales = scalesOf(model, found.caches);
    const from = qdq ?? (model.kind === "qdq" ? model.path : scales.cache);
    const holds =
      [model, ...found.models].find(({ path }) => path === (qdq ?? model.path))?.holds ??
      heldRanges({ scales: found.caches.find(({ path }) => path === scales.cache)?.scales });
    return { model, qdq, ...scales, range: commonRange(model.inputs, holds), ...samplesOf(model, found.samples, { trials, from }) };
  });
}

/** One range for all inputs is all that the configuration takes. INT8's one more step below zero is left out. */
function commonRange(inputs: readonly FoundInput[], holds: ReadonlyMap<string, HeldRange>): HeldRange | undefined {
  const all = inputs.map(({ name, isFloat }) => (isFloat ? holds.get(name) : undefined));
  const known = all.filter((one) => one !== undefined);
  const high = Math.min(...known.map((one) => one.high));
  const low = Math.max(-high, ...known.map((one) => one.low));
  return known.length === 0 || known.length < all.length || !(Number.isFinite(high) && low < high) ? undefined : { low, high };
}

/** The float model that a Q/DQ model was made from: the same inputs and outputs, and of several the one whose name it carries. */
function floatOf(qdq: FoundModel, floats: readonly FoundModel[]): string | undefined {
  const same = floats.filter(
    (float) => sameNames(float.inputs.map(nameOf), qdq.inputs.map(nameOf)) && sameNames(float.outputs, qdq.outputs),
  );
  const named = same.filter((float) => words(stemOf(qdq.path)).startsWith(words(stemOf(float.path))));
  const longest = named.toSorted((a, b) => stemOf(b.path).length - stemOf(a.path).length)[0];
  return longest?.path ?? (same.length === 1 ? same[0]?.path : undefined);
}

function scalesOf(model: FoundModel, caches: readonly FoundCache[]): Pick<PairedModel, "cache" | "gappy"> {
  const missing = (cache: FoundCache) => model.computeInputs.filter((tensor) => !cache.tensors.has(tensor)).length;
  const whole = caches.filter((cache) => model.computeInputs.length > 0 && missing(cache) === 0);
  const cache = best(model, whole);
  const near = caches.filter((one) => missing(one) * 2 < model.computeInputs.length).toSorted((a, b) => missing(a) - missing(b))[0];
  return cache !== undefined || near === undefined ? { cache } : { gappy: { path: near.path, missing: missing(near) } };
}

type Sampled = Pick<PairedModel, "calibration" | "validation" | "samples" | "shapes" | "areGuessed" | "shapesFrom" | "note">;

interface Known {
  readonly trials: Trials;
  /** The file that the scales come from; undefined where there is none yet. */
  readonly from: string | undefined;
}

/** Samples never serve for both: a model judged on what it was calibrated on looks better than it is. Made-up ones tell shapes alone. */
function samplesOf(model: FoundModel, all: readonly FoundSamples[], known: Known): Sampled {
  const { trials } = known;
  const fitting = all.filter((samples) => !trials.refused(model.path, samples.path) && feedShapes(model.inputs, samples) !== undefined);
  const roles = rolesOf(
    model,
    fitting.filter(({ isMadeUp }) => !isMadeUp),
    known,
  );
  const samples = fitting.find(({ path }) => path === roles.validation)?.count;
  const isOpen = model.inputs.some(({ dims }) => dims.some((dim) => typeof dim === "string"));
  if (!isOpen) return { ...roles, samples, shapes: new Map(), areGuessed: false };
  const source = fitting.find(({ path }) => path === (roles.validation ?? roles.calibration)) ?? fitting[0];
  const told = source && feedShapes(model.inputs, source);
  const shapes = told ?? new Map(model.inputs.map((input) => [input.name, guess(input, trials.size(model.path))]));
  return { ...roles, samples, shapes: openOnes(model, shapes), areGuessed: told === undefined, shapesFrom: source?.path };
}

/** Names say what samples are for, unless their content does. Where nothing else gives scales, the largest set without a purpose calibrates. */
function rolesOf(
  model: FoundModel,
  fitting: readonly FoundSamples[],
  { trials, from }: Known,
): Pick<PairedModel, "calibration" | "validation" | "note"> {
  const used = (path: string) => trials.calibrated(path);
  const of = (purpose: Purpose) => fitting.filter(({ path }) => purposeOf(path) === purpose);
  const fresh = (purpose: Purpose) => of(purpose).filter(({ path }) => used(path) === undefined);
  const unknown = fresh("unknown").toSorted((a, b) => b.count - a.count);
  const calibration =
    best(model, of("calibration")) ??
    best(
      model,
      fitting.filter(({ path }) => used(path) === from && from !== undefined),
    ) ??
    (from === undefined ? unknown[0]?.path : undefined);
  const validation =
    best(model, fresh("validation")) ??
    best(
      model,
      unknown.filter(({ path }) => path !== calibration),
    );
  const taken = fitting.map(({ path }) => path).find((path) => path !== calibration && used(path) !== undefined);
  return { calibration, validation, note: noteOf({ calibration, validation, taken, used, from }) };
}

interface Roles {
  readonly calibration: string | undefined;
  readonly validation: string | undefined;
  /** Samples that would judge, had they not calibrated. */
  readonly taken: string | undefined;
  used(path: string): string | undefined;
  readonly from: string | undefined;
}

function noteOf({ calibration, validation, taken, used, from }: Roles): string | undefined {
  const until = "random numbers judge until there are samples that did not calibrate";
  if (validation === undefined) {
    if (taken !== undefined) return `${taken} holds samples of ${used(taken)}: ${until}.`;
    if (calibration === undefined) return undefined;
    const madeIt = used(calibration);
    return madeIt === undefined
      ? `${calibration} is the only set of samples that fits, and it calibrates: ${until}.`
      : `${calibration} made ${madeIt}, and no other samples fit: ${until}.`;
  }
  // Named for it, or beside calibration samples that are others.
  if (purposeOf(validation) === "validation" || calibration !== undefined) return undefined;
  return from === undefined ? undefined : `Nothing tells whether ${validation} calibrated ${from}; if it did, give other samples.`;
}

const openOnes = ({ inputs }: FoundModel, shapes: Shapes): Shapes =>
  new Map([...shapes].filter(([name]) => inputs.some((input) => input.name === name && input.dims.some((dim) => typeof dim === "string"))));

/** Shape of one feed for each input; undefined where the samples do not fit the model, or one open dimension would have two sizes. */
export function feedShapes(inputs: readonly FoundInput[], { form, shapes }: FoundSamples): Shapes | undefined {
  const single = shapes.size === 1 && shapes.has("") && inputs.length === 1;
  if (!single && !sameNames([...shapes.keys()], inputs.map(nameOf))) return undefined;
  const sizes = new Map<string, number>();
  const feeds = inputs.map(({ name, dims }): [string, readonly number[]] | undefined => {
    const feed = feedShape(dims, shapes.get(single ? "" : name) ?? [], form);
    const agrees = feed?.every((size, axis) => {
      const dim = dims[axis];
      if (typeof dim === "number") return dim === size;
      if (dim === undefined || dim === "?") return true;
      const known = sizes.get(dim) ?? size;
      sizes.set(dim, known);
      return known === size;
    });
    return feed !== undefined && agrees ? [name, feed] : undefined;
  });
  return feeds.some((feed) => feed === undefined) ? undefined : new Map(feeds.filter((feed) => feed !== undefined));
}

/** An array of the input's rank is cut along axis 0 into feeds of its first dimension, one where that is open; one rank more: each entry is a feed. */
function feedShape(dims: FoundInput["dims"], shape: readonly number[], form: FoundSamples["form"]): readonly number[] | undefined {
  if (form === "whole") return shape.length === dims.length ? shape : undefined;
  if (shape.length === dims.length + 1) return shape.slice(1);
  if (shape.length !== dims.length) return undefined;
  const [all = 0] = shape;
  const each = typeof dims[0] === "number" ? dims[0] : 1;
  return dims.length === 0 ? [] : all % each === 0 ? [each, ...shape.slice(1)] : undefined;
}

/** A first guess where no samples tell: a batch of one, pictures of `size`, at most 128 of anything else. */
const guess = ({ dims, isFloat }: FoundInput, size: number): readonly number[] =>
  dims.map((dim, axis) => (typeof dim === "number" ? dim : axis === 0 ? 1 : isFloat && dims.length === 4 ? size : Math.min(size, 128)));

export type Purpose = "calibration" | "validation" | "unknown";

/** By the last word of the path that tells: `calibration/val.npz` are validation samples. */
export function purposeOf(path: string): Purpose {
  const told = words(path)
    .split("-")
    .map(
      (word): Purpose =>
        /^(calib|cal$|train)/.test(word) ? "calibration" : /^(val|eval|test|holdout)/.test(word) ? "validation" : "unknown",
    );
  return told.findLast((purpose) => purpose !== "unknown") ?? "unknown";
}

/** Of several that fit, the one whose path shares most words with the model's name; none of many without a shared word is better than the first. */
function best(model: FoundModel, candidates: readonly { readonly path: string }[]): string | undefined {
  const own = new Set(words(stemOf(model.path)).split("-"));
  const shared = (path: string) =>
    new Set(
      words(path)
        .split("-")
        .filter((word) => own.has(word)),
    ).size;
  return candidates.toSorted((a, b) => shared(b.path) - shared(a.path) || (a.path < b.path ? -1 : 1))[0]?.path;
}

const words = (path: string): string => path.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, "-");
const nameOf = ({ name }: FoundInput): string => name;
const sameNames = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === b.length && a.toSorted().join("\0") === b.toSorted().join("\0");
