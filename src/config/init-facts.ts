/** What `init` read of the files of a repository, in the words that pairing needs. Only types. */
import type { HeldRange } from "../model/held-range.ts";

export interface FoundInput {
  readonly name: string;
  /** A number, or the name that the model gives an open dimension (`?` without one). */
  readonly dims: readonly (number | string)[];
  readonly isFloat: boolean;
}

export interface FoundModel {
  readonly path: string;
  readonly inputs: readonly FoundInput[];
  readonly outputs: readonly string[];
  /** What the quantisers of a Q/DQ model hold, by the tensor that each reads. */
  readonly holds?: ReadonlyMap<string, HeldRange>;
  /** `integer`: quantised by operators that TensorRT does not read (QLinearConv, dynamic quantisation). */
  readonly kind: "float" | "qdq" | "integer";
  /** A Q/DQ model that quantises weights alone: without its float model there is nothing to compare it with. */
  readonly needsFloat?: boolean;
  /** Activations that need a scale. */
  readonly computeInputs: readonly string[];
}

/** A file with the ending of a model that could not be read as one. */
export interface UnreadModel {
  readonly path: string;
  readonly why: string;
}

export interface FoundCache {
  readonly path: string;
  readonly tensors: ReadonlySet<string>;
  readonly scales?: ReadonlyMap<string, number>;
  /** What its note says of the samples that it was made from; undefined where nothing does. */
  readonly rows?: readonly string[] | undefined;
}

/** A file of arrays, or a folder of such files that all look the same. */
export interface FoundSamples {
  readonly path: string;
  /** `cut`: axis 0 counts samples; `whole`: each array is one sample. */
  readonly form: "cut" | "whole";
  /** Shapes by name; the one array of a `.npy` has the name "". */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
  /** Entries along axis 0 of all files, or whole samples. */
  readonly count: number;
  /** By `trt-gate inputs`. */
  readonly isMadeUp?: boolean;
}

/** What one run of a model tells of an output. `index`: one class number, index or truth value a sample; `indices`: several. `scores`: a Softmax or Sigmoid makes it or a part of it. */
export interface OutputFacts {
  readonly name: string;
  readonly holds: "classes" | "class map" | "index" | "indices" | "quantities";
  readonly scores: boolean;
}

export interface Found {
  readonly models: readonly FoundModel[];
  readonly unread: readonly UnreadModel[];
  readonly caches: readonly FoundCache[];
  readonly samples: readonly FoundSamples[];
}
