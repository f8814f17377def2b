/**
 * The samples of one file: how its arrays are cut along axis 0, what is wrong with them, and how one is read.
 * An array of the input's own rank is cut into feeds of the shape's first dimension; one rank more: each entry is a whole feed.
 * Where the input has a range, the other dimensions may be any in it.
 */
import type { FileReader, Files } from "../effects/effects.ts";
import { isRowMajor, openArray, readElements, readTensor, type StoredArray } from "../formats/stored-array.ts";
import { type DType, elementCount, type Feed, type Tensor } from "../model/tensor.ts";
import { axisHint } from "./axis-order.ts";
import type { ModelInput } from "./model-input.ts";

export interface FeedPart {
  readonly file: string;
  /** 0 where the arrays do not fit; `checkPart` then says why. */
  readonly count: number;
  /** `whole`: each array is one feed (Polygraphy inputs); `cut`: axis 0 counts samples. */
  readonly samples: "whole" | "cut";
  readonly arrays: readonly ReadonlyMap<string, StoredArray>[];
  /** Whether an input of the feed says that it was made up. */
  isMadeUp(index: number): boolean;
  open(files: Files): Promise<OpenPart>;
}

export interface OpenPart {
  feed(index: number): Promise<Feed>;
  close(): Promise<void>;
}

/** Each of `feeds` is one sample, by name of its input. */
export function wholePart(file: string, feeds: readonly ReadonlyMap<string, StoredArray>[], inputs: readonly ModelInput[]): FeedPart {
  return {
    file,
    count: feeds.length,
    samples: "whole",
    arrays: feeds,
    isMadeUp: (index) => feeds[index]?.values().some((array) => array.isMadeUp) ?? false,
    open: (files) =>
      openPart(
        file,
        files,
        inputs,
        (index) => feeds[index] ?? new Map(),
        () => undefined,
      ),
  };
}

/** `arrays`: by name of their input. The first input's array tells the number of samples. */
export function cutPart(file: string, arrays: ReadonlyMap<string, StoredArray>, inputs: readonly ModelInput[]): FeedPart {
  const [first] = inputs;
  const array = first && arrays.get(first.name);
  const count = (array && first && samplesIn(array.header.shape, first)) ?? 0;
  return {
    file,
    count,
    samples: "cut",
    arrays: [arrays],
    isMadeUp: () => false,
    open: (files) =>
      openPart(
        file,
        files,
        inputs,
        () => arrays,
        (index) => index,
      ),
  };
}

/** Number of feeds; undefined where the shapes do not fit or a rest stays. */
export function samplesIn(shape: readonly number[], input: Pick<ModelInput, "shape" | "range">): number | undefined {
  if (shape.length === input.shape.length + 1) return fitsFrom(0, shape.slice(1), input) ? shape[0] : undefined;
  if (!fitsFrom(1, shape, input)) return undefined;
  if (shape.length === 0) return 1;
  const [all = 0, each = 0] = [shape[0], input.shape[0]];
  return each > 0 && all % each === 0 ? all / each : undefined;
}

/** The same rank, and from dimension `first` on each is the input's own or in its range. */
function fitsFrom(first: number, shape: readonly number[], { shape: wanted, range }: Pick<ModelInput, "shape" | "range">): boolean {
  if (shape.length !== wanted.length) return false;
  return shape.every((dim, i) => i < first || (dim >= (range?.min[i] ?? wanted[i] ?? dim) && dim <= (range?.max[i] ?? wanted[i] ?? dim)));
}

/** Shape of one feed that is cut from an array of this shape. */
const feedShape = (shape: readonly number[], input: ModelInput): readonly number[] =>
  shape.length > input.shape.length ? shape.slice(1) : [...input.shape.slice(0, 1), ...shape.slice(1)];

const wantedShape = ({ shape, range }: ModelInput): string =>
  `[${shape.map((dim, i) => (range === undefined || range.min[i] === range.max[i] ? dim : `${range.min[i]}..${range.max[i]}`)).join(", ")}]`;

/** What an array of samples has to be: `[N, 3, 48, 192]`, of a model with a batch `[N × 4, 3, 48, 192]`. */
const savedShape = ({ shape, range }: ModelInput): string => {
  const [batch = 1, ...rest] = shape;
  const dims = rest.map((dim, i) =>
    range === undefined || range.min[i + 1] === range.max[i + 1] ? dim : `${range.min[i + 1]}..${range.max[i + 1]}`,
  );
  return `[${[batch === 1 ? "N" : `N × ${batch}`, ...dims].join(", ")}]`;
};

/** All problems of the part against the model's inputs, each a complete message. */
export function checkPart(part: FeedPart, inputs: readonly ModelInput[]): string[] {
  return part.arrays.flatMap((arrays, index) => {
    const place = part.samples === "whole" ? `sample ${index} of ${part.file}` : part.file;
    return [
      ...checkNames(arrays, inputs, place),
      ...inputs.flatMap((input) => checkInput(arrays.get(input.name), input, part, { place, firstInput: inputs[0]?.name ?? "" })),
    ];
  });
}

/**
 * Our own writers store half precision as float32 (npy.ts): it is rounded back where it is fed. Of a type that numpy does not have (`elementType`) the
 * values come in a wider one, and half precision is as good there.
 */
const takes = (input: ModelInput, dtype: DType): boolean =>
  dtype === input.dtype ||
  (input.dtype === "float16" && dtype === "float32") ||
  (input.elementType !== undefined && input.dtype === "float32" && dtype === "float16");

function checkNames(arrays: ReadonlyMap<string, StoredArray>, inputs: readonly ModelInput[], place: string): string[] {
  const known = new Set(inputs.map(({ name }) => name));
  const names = inputs.map(({ name }) => `"${name}"`).join(", ");
  return [...arrays.keys()]
    .filter((name) => !known.has(name))
    .map((name) => `${place}: "${name}" is no input of the model. Its inputs are ${names}.`);
}

function checkInput(
  array: StoredArray | undefined,
  input: ModelInput,
  part: FeedPart,
  { place, firstInput }: { place: string; firstInput: string },
): string[] {
  const wanted = wantedShape(input);
  if (!array) return [`${place}: input "${input.name}" is missing. Save an array of this name.`];
  const { dtype, shape } = array.header;
  const problems: string[] = [];
  if (!takes(input, dtype))
    problems.push(
      `${place}: input "${input.name}" is ${dtype}, the model takes ${input.elementType ?? input.dtype}. Save it as ${input.dtype}${input.elementType !== undefined && input.dtype === "float32" ? ", which is rounded to it" : ""}.`,
    );
  if (part.samples === "whole") {
    if (!fitsFrom(0, shape, input))
      problems.push(
        `${place}: input "${input.name}" has the shape [${shape.join(", ")}], the model takes ${wanted}. Save it in this shape, or set \`shapes\`.${axisHint(shape, (other) => fitsFrom(0, other, input))}`,
      );
    return problems;
  }
  const count = samplesIn(shape, input);
  const hint = count === undefined ? axisHint(shape, (other) => samplesIn(other, input) !== undefined) : "";
  if (count === undefined)
    problems.push(
      `${place}: input "${input.name}" of shape [${shape.join(", ")}] cannot be cut into feeds of ${wanted}. Save it as ${savedShape(input)}, axis 0 counting the samples.${hint}`,
    );
  else if (part.count > 0 && count !== part.count)
    problems.push(`${place}: input "${input.name}" has ${count} samples, "${firstInput}" has ${part.count}. Save the same number.`);
  return problems;
}

async function openPart(
  file: string,
  files: Files,
  inputs: readonly ModelInput[],
  arraysOf: (index: number) => ReadonlyMap<string, StoredArray>,
  position: (index: number) => number | undefined,
): Promise<OpenPart> {
  const reader = await files.open(file);
  const opened: OpenArrays = { readers: new Map(), columns: new Map() };
  return {
    feed: async (index) => {
      const feed = new Map<string, Tensor>();
      for (const input of inputs) {
        const array = arraysOf(index).get(input.name);
        if (array) feed.set(input.name, await readFeed(input, array, reader, opened, position(index)));
      }
      return feed;
    },
    close: async () => {
      for (const bytes of opened.readers.values()) await bytes.close();
      await reader.close();
    },
  };
}

interface OpenArrays {
  readonly readers: Map<StoredArray, FileReader>;
  /** Column-major arrays that are cut into feeds, read whole: a feed's values lie all over the file. */
  readonly columns: Map<StoredArray, Tensor>;
}

/** `index`: which feed of a cut array; undefined where the array is one feed. */
async function readFeed(
  input: ModelInput,
  array: StoredArray,
  reader: FileReader,
  { readers, columns }: OpenArrays,
  index: number | undefined,
): Promise<Tensor> {
  const { dtype } = takes(input, array.header.dtype) ? input : array.header;
  const shape = index === undefined ? array.header.shape : feedShape(array.header.shape, input);
  const count = elementCount(shape);
  const start = (index ?? 0) * count;
  if (!isRowMajor(array.header)) {
    const whole = columns.get(array) ?? (await readTensor(input.name, array, reader));
    if (index !== undefined) columns.set(array, whole);
    return { name: input.name, dtype, shape, data: whole.data.slice(start, start + count) };
  }
  const bytes = readers.get(array) ?? openArray(array, reader);
  readers.set(array, bytes);
  return { name: input.name, dtype, shape, data: await readElements(array, bytes, start, count) };
}
