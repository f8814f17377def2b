/**
 * The core that both engine lanes share: reference built once, a candidate for each assignment, layers read by marking.
 * Makes pairs of tensors; measures and judges nothing. What a lane builds is handed in as recipes.
 */
import { ToolError } from "../../effects/failure.ts";
import type { BuildFacts, TensorPair } from "../../model/engine.ts";
import type { EngineJob } from "../../model/job.ts";
import type { LaneCoverage, LaneName, PreparedLane, RunRequest } from "../../model/lane.ts";
import type { Assignment } from "../../model/unit.ts";
import { scoreSources } from "../../onnx/scores.ts";
import { declaredDims } from "../../onnx/types.ts";
import { checkPrecisions, ignoredLayers } from "./executed-precision.ts";
import { canRaise, layersOfUnits, markable } from "./layer-map.ts";
import { type MarkedTensors, markTensors, outputPairs } from "./mark-outputs.ts";
import { influenceDb } from "./marking-shift.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { NetworkFacts } from "./protocol.ts";
import type { Recipe, Session, Side } from "./session.ts";

export interface LaneParts {
  readonly lane: LaneName;
  readonly job: EngineJob;
  readonly facts: ModelFacts;
  readonly session: Session;
  readonly reference: Recipe;
  /** The engine of an assignment, without marks. */
  candidate(assignment: Assignment): Promise<Recipe>;
  /** The plain candidate's network before fusion. */
  readonly network: NetworkFacts;
  readonly coverage: Omit<LaneCoverage, "droppedMarks">;
  readonly versions: Readonly<Record<string, string>>;
  readonly cachePath?: string;
  readonly scales?: ReadonlyMap<string, number>;
  /** Uncorrected memory errors of the GPU at the start. */
  readonly eccBefore: number | undefined;
  reproduce(assignment: Assignment): readonly string[];
  onClose(): Promise<void>;
}

export function engineLane(parts: LaneParts): PreparedLane {
  const { facts, session, job } = parts;
  const unitLayers = layersOfUnits(facts.units, parts.network.layers);
  const builds: BuildFacts[] = [];
  const candidates = new Map<string, Promise<Side>>();
  const dropped = new Set<string>();
  let repeats: boolean | undefined;
  let reference: Promise<Side> | undefined;
  let executed: PreparedLane["executed"] extends () => infer T ? T : never = [];

  const note = (side: Side, whose: Pick<BuildFacts, "role" | "kept" | "keep" | "ignored">, extra: readonly string[] = []): void => {
    if (whose.role !== "marked") repeats = (repeats ?? true) && side.repeatIdentical;
    builds.push({
      ...whose,
      what: side.recipe.what,
      seconds: side.build.seconds,
      ...(side.latencyMs === undefined ? {} : { latencyMs: side.latencyMs }),
      notes: [...sideNotes(side, parts.facts.order), ...extra],
      executed: side.executed,
    });
    const errors = side.state?.uncorrectedEcc;
    if (errors !== undefined && parts.eccBefore !== undefined && errors > parts.eccBefore) {
      throw new ToolError(
        "gpu-faulty",
        `The GPU reported ${errors - parts.eccBefore} uncorrected memory errors during this run. Take this runner out of service.`,
      );
    }
  };

  const referenceSide = (): Promise<Side> => {
    reference ??= once(
      async () => {
        const side = await session.make(parts.reference);
        checkPrecisions(side.recipe, side.executed, false);
        note(side, { role: "reference" });
        return side;
      },
      () => {
        reference = undefined;
      },
    );
    return reference;
  };

  const candidateSide = (assignment: Assignment, fresh: boolean): Promise<Side> => {
    const key = keyOf(assignment);
    const known = candidates.get(key);
    if (known !== undefined && !fresh) return known;
    const made = once(
      async () => {
        const side = await session.make({ ...(await parts.candidate(assignment)), fresh });
        checkPrecisions(side.recipe, side.executed, assignment.keep.size < facts.units.length);
        executed = side.executed;
        const ignored = ignoredLayers(side.executed, nodesOf(assignment, facts));
        note(side, { role: "candidate", kept: assignment.keep.size, keep: assignment.keep, ...(ignored.length === 0 ? {} : { ignored }) });
        return side;
      },
      () => {
        candidates.delete(key);
      },
    );
    candidates.set(key, made);
    return made;
  };

  const markedPairs = async (assignment: Assignment, plain: { readonly reference: Side; readonly candidate: Side }) => {
    const marks = marksOf(job, facts, parts.network);
    const errorDb = influenceDb(await outputPairs(plain.reference, plain.candidate, facts.outputs, job.validation.count));
    const shared = {
      session,
      marks,
      outputs: facts.outputs,
      samples: job.validation.count,
      errorDb,
      onBuilt: (side: Side, movedDb: number) =>
        note(side, { role: "marked" }, [`marking moved the output by ${movedDb.toFixed(1)} dB SQNR`]),
    };
    const onReference = await markTensors({ ...shared, recipe: parts.reference, batch: Math.max(1, marks.length), plain: plain.reference });
    const onCandidate = await markTensors({
      ...shared,
      recipe: await parts.candidate(assignment),
      batch: job.tensorrt.markAll ? Math.max(1, marks.length) : job.tensorrt.markBatch,
      plain: plain.candidate,
    });
    for (const name of [...onReference.dropped, ...onCandidate.dropped]) dropped.add(name);
    return { marks: marks.filter((name) => !dropped.has(name)), onReference, onCandidate };
  };

  async function* run(request: RunRequest): AsyncGenerator<TensorPair> {
    const plain = { reference: await referenceSide(), candidate: await candidateSide(request.assignment, request.fresh === true) };
    const marked = request.detail === "layers" ? await markedPairs(request.assignment, plain) : undefined;
    for (const sample of request.samples) {
      // With layers asked for, the outputs are those of the marked engine that moved them most: they show what marking changed.
      const shown = { reference: marked?.onReference.worst ?? plain.reference, candidate: marked?.onCandidate.worst ?? plain.candidate };
      for (const tensor of facts.outputs) {
        yield {
          sample,
          tensor,
          role: "output",
          reference: await shown.reference.tensor(sample, tensor),
          candidate: await shown.candidate.tensor(sample, tensor),
        };
      }
      for (const tensor of marked?.marks ?? []) {
        yield {
          sample,
          tensor,
          role: "layer",
          reference: await read(marked?.onReference, sample, tensor),
          candidate: await read(marked?.onCandidate, sample, tensor),
        };
      }
    }
  }

  return {
    lane: parts.lane,
    units: facts.units,
    outputs: facts.outputs,
    outputDims: declaredDims(facts.network.outputs),
    order: facts.order,
    sampleCount: job.validation.count,
    scores: scoreSources(facts.network, shapesOf(parts.network)),
    get coverage() {
      return { ...parts.coverage, droppedMarks: [...dropped] };
    },
    deterministic: false,
    run,
    builds: () => [...builds],
    executed: () => executed,
    reproduce: parts.reproduce,
    close: parts.onClose,
    versions: parts.versions,
    repeatIdentical: () => repeats,
    unitLayers: new Map([...unitLayers].map(([id, layers]) => [id, layers.filter(canRaise).map((layer) => layer.name)])),
    networkLayers: parts.network.layers.map((layer) => layer.name),
    ...(parts.cachePath === undefined ? {} : { cachePath: parts.cachePath }),
    ...(parts.scales === undefined ? {} : { scales: parts.scales }),
  };
}

/** A promise that forgets itself when it fails, so that the next caller tries again. */
async function once<T>(body: () => Promise<T>, forget: () => void): Promise<T> {
  try {
    return await body();
  } catch (error) {
    forget();
    throw error;
  }
}

const keyOf = (assignment: Assignment): string => JSON.stringify([...assignment.keep].toSorted());
const nodesOf = (assignment: Assignment, facts: ModelFacts): Set<string> =>
  new Set(facts.units.filter((unit) => assignment.keep.has(unit.id)).flatMap((unit) => unit.nodes.slice(0, 1)));
const read = async (marked: MarkedTensors | undefined, sample: number, name: string) => marked?.sides.get(name)?.tensor(sample, name);

const shapesOf = (network: NetworkFacts): Map<string, readonly number[]> =>
  new Map(
    [...network.inputs, ...network.layers.flatMap((layer) => layer.outputs)].flatMap((tensor) =>
      tensor?.shape ? [[tensor.name, tensor.shape] as const] : [],
    ),
  );

/** Unit outputs, or with `mark-all` every activation; never the model's own outputs, which need no mark. */
function marksOf(job: EngineJob, facts: ModelFacts, network: NetworkFacts): string[] {
  const own = new Set(facts.outputs);
  const possible = markable(network.layers);
  const wanted = job.tensorrt.markAll ? undefined : new Set(facts.units.map((unit) => unit.output));
  return possible.filter((name) => !own.has(name) && (wanted === undefined || wanted.has(name)));
}

function sideNotes(side: Side, known: ReadonlyMap<string, number>): string[] {
  const { build, state } = side;
  // Constants never have one, and TensorRT warns of each.
  const floats = build.missingScales.filter((name) => known.has(name));
  return [
    `${(build.sizeBytes / 2 ** 20).toFixed(1)} MiB`,
    ...(floats.length > 0 ? [`${floats.length} tensors without a scale stayed in float`] : []),
    ...(build.degraded.length > 0 ? [`degraded build: ${build.degraded[0]}`] : []),
    ...(side.repeatIdentical ? [] : ["the same engine gave different bytes for the same sample"]),
    ...(state?.smClockMHz === undefined ? [] : [`SM clock ${state.smClockMHz} MHz`]),
    ...(state?.throttle ? [`slowed down: ${state.throttle}`] : []),
  ];
}
