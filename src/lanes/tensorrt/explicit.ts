/**
 * The explicit lane: precision decided by Q/DQ nodes in the ONNX file; a kept unit is a unit whose Q/DQ are gone.
 * Weakly typed below 10.12 (flags for the rest), strongly typed from there on. A given file is built byte for byte and its edits keep its types; what the gate
 * made itself is typed by the gate: its float parts become FP16 in the file.
 */

import { join } from "node:path";
import { ToolError } from "../../effects/failure.ts";
import type { EngineJob } from "../../model/job.ts";
import type { PreparedLane } from "../../model/lane.ts";
import { plural } from "../../model/plural.ts";
import type { Assignment } from "../../model/unit.ts";
import { bodiesByQdq } from "../../onnx/body-coverage.ts";
import { encodeNetwork, type Network } from "../../onnx/network.ts";
import { countOthers, hasQdq } from "../../onnx/qdq-units.ts";
import { quantiserRanges } from "../../onnx/quantiser-ranges.ts";
import { checkFeeds } from "../../samples/check-feeds.ts";
import { assign } from "../simulate/candidate.ts";
import { qdqCandidate } from "../simulate/qdq.ts";
import { reachedClamps } from "../simulate/reached-clamps.ts";
import { loadRuntime } from "../simulate/runtime.ts";
import { explicitLane } from "./capabilities.ts";
import { type EngineTools, machineParts, sessionFor } from "./engine-context.ts";
import { engineLane } from "./engine-lane.ts";
import { hasHalf, narrowType, withTypesOf } from "./given-types.ts";
import { toHalf } from "./half-network.ts";
import { keptLayers, layersOfUnits } from "./layer-map.ts";
import { readModelFacts } from "./model-facts.ts";
import { givenQdq, qdqSource } from "./qdq-model.ts";
import { asGiven, type Recipe } from "./recipe.ts";
import { reproduceEngines } from "./reproduce.ts";
import { withSingle } from "./single-islands.ts";

/** ToolError `lane-unavailable` where this TensorRT takes no Q/DQ; ConfigError for samples that do not fit. */
export async function prepareExplicit(job: EngineJob, tools: EngineTools): Promise<PreparedLane> {
  const { files } = job.effects;
  const laneFor = (narrow?: string) => {
    const { typed, works, why } = explicitLane(tools.hello.features, job.tensorrt.typing, narrow);
    if (!works) throw new ToolError("lane-unavailable", `The lane 'explicit' is not available: ${why}.`);
    return { typed };
  };
  laneFor();
  const own = await readModelFacts(job.modelPath, job.shapes, files, job.sources?.model);
  await checkFeeds(job.validation, own.inputs, own.shapes);
  const read = await givenQdq(job, own);
  const { typed } = laneFor(read && narrowType(read));
  const {
    quantized,
    float,
    partner,
    doubted = [],
    path: qdqPath,
    given,
    missingScales,
    made,
    why,
  } = await qdqSource(job, own, read, typed);
  job.effects.log.info(`Q/DQ: ${why}`);
  const { candidate, found } = qdqCandidate(quantized, partner);
  const units = made?.units ?? candidate.units;
  const facts = { ...own, units };
  /** What the gate made is made anew, so that what is built is what the fix writes. */
  const keeping = async (keep: ReadonlySet<string>) => (made === undefined ? assign(candidate, keep) : await made.keeping(keep));
  const session = await sessionFor(job, facts, tools);

  const write = async (network: Network, name: string): Promise<string> => {
    const path = join(network.folder, name);
    await files.writeBytes(path, encodeNetwork(network));
    return path;
  };
  const isTyped = hasHalf(quantized);
  /** What the gate makes. */
  const typedByGate = async (network: Network) => (typed && !hasHalf(network) ? await toHalf(network, files) : network);
  /** What only had Q/DQ taken out of a given file. */
  const edited = async (network: Network) =>
    given === undefined ? await typedByGate(network) : typed && isTyped ? await withTypesOf(quantized, network, files) : network;
  const base = { typed, fp16: !typed, marks: [] };
  const plainPath = given ?? (await write(await typedByGate(await keeping(new Set())), "trt-gate-candidate.onnx"));
  const network = await session.network(plainPath, typed);
  const referencePath = await write(await typedByGate(float), "trt-gate-reference.onnx");
  // With weak typing the flag alone decides.
  const singlePath = typed && job.reference?.kind === "fp32" ? await write(float, "trt-gate-reference-fp32.onnx") : referencePath;
  /** With kept units in FP32 also where no flag can ask for it. */
  const kept = async (network: Network, keep: ReadonlySet<string>) => {
    const half = await edited(network);
    if (!typed || job.keepPrecision === "float16") return half;
    const nodes = new Set(units.filter(({ id }) => keep.has(id)).flatMap((unit) => unit.nodes.slice(0, 1)));
    return await withSingle(half, nodes, files, half === network ? undefined : network.constants);
  };
  let edits = 0;
  const candidateOf = async ({ keep }: Assignment): Promise<Recipe> => {
    if (keep.size === 0) return asGiven({ ...base, what: "Q/DQ engine", modelPath: plainPath, int8: !typed }, job.plans?.candidate);
    const network = await kept(await keeping(keep), keep);
    const modelPath = await write(network, `trt-gate-candidate-${++edits}.onnx`);
    // With the INT8 flag and no Q/DQ a weakly typed build wants a calibrator.
    const int8 = !typed && hasQdq(network.nodes);
    const raised = !typed && job.keepPrecision === "float32" ? { keep: keptLayers(keep, await layersIn(modelPath), "float32") } : {};
    return { ...base, what: `Q/DQ engine with ${plural(keep.size, "unit")} without Q/DQ`, modelPath, int8, ...raised };
  };
  const layersIn = async (modelPath: string) => layersOfUnits(units, (await session.network(modelPath, typed)).layers);
  const bodies = bodiesByQdq(quantized);
  return engineLane({
    lane: "explicit",
    job,
    facts,
    session,
    network,
    candidate: candidateOf,
    reference: asGiven(
      { ...base, what: referenceWords(typed, hasHalf(float)), modelPath: referencePath, int8: false },
      job.plans?.reference,
    ),
    single: { ...base, what: "FP32 engine", tf32: false, modelPath: singlePath, fp16: false, int8: false },
    float,
    missingActivations: async () =>
      doubted.length === 0
        ? []
        : await reachedClamps(float, doubted, {
            runtime: await loadRuntime(job.effects),
            effects: job.effects,
            validation: job.validation,
          }),
    coverage: {
      quantizedUnits: (made?.units.length ?? found.quantizedCompute) + (bodies?.quantized.length ?? 0),
      totalUnits: (made?.totalUnits ?? found.totalUnits) + (bodies?.total ?? 0) + found.floatKinds.length,
      floatKinds: found.floatKinds,
      bodies,
      quantizedOthers: made?.others ?? countOthers(found),
      missingScales,
      heldByNoUnit: made === undefined ? found.left : [],
      variant: typed ? "explicit, strongly typed" : "explicit",
    },
    ...(made === undefined ? { ranges: quantiserRanges(quantized, partner) } : { scales: made.scales, placement: made.placement }),
    ...machineParts(tools),
    reproduce: ({ keep }, files) =>
      reproduceEngines({
        files,
        job,
        shapes: session.profileOf(network),
        candidateModel: qdqPath,
        cachePath: undefined,
        weak: !typed,
        keeps: keep.size > 0,
      }),
  });
}

const referenceWords = (typed: boolean, isTyped: boolean): string => {
  if (!typed) return "FP16 engine";
  return isTyped ? "float engine (the model's own types)" : "FP16 engine (model converted)";
};
