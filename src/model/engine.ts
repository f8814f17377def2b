/** What a lane gives: tensors of both sides, and what is known of one build of an engine. Only types. */
import type { Tensor } from "./tensor.ts";

/** One tensor of one sample from both sides. A side is missing where that engine did not give the tensor. */
export interface TensorPair {
  readonly sample: number;
  readonly tensor: string;
  readonly role: "output" | "layer" | "injected";
  readonly reference: Tensor | undefined;
  readonly candidate: Tensor | undefined;
}

/** What is known of one build of an engine. In `simulate` a build is a session. */
export interface BuildFacts {
  readonly what: string;
  /** Whose engine it is, and how many units the candidate keeps in higher precision. */
  readonly role?: "reference" | "candidate" | "marked";
  readonly kept?: number;
  /** Ids of those units. */
  readonly keep?: ReadonlySet<string>;
  readonly seconds: number;
  /** Median latency of one inference, milliseconds; undefined where it means nothing (`simulate`). */
  readonly latencyMs?: number;
  readonly notes: readonly string[];
  /** Every layer of the engine; nothing where the lane has no engine or it tells nothing. */
  readonly executed?: readonly ExecutedLayer[];
  /** Engine layers of kept units that ran in INT8 nevertheless: a fix with any of them is not verified. */
  readonly ignored?: readonly string[];
}

/** Executed precision of one engine layer, read back from the engine inspector. */
export interface ExecutedLayer {
  readonly layer: string;
  readonly nodes: readonly string[];
  readonly precision: string;
  readonly layerType: string;
}
