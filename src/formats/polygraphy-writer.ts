/**
 * Writes tensors as Polygraphy (0.53) does: RunResults for outputs, a list of feeds for inputs. A path without an extension is a folder of
 * numbered iterations, as there. Streamed: one tensor is encoded at a time.
 */

import type { Files } from "../effects/effects.ts";
import { ConfigError } from "../effects/failure.ts";
import type { FeedSource } from "../model/job.ts";
import type { Tensor } from "../model/tensor.ts";
import { writeNpy } from "./npy.ts";
import { madeUpMark } from "./polygraphy-records.ts";

type Chunks = AsyncGenerator<Uint8Array>;
/** Tensors of one iteration, in order of execution. */
export type WrittenIteration = Iterable<Tensor>;

export interface ResultsWriter {
  add(iteration: WrittenIteration): Promise<void>;
  /** Without it the file is no JSON. */
  end(): Promise<void>;
}

/** One runner's outputs. Throws ConfigError for a folder that is not empty. float16 is stored as float32. */
export async function writeRunResults(
  path: string,
  runner: string,
  iterations: AsyncIterable<WrittenIteration>,
  files: Files,
): Promise<void> {
  const writer = await openRunResults(path, runner, files);
  for await (const iteration of iterations) await writer.add(iteration);
  await writer.end();
}

/** As `writeRunResults`, for a caller that has iterations of several runners at once. */
export async function openRunResults(path: string, runner: string, files: Files): Promise<ResultsWriter> {
  if (!isFolderPath(path)) return openResultsFile(path, runner, files);
  await checkFolder(path, files);
  let index = 0;
  return {
    add: async (iteration) => {
      const file = await openResultsFile(iterationPath(path, index++), runner, files);
      await file.add(iteration);
      await file.end();
    },
    end: async () => {},
  };
}

async function openResultsFile(path: string, runner: string, files: Files): Promise<ResultsWriter> {
  const append = (text: string) => files.appendText(path, text);
  await files.writeText(path, `{\n    "lst": [\n        [\n            ${JSON.stringify(runner)},\n            [`);
  let first = true;
  return {
    add: async (iteration) => {
      await append(`${first ? "" : ","}\n                {\n                    "outputs": `);
      first = false;
      for (const text of objectText(iteration, "                    ", lazyText)) await append(text);
      await append(
        `,\n                    "runtime": null,\n                    "runner_name": ${JSON.stringify(runner)},\n                    "polygraphy_class": "IterationResult"\n                }`,
      );
    },
    end: () => append('\n            ]\n        ]\n    ],\n    "polygraphy_class": "RunResults"\n}'),
  };
}

/** All feeds of a source, for `polygraphy run --load-inputs` and for `validation.inputs`. */
export async function writeInputs(path: string, source: FeedSource, files: Files): Promise<void> {
  if (!isFolderPath(path)) return files.writeBytes(path, inputsText(source));
  await checkFolder(path, files);
  for (let i = 0; i < source.count; i++)
    await files.writeText(iterationPath(path, i), [...objectText((await source.feed(i)).values(), "", inputTextOf(source, i))].join(""));
}

/** One sample is held at a time. Rejects as the source does. */
export async function* inputsText(source: FeedSource): Chunks {
  yield bytesOf("[");
  for (let i = 0; i < source.count; i++) {
    yield bytesOf(`${i === 0 ? "" : ","}\n    `);
    for (const text of objectText((await source.feed(i)).values(), "    ", inputTextOf(source, i))) yield bytesOf(text);
  }
  yield bytesOf("\n]");
}

type TensorText = (tensor: Tensor, indent: string) => string;

function* objectText(tensors: Iterable<Tensor>, indent: string, valueText: TensorText): Generator<string> {
  yield "{";
  let first = true;
  for (const tensor of tensors) {
    yield `${first ? "" : ","}\n${indent}    ${JSON.stringify(tensor.name)}: ${valueText(tensor, `${indent}    `)}`;
    first = false;
  }
  yield `\n${indent}}`;
}

const inputTextOf =
  (source: FeedSource, index: number): TensorText =>
  (tensor, indent) =>
    recordText(tensor, indent, source.isMadeUp?.(index) ? { [madeUpMark.key]: madeUpMark.value } : {});

const arrayText: TensorText = (tensor, indent) => recordText(tensor, indent, {});

function recordText(tensor: Tensor, indent: string, marks: Readonly<Record<string, string>>): string {
  const keys = { array: Buffer.from(writeNpy(tensor)).toString("base64"), ...marks, polygraphy_class: "ndarray" };
  return `{${Object.entries(keys).map(([key, text]) => `\n${indent}    "${key}": "${text}"`)}\n${indent}}`;
}

const lazyText: TensorText = (tensor, indent) =>
  `{\n${indent}    "values": ${arrayText(tensor, `${indent}    `)},\n${indent}    "polygraphy_class": "LazyArray"\n${indent}}`;

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);
const isFolderPath = (path: string): boolean => !/[^/\\]\.[^./\\]*$/.test(path);
const iterationPath = (folder: string, index: number): string => `${folder}/${String(index).padStart(10, "0")}.json`;

async function checkFolder(path: string, files: Files): Promise<void> {
  const stat = await files.stat(path);
  if (stat && (stat.kind !== "folder" || (await files.list(path)).length > 0))
    throw new ConfigError(`${path} is there and not empty. Name a new folder, or a file ending in .json.`);
  await files.makeFolder(path);
}
