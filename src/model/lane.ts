/**
 * How engines come about, seen from outside: one interface, and nothing outside lanes/ knows which lane it talks to.
 * A lane makes tensors; it measures and judges nothing.
 */
import type { BuildOptions, Engine, TimingRun } from "./engine.ts";
import type { HeldRange } from "./held-range.ts";
import type { ShapeRange } from "./job.ts";
import type { OutputForm } from "./output-form.ts";
import type { Placement } from "./placement.ts";
import type { ReproductionFiles } from "./reproduction.ts";
import type { Assignment, Unit } from "./unit.ts";

export type LaneName = "simulate" | "implicit" | "explicit";

/** Compute nodes inside bodies of If, Loop and Scan, as they are called to people. */
export interface BodyCoverage {
  readonly total: number;
  readonly quantized: readonly string[];
  readonly float: readonly string[];
}

export interface LaneCoverage {
  /** Compute nodes that run quantised / all compute nodes, those in bodies and of kinds that stay in float included. */
  readonly quantizedUnits: number;
  readonly totalUnits: number;
  /** Quantised nodes that are no compute nodes, by operator: how many the exporter put Q/DQ around (Add, Gather, LayerNormalization …). */
  readonly quantizedOthers?: Readonly<Record<string, number>> | undefined;
  /** Inputs of compute nodes without a scale: their node stays in float. */
  readonly missingScales: readonly string[];
  /** Quantisers that no unit holds: their error stays with every unit kept. */
  readonly heldByNoUnit?: readonly string[];
  /** Undefined where no body holds a compute node. */
  readonly bodies?: BodyCoverage | undefined;
  /** Compute nodes of kinds that the gate does not quantise and that no Q/DQ feeds, as they are called to people: LSTM, Einsum … */
  readonly floatKinds?: readonly string[];
  readonly variant: string;
}

/** ONNX files that stand for sides of a comparison; a side without one is the user's own file. */
export interface SideModels {
  readonly reference?: Uint8Array;
  readonly candidate?: Uint8Array;
}

/** One model made ready in one lane. */
export interface PreparedLane {
  readonly lane: LaneName;
  readonly units: readonly Unit[];
  /** Final outputs of the model in graph order. */
  readonly outputs: readonly string[];
  /** Their dimensions as the model declares them; a text is an open one. Outputs of which nothing is declared are left out. */
  readonly outputDims?: ReadonlyMap<string, readonly (number | string)[]> | undefined;
  /** Tensors in topological order, for "first failing". */
  readonly order: ReadonlyMap<string, number>;
  readonly sampleCount: number;
  /** What the graph tells of each final output. */
  readonly forms: ReadonlyMap<string, OutputForm>;
  readonly coverage: LaneCoverage;
  /** Versions of what ran, by tool: onnxruntime, tensorrt, polygraphy, python, gpu, driver. */
  readonly versions?: Readonly<Record<string, string>>;
  /** Where Q/DQ that the gate makes with these scales goes: in the candidate, or (implicit) in what is built with kept units. Undefined where the model brings its own. */
  readonly placement?: Placement | undefined;
  /** Activation scales in use (amax / 127) by tensor, where the lane knows them. */
  readonly scales?: ReadonlyMap<string, number> | undefined;
  /** Tensors whose scales this lane computes with, where it simulates from scales; an engine may use those of others as well. */
  readonly readScales?: ReadonlySet<string> | undefined;
  /** What each activation's quantiser holds, where Q/DQ of the user say it; `heldRanges` joins both. */
  readonly ranges?: ReadonlyMap<string, HeldRange> | undefined;
  /** How far the scales still moved each time the calibration samples doubled, where this lane calibrated: 0.01 is 1 %. */
  readonly convergence?: readonly { readonly samples: number; readonly medianChange: number; readonly worstChange: number }[] | undefined;
  /** True when repeats are bit-identical and builds carry no noise. */
  readonly deterministic: boolean;
  /**
   * The engine of an assignment, and of the reference where there is none yet. The same assignment gives the same engine until one is built
   * `fresh`. Rejects with ToolError (undecided), ConfigError or FileError.
   */
  build(assignment: Assignment, options?: BuildOptions): Promise<Engine>;
  /** The FP16 engine as a candidate, where the reference is another one; nothing where FP16 is the reference, and in lanes without engines. */
  half?(): Promise<Engine>;
  /** Times serialised engines against each other on the first validation sample; nothing where times mean nothing (`simulate`). Rejects with ToolError. */
  timePlans?(plans: readonly string[]): Promise<TimingRun>;
  /**
   * Labels of nodes behind which the reference may lack an activation that the exporter left out, on these samples: the file does not tell it from a range that is too
   * small. Empty where the float model is given. Rejects with ToolError.
   */
  missingActivations?(): Promise<readonly string[]>;
  /** Both sides as files, where the user has none of one; nothing in lanes whose builds name their files. The file of a side holds all its weights; without one where they are more than `mostBytes`. */
  sideModels?(assignment: Assignment, mostBytes: number): Promise<SideModels>;
  /** Commands that do the same by hand (`polygraphy`, `trtexec`), ready to paste. */
  reproduce(assignment: Assignment, files?: ReproductionFiles): readonly string[];
  close(): Promise<void>;
  /** TensorRT network layers that a unit's precision is set on (`keep[].layers` of the report). */
  readonly unitLayers?: ReadonlyMap<string, readonly string[]>;
  /** Names of the network's layers before fusion, in order. */
  readonly networkLayers?: readonly string[];
  /** Timing cache that all builds share; nothing where the lane builds no engine, and at a level that respects none. It is there once something was built with it. */
  readonly timingCachePath?: string | undefined;
  /** What a build's profile says of each input, as commands print it; nothing where the lane builds no engine. */
  readonly profile?: ReadonlyMap<string, ShapeRange>;
  /** Variables that make CUDA use the GPU that this lane holds; nothing where the lane builds no engine. */
  readonly device?: Readonly<Record<string, string>>;
  /** Calibration cache in use, given or written by this lane: what the surrogate and the fix's commands take. */
  readonly cachePath?: string | undefined;
}
