/** The networks that the lanes build from, parsed by the TensorRT that is there: what each must look like, take, and give back. */
import { dirname, join } from "node:path";
import { ConfigError } from "../src/effects/failure.ts";
import type { LaneJob } from "../src/lanes/lane.ts";
import { keptLayers, layersOfUnits, markable, ownNames } from "../src/lanes/tensorrt/layer-map.ts";
import { readModelFacts } from "../src/lanes/tensorrt/model-facts.ts";
import type { NetworkFacts, NetworkState } from "../src/lanes/tensorrt/wire.ts";
import { allAre, type Contract, cacheOf, classifierJob, counts, endsOf, line, same, tensorsOf } from "./construction-contract.ts";
import { dynamicShapes, sizes, wildcards, writeDynamicModel } from "./construction-models.ts";
import type { Loaded } from "./construction-worker.ts";

const classifierEnds = /^x FLOAT -1,3,-1,-1 -> softmax_0\.tmp_0 FLOAT /;

export async function weakFloat(contract: Contract): Promise<void> {
  const { bench, built, check, hello } = contract;
  const job = await classifierJob(contract, "weak-float");
  await job.validation.close();
  const model = await readModelFacts(job.modelPath, job.shapes, bench.effects.files);
  const loaded = await contract.load(job.modelPath, false, model.shapes);
  const { layers } = loaded.facts;
  checkEnds(contract, "weak classifier", loaded);
  const nodes = new Set(model.network.nodes.map((node) => node.name));
  const named = layers.filter((layer) => ownNames(layer).some((name) => nodes.has(name))).length;
  const types = counts(layers.map(({ type }) => type));
  check(
    "weak classifier: layers carry ONNX names",
    named > nodes.size / 2,
    { layers: layers.length, named, nodes: nodes.size, types },
    "more than half of the nodes",
  );
  const ofUnits = layersOfUnits(model.units, layers);
  const bare = model.units.map(({ id }) => id).filter((id) => keptLayers(new Set([id]), ofUnits, "float16").layers.length === 0);
  const raised = keptLayers(new Set(ofUnits.keys()), ofUnits, "float16").layers.length;
  check(
    "weak classifier: every unit has layers to raise",
    ofUnits.size > 0 && bare.length === 0,
    { units: ofUnits.size, raised, bare },
    "all",
  );
  const marks = markable(layers);
  const hidden = model.units.map(({ output }) => output).filter((name) => !marks.includes(name));
  const shapes = tensorsOf(loaded.facts).filter(({ isShape }) => isShape).length;
  check(
    "weak classifier: every unit's output can be marked",
    marks.length > 0 && hidden.length === 0,
    { marks: marks.length, hidden, shapes },
    "all",
  );

  const before = await loaded.state();
  built("weak classifier, FP16", await loaded.build({ fp16: true }));
  const keep = keptLayers(new Set(model.units.slice(0, 3).map(({ id }) => id)), ofUnits, "float16");
  const calibration = { cache: cacheOf(bench, hello), calibrator: "IInt8EntropyCalibrator2" };
  const int8 = { fp16: true, int8: true, calibration };
  built("weak classifier, INT8 with kept units", await loaded.build({ ...int8, keep }));
  const wanted = keep.layers.map(([index, outputs]) => ({ index, precision: "HALF", outputs }));
  const set = added(await loaded.state(), before);
  check("weak classifier: precisions are set", wanted.length > 0 && same(set, wanted), set, JSON.stringify(wanted));
  built("weak classifier, INT8", await loaded.build(int8));
  await checkRestored(contract, "weak classifier, precisions", loaded, before);
  built("weak classifier, all marked", await loaded.build({ fp16: true, marks: marks.filter((name) => !before.outputs.includes(name)) }));
  await checkRestored(contract, "weak classifier, marks", loaded, before);
}

export async function dynamicInput(contract: Contract): Promise<void> {
  const { built, check, hello } = contract;
  const typed = !hello.features.fp16Flag;
  const loaded = await contract.load(writeDynamicModel(contract.bench.folder), typed, dynamicShapes);
  const ends = endsOf(loaded.facts);
  check("dynamic model: input", ends.startsWith("x FLOAT -1,4,8,8 -> y FLOAT"), ends, "an open batch");
  const marks = markable(loaded.facts.layers);
  check(
    "dynamic model: names that are wildcards can be marked",
    wildcards.every((name) => marks.includes(name)),
    marks,
    wildcards.join("; "),
  );
  const figure = tensorsOf(loaded.facts).map(line);
  check(
    "dynamic model: sizes cannot be marked",
    marks.length > 0 && !sizes.some((name) => marks.includes(name)),
    figure,
    `none of ${sizes}`,
  );
  const before = await loaded.state();
  built("dynamic model, marked", await loaded.build({ fp16: !typed, marks: wildcards }));
  await checkRestored(contract, "dynamic model, marks", loaded, before);
}

export async function weakQdq(contract: Contract, job: LaneJob): Promise<void> {
  const { built } = contract;
  const loaded = await contract.load(staged(job, "candidate"), false, job.shapes);
  checkEnds(contract, "weak Q/DQ classifier", loaded);
  checkConvolutions(contract, "weak Q/DQ classifier", loaded.facts);
  const before = await loaded.state();
  const both = { fp16: true, int8: true };
  const last = loaded.facts.layers.findLast((layer) => layer.type === "SOFTMAX");
  const keep = { precision: "float32", layers: last === undefined ? [] : [[last.index, [0]]] };
  built("weak Q/DQ classifier, kept", await loaded.build({ ...both, keep }));
  built("weak Q/DQ classifier", await loaded.build(both));
  await checkRestored(contract, "weak Q/DQ classifier, the parser's own types", loaded, before);
}

export async function typedNetworks(contract: Contract, job: LaneJob): Promise<void> {
  const { built, check } = contract;
  const half = await contract.load(staged(job, "reference"), true, job.shapes);
  checkEnds(contract, "typed classifier", half);
  checkConvolutions(contract, "typed classifier", half.facts, "HALF");
  built("typed classifier", await half.build({}));
  const refused = await half.build({ keep: { precision: "float16", layers: [[0, [0]]] } }).catch((error: unknown) => error);
  check("typed classifier: layer precisions are refused", refused instanceof ConfigError, String(refused), "a ConfigError");

  const loaded = await contract.load(staged(job, "candidate"), true, job.shapes);
  checkEnds(contract, "typed Q/DQ classifier", loaded);
  checkConvolutions(contract, "typed Q/DQ classifier", loaded.facts, "HALF");
  const quantized = tensorsOf(loaded.facts, "QUANTIZE");
  check("typed Q/DQ classifier: Q gives INT8", allAre(quantized, "INT8"), counts(quantized.map(({ dtype }) => dtype)), "INT8");
  const before = await loaded.state();
  built("typed Q/DQ classifier, marked", await loaded.build({ marks: markable(loaded.facts.layers).slice(0, 5) }));
  await checkRestored(contract, "typed Q/DQ classifier, marks", loaded, before);
}

/** What the explicit lane wrote beside the staged model. */
const staged = (job: LaneJob, which: "candidate" | "reference"): string => join(dirname(job.modelPath), `trt-gate-${which}.onnx`);

function checkEnds({ check }: Contract, name: string, { facts, seconds }: Loaded): void {
  const ends = endsOf(facts);
  check(`${name}: inputs and outputs`, classifierEnds.test(ends), { ends, seconds, layers: facts.layers.length }, "ONNX's names, float");
}

/** Without `dtype` their type is the builder's to choose. */
function checkConvolutions({ check }: Contract, name: string, facts: NetworkFacts, dtype?: string): void {
  const found = tensorsOf(facts, "CONVOLUTION");
  const marks = markable(facts.layers);
  const pass = found.length > 0 && found.every((one) => marks.includes(one.name)) && (dtype === undefined || allAre(found, dtype));
  const types = (type: string) => counts(tensorsOf(facts, type).map((one) => one.dtype));
  const figure = { convolutions: types("CONVOLUTION"), quantize: types("QUANTIZE"), dequantize: types("DEQUANTIZE"), casts: types("CAST") };
  check(`${name}: convolutions`, pass, figure, `can be marked${dtype === undefined ? "" : `, ${dtype}`}`);
}

async function checkRestored({ check }: Contract, name: string, loaded: Loaded, before: NetworkState): Promise<void> {
  const now = await loaded.state();
  check(
    `${name}: as parsed again`,
    same(now, before),
    { outputs: now.outputs, set: now.set.length, added: added(now, before) },
    "as before the build",
  );
}

const added = (now: NetworkState, before: NetworkState): NetworkState["set"] =>
  now.set.filter((layer) => !before.set.some((one) => same(one, layer)));
