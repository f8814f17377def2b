/**
 * The engines that a lane has built: its reference once, each assignment once until it is built afresh. Every build is told to the job.
 * Refuses engines that do not run in the precisions asked for, and a GPU whose memory failed during the run.
 */
import { ToolError } from "../../effects/failure.ts";
import type { BuildFacts } from "../../model/engine.ts";
import type { Assignment, Unit } from "../../model/unit.ts";
import { checkHalf, checkSingle, ignoredLayers } from "./executed-precision.ts";
import { countInt8Units } from "./int8-units.ts";
import type { LaneParts } from "./lane-parts.ts";
import type { ModelFacts } from "./model-facts.ts";
import { onnxRuntimeReference, savedReference, type TensorSource } from "./outside-reference.ts";
import type { Side } from "./session.ts";

/** What is left of an engine, and what is known of its build. */
export interface BuiltSide {
  readonly side: Side;
  readonly facts: BuildFacts;
}

/** What candidates are compared with: an engine, or tensors from elsewhere. */
export interface ReferenceSide {
  readonly tensors: TensorSource;
  readonly facts: BuildFacts;
}

export class BuiltSides {
  readonly #parts: LaneParts;
  readonly #candidates = new Map<string, Promise<BuiltSide>>();
  #half: Promise<BuiltSide> | undefined;
  #reference: Promise<ReferenceSide> | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** The FP16 engine. A failure is forgotten, so that the next caller tries again. */
  half(): Promise<BuiltSide> {
    this.#half ??= this.#makeHalf().catch((error: unknown) => {
      this.#half = undefined;
      throw error;
    });
    return this.#half;
  }

  reference(): Promise<ReferenceSide> {
    this.#reference ??= this.#makeReference().catch((error: unknown) => {
      this.#reference = undefined;
      throw error;
    });
    return this.#reference;
  }

  candidate(assignment: Assignment, fresh: boolean): Promise<BuiltSide> {
    const key = JSON.stringify([...assignment.keep].toSorted());
    const known = this.#candidates.get(key);
    if (known !== undefined && !fresh) return known;
    const made = this.#makeCandidate(assignment, fresh).catch((error: unknown) => {
      this.#candidates.delete(key);
      throw error;
    });
    this.#candidates.set(key, made);
    return made;
  }

  /** For engines with marks. */
  note(side: Side, whose: Pick<BuildFacts, "role" | "keep" | "ignored" | "int8">, extra: readonly string[] = []): BuildFacts {
    const facts: BuildFacts = {
      ...whose,
      what: side.recipe.what,
      seconds: side.build.seconds,
      repeatIdentical: side.repeatIdentical,
      ...(side.recipe.given === undefined ? { built: { modelPath: side.recipe.modelPath, typed: side.recipe.typed } } : {}),
      plan: side.plan,
      notes: [...sideNotes(side, this.#parts.facts.order), ...extra],
      executed: side.executed,
    };
    this.#parts.job.onBuild?.(facts);
    this.#checkMemory(side);
    return facts;
  }

  async #makeHalf(): Promise<BuiltSide> {
    const side = await this.#parts.session.make(this.#parts.reference);
    if (side.recipe.given === undefined) checkHalf(side.recipe, side.executed);
    return { side, facts: this.note(side, { role: "reference" }) };
  }

  async #makeReference(): Promise<ReferenceSide> {
    const { job, session, single, float } = this.#parts;
    const { reference: source = { kind: "fp16" } } = job;
    if (source.kind === "fp16") {
      const { side, facts } = await this.half();
      return { tensors: side, facts };
    }
    if (source.kind === "fp32") {
      const side = await session.make(single);
      checkSingle(side.recipe, side.executed);
      return { tensors: side, facts: this.note(side, { role: "reference" }) };
    }
    const start = job.effects.clock.monotonicMs();
    const tensors =
      source.kind === "saved" ? await savedReference(job, source.path, source.shownAs) : await onnxRuntimeReference(job, float);
    const seconds = (job.effects.clock.monotonicMs() - start) / 1000;
    const what = source.kind === "saved" ? `outputs of ${source.shownAs}` : "FP32 in ONNX Runtime";
    const facts: BuildFacts = { what, role: "reference", seconds, notes: [] };
    job.onBuild?.(facts);
    return { tensors, facts };
  }

  async #makeCandidate(assignment: Assignment, fresh: boolean): Promise<BuiltSide> {
    const { facts, session, candidate, plainSide } = this.#parts;
    const { keep } = assignment;
    const side =
      plainSide !== undefined && keep.size === 0 && !fresh ? plainSide : await session.make({ ...(await candidate(assignment)), fresh });
    const ignored = ignoredLayers(side.executed, nodesOf(assignment, facts), this.#parts.job.keepPrecision);
    const int8 = countInt8Units(side.executed, this.#scaledUnits(keep));
    return {
      side,
      facts: this.note(side, { role: "candidate", keep, ...(int8 ? { int8 } : {}), ...(ignored.length === 0 ? {} : { ignored }) }),
    };
  }

  /** Units that this choice leaves to INT8 or FP8; with quantised weights alone a unit computes in float. */
  #scaledUnits(keep: ReadonlySet<string>): readonly Unit[] {
    const missing = new Set(this.#parts.coverage.missingScales);
    return (this.#parts.countedUnits ?? this.#parts.facts.units).filter(
      (unit) => !keep.has(unit.id) && unit.isWeightOnly !== true && unit.inputs.every((name) => !missing.has(name)),
    );
  }

  #checkMemory({ state }: Side): void {
    const { eccBefore } = this.#parts;
    const errors = state?.uncorrectedEcc;
    if (errors === undefined || eccBefore === undefined || errors <= eccBefore) return;
    throw new ToolError(
      "gpu-faulty",
      `The GPU reported ${errors - eccBefore} uncorrected memory errors during this run. Take this runner out of service.`,
    );
  }
}

const nodesOf = (assignment: Assignment, facts: ModelFacts): Set<string> =>
  new Set(facts.units.filter((unit) => assignment.keep.has(unit.id)).flatMap((unit) => unit.nodes.slice(0, 1)));

function sideNotes(side: Side, known: ReadonlyMap<string, number>): string[] {
  const { build } = side;
  // Constants never have one, and TensorRT warns of each.
  const floats = build.missingScales.filter((name) => known.has(name));
  return [
    `${(build.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
    ...(floats.length > 0 ? [`${floats.length} tensors without a scale stayed in float`] : []),
    ...(build.degraded.length > 0 ? [`degraded build: ${build.degraded[0]}`] : []),
    ...(side.repeatIdentical === false ? ["the same engine gave different bytes for the same sample"] : []),
  ];
}
