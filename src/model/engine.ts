/** An engine as a value: what is known of its build, what it gives, how fast it is. Only types. */
import type { Tensor } from "./tensor.ts";

/** One tensor of one sample from both sides. A side is missing where that engine did not give the tensor. */
export interface TensorPair {
  readonly sample: number;
  readonly tensor: string;
  readonly role: "output" | "layer" | "injected";
  readonly reference: Tensor | undefined;
  readonly candidate: Tensor | undefined;
}

/**
 * One built candidate, and through it the reference that its lane compares it with. In `simulate` an engine is a choice of units in a session.
 * Streams give all tensors of a sample before the next sample; they reject with ToolError (undecided), and never yield a made-up tensor.
 */
export interface Engine {
  readonly facts: BuildFacts;
  readonly reference: BuildFacts;
  /** Final outputs of both sides; the verdict comes from these. `samples`: indices into the validation samples. */
  outputs(samples: readonly number[]): AsyncIterable<TensorPair>;
  /** Marks what can be marked, which may build further engines. */
  layers(samples: readonly number[]): Promise<LayerTensors>;
  /** The FP16 engine, which could be shipped instead: times are compared with it. Undefined where there are no engines (`simulate`). */
  readonly half?: BuildFacts;
}

export interface LayerTensors {
  /** Layers, and where the lane can, the error that each unit adds by itself (`injected`). */
  readonly pairs: AsyncIterable<TensorPair>;
  /** Smallest SQNR of a marked engine's final outputs against the unmarked one's, dB; undefined where marking changes nothing (`simulate`). */
  readonly markingDb: number | undefined;
  /** Tensors that could not be marked without changing what is measured. */
  readonly dropped: readonly string[];
}

/** Engines timed in turns in one process, with nothing else on the GPU. */
export interface TimingRun {
  /** Round by round, in the order of the engines asked for: the median inference of that engine's turn, in milliseconds of the GPU. */
  readonly rounds: readonly (readonly number[])[];
  /** Inferences of one turn, by engine. */
  readonly launches: readonly number[];
  /** Which engines a CUDA graph can hold. */
  readonly graphs: readonly boolean[];
  /** All were run as graphs; one that cannot be makes all run without. */
  readonly usedGraphs: boolean;
  /** Of the multiprocessors, read while the engines ran; undefined where the GPU does not say. */
  readonly smClockMHz: { readonly min: number; readonly max: number } | undefined;
  /** What slowed the GPU down meanwhile, as the driver calls it. */
  readonly throttle: string | undefined;
}

export interface BuildOptions {
  /** True: build anew, with kernels timed in a cache of its own, instead of reusing what was built for the same assignment (`ship: rebuild`). */
  readonly fresh?: boolean;
}

/** What is known of one build of an engine. In `simulate` a build is a session. */
export interface BuildFacts {
  readonly what: string;
  /** Whose engine it is. */
  readonly role?: "reference" | "candidate" | "marked";
  /** Ids of the units that the candidate keeps in higher precision. */
  readonly keep?: ReadonlySet<string>;
  readonly seconds: number;
  readonly notes: readonly string[];
  /** Every layer of the engine; nothing where the lane has no engine or it tells nothing. */
  readonly executed?: readonly ExecutedLayer[];
  /** The ONNX file that it was built from, and whether its types were the file's own (strong typing); nothing for a plan that was given. */
  readonly built?: { readonly modelPath: string; readonly typed: boolean };
  /** The serialised engine: what is judged, and what can be shipped. It lies in the work folder of the run. */
  readonly plan?: FileFacts | undefined;
  /** Of the units with scales that were not kept: in which precision they ran. Undefined where the lane has no engine or it tells nothing. */
  readonly int8?: Int8Count;
  /** Engine layers of kept units that ran in less than they are kept in: a fix with any of them is not verified. */
  readonly ignored?: readonly string[];
  /** Whether running the engine twice on one sample gave the same bytes; undefined where that was not tried. */
  readonly repeatIdentical?: boolean | undefined;
}

export interface FileFacts {
  readonly path: string;
  readonly sha256: string;
  readonly sizeBytes: number;
}

/** Counts of units. */
export interface Int8Count {
  /** In the precision that their scales ask for. */
  readonly int8: number;
  /** Which that is where it is not INT8 for all: FP8, "INT8 and FP8". */
  readonly precision?: string;
  /** In another precision. */
  readonly other: number;
  /** The engine inspector does not say. */
  readonly unknown: number;
}

/** Executed precision of one engine layer, read back from the engine inspector. */
export interface ExecutedLayer {
  readonly layer: string;
  readonly nodes: readonly string[];
  readonly precision: string;
  readonly layerType: string;
}
