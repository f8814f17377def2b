/** What `init` read of the files of a repository, in the words that pairing needs. Only types. */

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
  /** `integer`: quantised by operators that TensorRT does not read (QLinearConv, dynamic quantisation). */
  readonly kind: "float" | "qdq" | "integer";
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
}

/** A file of arrays, or a folder of such files that all look the same. */
export interface FoundSamples {
  readonly path: string;
  /** `cut`: axis 0 counts samples; `whole`: each array is one sample. */
  readonly form: "cut" | "whole";
  /** Shapes by name; the one array of a `.npy` has the name "". */
  readonly shapes: ReadonlyMap<string, readonly number[]>;
}

export interface Found {
  readonly models: readonly FoundModel[];
  readonly unread: readonly UnreadModel[];
  readonly caches: readonly FoundCache[];
  readonly samples: readonly FoundSamples[];
}
