/** Strongly typed networks, where the ONNX file decides every type: the float model converted to FP16, and its Q/DQ form. */
import { join } from "node:path";
import { ConfigError } from "../src/effects/failure.ts";
import { toHalf } from "../src/lanes/tensorrt/half-network.ts";
import { markable } from "../src/lanes/tensorrt/layer-map.ts";
import { readModelFacts } from "../src/lanes/tensorrt/model-facts.ts";
import type { EngineJob } from "../src/model/job.ts";
import { encodeNetwork } from "../src/onnx/network.ts";
import { type Contract, candidateOf, classifierJob } from "./construction-contract.ts";
import { allAre, checkConvolutions, checkEnds, checkRestored, counts, tensorsOf } from "./construction-networks.ts";

export async function typedFloat(contract: Contract): Promise<void> {
  const { bench, built, check } = contract;
  const { files } = bench.effects;
  const job = await classifierJob(contract, "typed-float");
  await job.validation.close();
  const model = await readModelFacts(job.modelPath, job.shapes, files);
  const path = join(job.workFolder, "half.onnx");
  await files.writeBytes(path, encodeNetwork(await toHalf(model.network, files)));
  const loaded = await contract.load(path, true, job.shapes);
  checkEnds(contract, "typed classifier", loaded);
  checkConvolutions(contract, "typed classifier", loaded.facts, "HALF");
  built("typed classifier", await loaded.build({}));
  const refused = await loaded.build({ keep: { precision: "float16", layers: [[0, [0]]] } }).catch((error: unknown) => error);
  check("typed classifier: layer precisions are refused", refused instanceof ConfigError, String(refused), "a ConfigError");
}

export async function typedQdq(contract: Contract, job: EngineJob): Promise<void> {
  const { built, check } = contract;
  const loaded = await contract.load(candidateOf(job), true, job.shapes);
  checkEnds(contract, "typed Q/DQ classifier", loaded);
  checkConvolutions(contract, "typed Q/DQ classifier", loaded.facts, "HALF");
  const quantized = tensorsOf(loaded.facts, "QUANTIZE");
  check("typed Q/DQ classifier: Q gives INT8", allAre(quantized, "INT8"), counts(quantized.map(({ dtype }) => dtype)), "INT8");
  const before = await loaded.state();
  built("typed Q/DQ classifier, marked", await loaded.build({ marks: markable(loaded.facts.layers).slice(0, 5) }));
  await checkRestored(contract, "typed Q/DQ classifier, marks", loaded, before);
}
