/** What the graph tells of a final output: how its values came about and what it is joined from. Only types. */

/** How a probability output came about. `axis` counts from the front. */
export type ScoreSource =
  | { readonly kind: "softmax" | "logsoftmax"; readonly axis: number; readonly node: string }
  | { readonly kind: "sigmoid"; readonly node: string };

export interface OutputForm {
  /** The score behind a probability output is measured too (design 5). */
  readonly score?: ScoreSource | undefined;
  /** `index`: names of something (classes, positions, truth values). Absent where only the element type can tell. */
  readonly values?: "quantity" | "index" | undefined;
  /** The operator whose result decides how many entries there are; absent where the shape does not depend on the data. */
  readonly sizedBy?: { readonly opType: string; readonly node: string };
  readonly parts?: PartMap;
}

/** Which entries of an output come from which source, where a Concat or the like joins several. */
export interface PartMap {
  readonly shape: readonly number[];
  /** For each element in row-major order 0 (of no part: a constant, padding) or the 1-based number of its part. */
  readonly labels: Uint8Array;
  readonly parts: readonly OutputPart[];
}

export interface OutputPart {
  /** The tensor that is joined. */
  readonly name: string;
  /** Where it lies in the output, as an index expression: `[:, 4:84, :]`. */
  readonly where: string;
  readonly values?: "quantity" | "index" | undefined;
  /** Its values are probabilities; an axis counts in the output, and the part holds it whole. */
  readonly score?: ScoreSource | undefined;
}
