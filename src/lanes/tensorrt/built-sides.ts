/**
 * The engines that a lane has built: its reference once, each assignment once until it is built afresh. Every build is told to the job.
 * Refuses engines that do not run in the precisions asked for, and a GPU whose memory failed during the run.
 */
import { ToolError } from "../../effects/failure.ts";
import type { BuildFacts } from "../../model/engine.ts";
import type { Assignment, Unit } from "../../model/unit.ts";
import { checkHalf, ignoredLayers } from "./executed-precision.ts";
import { countInt8Units } from "./int8-units.ts";
import type { LaneParts } from "./lane-parts.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Side } from "./session.ts";

/** What is left of an engine, and what is known of its build. */
export interface BuiltSide {
  readonly side: Side;
  readonly facts: BuildFacts;
}

export class BuiltSides {
  readonly #parts: LaneParts;
  readonly #candidates = new Map<string, Promise<BuiltSide>>();
  #reference: Promise<BuiltSide> | undefined;

  constructor(parts: LaneParts) {
    this.#parts = parts;
  }

  /** A failure is forgotten, so that the next caller tries again. */
  reference(): Promise<BuiltSide> {
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
      ...(side.timing === undefined ? {} : { latencyMs: side.timing.medianMs }),
      ...(side.repeatIdentical === undefined ? {} : { repeatIdentical: side.repeatIdentical }),
      ...(side.recipe.given === undefined ? { built: { modelPath: side.recipe.modelPath, typed: side.recipe.typed } } : {}),
      ...(side.plan === undefined ? {} : { plan: side.plan }),
      notes: [...sideNotes(side, this.#parts.facts.order), ...extra],
      executed: side.executed,
    };
    this.#parts.job.onBuild?.(facts);
    this.#checkMemory(side);
    return facts;
  }

  async #makeReference(): Promise<BuiltSide> {
    const side = await this.#parts.session.make(this.#parts.reference);
    checkHalf(side.recipe, side.executed);
    return { side, facts: this.note(side, { role: "reference" }) };
  }

  async #makeCandidate(assignment: Assignment, fresh: boolean): Promise<BuiltSide> {
    const { facts, session, candidate } = this.#parts;
    const { keep } = assignment;
    const side = await session.make({ ...(await candidate(assignment)), fresh });
    const ignored = ignoredLayers(side.executed, nodesOf(assignment, facts));
    const int8 = countInt8Units(side.executed, this.#scaledUnits(keep));
    return {
      side,
      facts: this.note(side, { role: "candidate", keep, ...(int8 ? { int8 } : {}), ...(ignored.length === 0 ? {} : { ignored }) }),
    };
  }

  /** Units that this choice leaves to INT8. */
  #scaledUnits(keep: ReadonlySet<string>): readonly Unit[] {
    const missing = new Set(this.#parts.coverage.missingScales);
    return this.#parts.facts.units.filter((unit) => !keep.has(unit.id) && unit.inputs.every((name) => !missing.has(name)));
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
  const { build, state } = side;
  // Constants never have one, and TensorRT warns of each.
  const floats = build.missingScales.filter((name) => known.has(name));
  return [
    `${(build.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
    ...(floats.length > 0 ? [`${floats.length} tensors without a scale stayed in float`] : []),
    ...(build.degraded.length > 0 ? [`degraded build: ${build.degraded[0]}`] : []),
    ...(side.repeatIdentical === false ? ["the same engine gave different bytes for the same sample"] : []),
    ...(state?.smClockMHz === undefined ? [] : [`SM clock ${state.smClockMHz} MHz`]),
    ...(state?.throttle ? [`slowed down: ${state.throttle}`] : []),
  ];
}
