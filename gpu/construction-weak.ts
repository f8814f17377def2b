/** Weakly typed networks, where the builder chooses types: precisions are set on layers and taken back, tensors marked and unmarked. */

import { keptLayers, layersOfUnits, markable, ownNames } from "../src/lanes/tensorrt/layer-map.ts";
import { type ModelFacts, readModelFacts } from "../src/lanes/tensorrt/model-facts.ts";
import type { EngineJob } from "../src/model/job.ts";
import { type Contract, cacheOf, candidateOf, classifierJob } from "./construction-contract.ts";
import { added, checkConvolutions, checkEnds, checkRestored, counts, same, tensorsOf } from "./construction-networks.ts";
import type { Loaded } from "./construction-worker.ts";

export async function weakFloat(contract: Contract): Promise<void> {
  const job = await classifierJob(contract, "weak-float");
  await job.validation.close();
  const model = await readModelFacts(job.modelPath, job.shapes, contract.bench.effects.files);
  const loaded = await contract.load(job.modelPath, false, model.shapes);
  checkEnds(contract, "weak classifier", loaded);
  checkUnits(contract, model, loaded);
  await checkBuilds(contract, model, loaded);
}

/** What choosing layers needs of the parser: names, and units that have layers and outputs. */
function checkUnits({ check }: Contract, { network, units }: ModelFacts, { facts }: Loaded): void {
  const nodes = new Set(network.nodes.map((node) => node.name));
  const named = facts.layers.filter((layer) => ownNames(layer).some((name) => nodes.has(name))).length;
  const types = counts(facts.layers.map(({ type }) => type));
  const sizes = { layers: facts.layers.length, named, nodes: nodes.size, types };
  check("weak classifier: layers carry ONNX names", named > nodes.size / 2, sizes, "more than half of the nodes");
  const ofUnits = layersOfUnits(units, facts.layers);
  const bare = units.map(({ id }) => id).filter((id) => keptLayers(new Set([id]), ofUnits, "float16").layers.length === 0);
  const raised = keptLayers(new Set(ofUnits.keys()), ofUnits, "float16").layers.length;
  check("weak classifier: units have layers to raise", units.length > 0 && bare.length === 0, { units: units.length, raised, bare }, "all");
  const marks = markable(facts.layers);
  const hidden = units.map(({ output }) => output).filter((name) => !marks.includes(name));
  const shapes = tensorsOf(facts).filter(({ isShape }) => isShape).length;
  check(
    "weak classifier: units' outputs can be marked",
    marks.length > 0 && hidden.length === 0,
    { marks: marks.length, hidden, shapes },
    "all",
  );
}

/** Every kind of build that the implicit lane makes, and what each leaves on the network. */
async function checkBuilds({ bench, built, check, hello }: Contract, { units }: ModelFacts, loaded: Loaded): Promise<void> {
  const before = await loaded.state();
  built("weak classifier, FP16", await loaded.build({ fp16: true }));
  const keep = keptLayers(new Set(units.slice(0, 3).map(({ id }) => id)), layersOfUnits(units, loaded.facts.layers), "float16");
  const calibration = { cache: cacheOf(bench, hello), calibrator: "IInt8EntropyCalibrator2" };
  const int8 = { fp16: true, int8: true, calibration };
  built("weak classifier, INT8 with kept units", await loaded.build({ ...int8, keep }));
  const wanted = keep.layers.map(([index, outputs]) => ({ index, precision: "HALF", outputs })).toSorted((a, b) => a.index - b.index);
  const set = added(await loaded.state(), before);
  check("weak classifier: precisions are set", wanted.length > 0 && same(set, wanted), set, JSON.stringify(wanted));
  built("weak classifier, INT8", await loaded.build(int8));
  await checkRestored({ check }, "weak classifier, precisions", loaded, before);
  const marks = markable(loaded.facts.layers).filter((name) => !before.outputs.includes(name));
  built("weak classifier, all marked", await loaded.build({ fp16: true, marks }));
  await checkRestored({ check }, "weak classifier, marks", loaded, before);
}

export async function weakQdq(contract: Contract, job: EngineJob): Promise<void> {
  const { built } = contract;
  const loaded = await contract.load(candidateOf(job), false, job.shapes);
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
