/**
 * The core that both engine lanes share: what an engine of theirs gives, and the prepared lane around it.
 * Makes pairs of tensors; measures and judges nothing. What a lane builds is handed in as recipes.
 */
import type { Engine } from "../../model/engine.ts";
import type { ShapeRange } from "../../model/job.ts";
import type { PreparedLane } from "../../model/lane.ts";
import type { Assignment } from "../../model/unit.ts";
import { outputForms } from "../../onnx/output-forms.ts";
import { declaredDims } from "../../onnx/types.ts";
import { type BuiltSide, BuiltSides, type ReferenceSide } from "./built-sides.ts";
import type { LaneParts } from "./lane-parts.ts";
import { canRaise, layersOfUnits } from "./layer-map.ts";
import { markedLayers } from "./marked-layers.ts";
import type { NetworkFacts } from "./protocol.ts";
import { outputPairs } from "./side-pairs.ts";
import { timePlans } from "./time-plans.ts";

/** Builds nothing yet. */
export async function engineLane(parts: LaneParts): Promise<PreparedLane> {
  const { facts, job } = parts;
  const built = new BuiltSides(parts);
  return {
    lane: parts.lane,
    units: facts.units,
    outputs: facts.outputs,
    outputDims: declaredDims(facts.network.outputs),
    order: facts.order,
    sampleCount: job.validation.count,
    forms: await outputForms(facts.network, shapesOf(parts.network, facts.shapes), job.effects.files),
    coverage: parts.coverage,
    deterministic: false,
    build: async (assignment, { fresh = false } = {}) => {
      const [half, reference] = [await built.half(), await built.reference()];
      return engineOf(parts, built, { assignment, half, reference, candidate: await built.candidate(assignment, fresh) });
    },
    ...((job.reference?.kind ?? "fp16") === "fp16" ? {} : { half: () => halfEngine(parts, built) }),
    timePlans: (plans) => timePlans(parts.session, plans),
    reproduce: parts.reproduce,
    close: parts.onClose,
    versions: parts.versions,
    unitLayers: unitLayers(parts),
    networkLayers: parts.network.layers.map((layer) => layer.name),
    timingCachePath: parts.session.timingCache,
    device: parts.device,
    profile: parts.session.profileOf(parts.network),
    cachePath: parts.cachePath,
    ...(parts.missingActivations === undefined ? {} : { missingActivations: parts.missingActivations }),
    scales: parts.scales,
    ranges: parts.ranges,
    placement: parts.placement,
  };
}

interface BothSides {
  readonly assignment: Assignment;
  readonly half: BuiltSide;
  readonly reference: ReferenceSide;
  readonly candidate: BuiltSide;
}

/** The FP16 engine as a candidate of its own: it may be the better ship. */
async function halfEngine(parts: LaneParts, built: BuiltSides): Promise<Engine> {
  const [half, reference] = [await built.half(), await built.reference()];
  return engineOf(parts, built, { assignment: { keep: new Set() }, half, reference, candidate: half });
}

/** Whatever the outputs are compared with, layers are compared with those of the FP16 engine. */
function engineOf(parts: LaneParts, built: BuiltSides, { assignment, half, reference, candidate }: BothSides): Engine {
  const sides = { reference: half.side, candidate: candidate.side };
  return {
    facts: candidate.facts,
    reference: reference.facts,
    half: half.facts,
    outputs: (samples) => outputPairs({ reference: reference.tensors, candidate: candidate.side, outputs: parts.facts.outputs }, samples),
    layers: (samples) => markedLayers(parts, built, { ...sides, assignment }, samples),
  };
}

const unitLayers = ({ facts, network }: LaneParts): Map<string, readonly string[]> =>
  new Map([...layersOfUnits(facts.units, network.layers)].map(([id, layers]) => [id, layers.filter(canRaise).map(({ name }) => name)]));

/** Of every tensor whose dimensions are known before a run: TensorRT writes -1 for those that a profile leaves open. An open batch is taken as the profile's. */
function shapesOf(network: NetworkFacts, ranges: ReadonlyMap<string, ShapeRange>): Map<string, readonly number[]> {
  const batch = openBatch(network, ranges);
  const resolved = (shape: readonly number[]) => shape.map((dim, axis) => (dim < 0 && axis === 0 ? (batch ?? dim) : dim));
  return new Map(
    [...network.inputs, ...network.layers.flatMap((layer) => layer.outputs)].flatMap((tensor) => {
      const shape = resolved(tensor?.shape ?? [-1, -1]);
      return tensor == null || shape.some((dim) => dim < 0) ? [] : [[tensor.name, shape] as const];
    }),
  );
}

/** The first dimension that all inputs share, where no other is open. */
function openBatch({ inputs }: NetworkFacts, ranges: ReadonlyMap<string, ShapeRange>): number | undefined {
  const isOpenElsewhere = inputs.some((tensor) => tensor?.shape?.slice(1).some((dim) => dim < 0));
  const sizes = new Set(inputs.map((tensor) => ranges.get(tensor?.name ?? "")?.opt[0]));
  return isOpenElsewhere || sizes.size !== 1 ? undefined : [...sizes][0];
}
