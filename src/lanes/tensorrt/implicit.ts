/**
 * The implicit lane (TensorRT 8.5 to 10.x): FP16 reference, INT8 candidate from a calibration cache; with kept units the same scales as Q/DQ,
 * before 8.6 by layer precision with `obey`.
 * Decides how engines of this lane are built; what is done with them is engine-lane.ts.
 */

import { parseCache } from "../../calibration/cache.ts";
import { ConfigError, ToolError } from "../../effects/failure.ts";
import type { EngineJob, FeedSource } from "../../model/job.ts";
import type { PreparedLane } from "../../model/lane.ts";
import { corePlacement } from "../../model/placement.ts";
import { plural } from "../../model/plural.ts";
import type { Assignment } from "../../model/unit.ts";
import { bodiesByScales, computeOfFloatKinds } from "../../onnx/body-coverage.ts";
import { place, wantedBy, withFollowers } from "../../onnx/placement/place.ts";
import { checkFeeds } from "../../samples/check-feeds.ts";
import { loadSamples } from "../../samples/loader.ts";
import { placementFor } from "../simulate/placement.ts";
import { takesQdq } from "./capabilities.ts";
import { type EngineTools, machineParts, sessionFor } from "./engine-context.ts";
import { engineLane } from "./engine-lane.ts";
import { KeptQdq } from "./kept-qdq.ts";
import type { LaneParts } from "./lane-parts.ts";
import { keptLayers, layersOfUnits, markable } from "./layer-map.ts";
import { readModelFacts } from "./model-facts.ts";
import { asGiven, type Calibration, type Recipe } from "./recipe.ts";
import { reproduceEngines } from "./reproduce.ts";
import { type ScaleSource, scaleSource } from "./scale-source.ts";
import type { Side } from "./session.ts";

/** ConfigError for a Q/DQ model, which is explicit on every version. Nothing is built yet but what calibration needs. */
export async function prepareImplicit(job: EngineJob, tools: EngineTools): Promise<PreparedLane> {
  const facts = await readModelFacts(job.modelPath, job.shapes, job.effects.files, job.sources?.model);
  if (facts.holdsQdq || job.quantization.qdqPath !== undefined) {
    throw new ConfigError(`'${job.name}' is quantised by Q/DQ nodes, which the implicit lane ignores. Use \`lane: explicit\` or \`auto\`.`);
  }
  await checkFeeds(job.validation, facts.inputs, facts.shapes);
  const session = await sessionFor(job, facts, tools);
  const network = await session.network(job.modelPath, false);
  const base = { modelPath: job.modelPath, typed: false, fp16: true, marks: [] };
  const references = {
    reference: asGiven({ ...base, what: "FP16 engine", int8: false }, job.plans?.reference),
    single: { ...base, what: "FP32 engine", tf32: false, fp16: false, int8: false },
    float: facts.network,
  };
  const machine = machineParts(tools);
  if (isJudgedOnly(job)) return judgedOnly({ job, facts, session, network, ...references, ...machine });
  const known = new Set(facts.order.keys());
  const source = await scaleSource({
    job,
    facts,
    hello: tools.hello,
    folder: job.workFolder,
    samples: await samplesOf(job),
    activations: [...facts.inputs.map((input) => input.name), ...markable(network.layers).filter((name) => known.has(name))],
  });
  job.effects.log.info(`Scales: ${source.why}`);

  const { calibration, side } = await calibrated(source, { ...base, what: "INT8 engine", int8: true }, (recipe) => session.make(recipe));
  const scales = await scalesIn(calibration.cache, job);
  const plain = asGiven({ ...base, what: "INT8 engine", int8: true, calibration }, job.plans?.candidate);
  const placement = takesQdq(tools.hello) ? await placementFor(job, facts.model, "core") : corePlacement;
  const wanted = wantedBy(placement, facts.model.graph, facts.network, facts.units);
  const units = withFollowers(facts.units, place(wanted, facts.network, scales).others);
  const keeping = takesQdq(tools.hello) ? new KeptQdq(job, facts, session, { scales, placement }) : undefined;
  const unitLayers = layersOfUnits(facts.units, network.layers);
  const candidate = async ({ keep }: Assignment): Promise<Recipe> => {
    if (keep.size === 0) return plain;
    if (keeping) return await keeping.recipe(keep);
    const what = `INT8 engine with ${plural(keep.size, "unit")} in ${job.keepPrecision}`;
    return { ...base, int8: true, calibration, what, keep: keptLayers(keep, unitLayers, job.keepPrecision) };
  };
  const missing = [...new Set(facts.units.flatMap((unit) => unit.inputs))].filter((name) => !scales.has(name));
  const bodies = bodiesByScales(facts.network, scales);
  const floatKinds = computeOfFloatKinds(facts.network);
  return engineLane({
    lane: "implicit",
    job,
    facts: { ...facts, units },
    session,
    network,
    candidate,
    ...(plain.given === undefined && side !== undefined ? { plainSide: side } : {}),
    ...references,
    ...machine,
    coverage: {
      quantizedUnits: facts.units.filter((unit) => unit.inputs.every((name) => scales.has(name))).length + (bodies?.quantized.length ?? 0),
      totalUnits: facts.units.length + (bodies?.total ?? 0) + floatKinds.length,
      floatKinds,
      bodies,
      missingScales: missing,
      variant: "implicit",
    },
    cachePath: calibration.cache,
    scales,
    placement,
    reproduce: ({ keep }, files) =>
      reproduceEngines({
        files,
        job,
        shapes: session.profileOf(network),
        candidateModel: job.modelPath,
        cachePath: calibration.cache,
        calibrator: calibration.calibrator,
        weak: true,
        keeps: keep.size > 0,
      }),
  });
}

/** A candidate that is given needs no scales, and to make some would be a build: nothing can be searched then. */
const isJudgedOnly = ({ plans, quantization }: EngineJob): boolean =>
  plans?.candidate !== undefined && quantization.cachePath === undefined;

const judgedOnly = (parts: Omit<LaneParts, "lane" | "candidate" | "coverage" | "reproduce">): Promise<PreparedLane> =>
  engineLane({
    ...parts,
    lane: "implicit",
    facts: { ...parts.facts, units: [] },
    countedUnits: parts.facts.units,
    candidate: async () => asGiven({ ...parts.reference, int8: true }, parts.job.plans?.candidate),
    coverage: { quantizedUnits: 0, totalUnits: parts.facts.units.length, missingScales: [], variant: "given plan" },
    reproduce: () => [],
  });

async function samplesOf(job: EngineJob): Promise<FeedSource | undefined> {
  if (job.quantization.data !== undefined) return job.quantization.data;
  return job.quantization.loaderPath === undefined
    ? undefined
    : loadSamples(job.quantization.loaderPath, job.tensorrt.python, job.effects, `${job.workFolder}/calibration-loader`, {
        deadlineMs: job.deadlineMs,
      });
}

/**
 * Builds once where calibration is part of building; from then on every engine reads the cache that this wrote. That engine is the plain candidate
 * already, unless memory was short: then it is built once more from the cache, as every other.
 */
async function calibrated(
  source: ScaleSource,
  recipe: Omit<Recipe, "calibration">,
  make: (recipe: Recipe) => Promise<Side>,
): Promise<{ readonly calibration: Calibration; readonly side?: Side }> {
  const { samples, ...calibration } = source.calibration;
  if (samples === undefined) return { calibration };
  const side = await make({ ...recipe, calibration: source.calibration });
  return side.build.degraded.length > 0 ? { calibration } : { calibration, side };
}

async function scalesIn(cache: string, job: EngineJob): Promise<ReadonlyMap<string, number>> {
  const parsed = parseCache(await job.effects.files.readText(cache), cache);
  if (parsed.scales.size === 0)
    throw new ToolError(
      "no-result",
      `TensorRT wrote a calibration cache without scales. Give '${job.name}' calibration samples like those of use.`,
    );
  return parsed.scales;
}
