/**
 * Candidates of the implicit lane that keep units, as Q/DQ models with the lane's own scales: the kept units have none, everything else says INT8.
 * Layer precisions leave the rest to the builder, which put 3 to 54 further layers where it liked (measured on an H200); this form does what it says.
 */
import { join } from "node:path";
import type { EngineJob } from "../../model/job.ts";
import type { Unit } from "../../model/unit.ts";
import { insertQdq } from "../../onnx/edit.ts";
import { foldBatchNorm } from "../../onnx/fold.ts";
import { encodeNetwork, toNetwork } from "../../onnx/network.ts";
import { hasQdq } from "../../onnx/qdq-units.ts";
import { readModel } from "../../onnx/read.ts";
import { assign, type Candidate } from "../simulate/candidate.ts";
import { qdqCandidate } from "../simulate/qdq.ts";
import { keptLayers, layersOfUnits } from "./layer-map.ts";
import type { ModelFacts } from "./model-facts.ts";
import { type Recipe, unitWords } from "./recipe.ts";
import type { Session } from "./session.ts";

export class KeptQdq {
  readonly #job: EngineJob;
  readonly #own: ModelFacts;
  readonly #session: Pick<Session, "network">;
  readonly #scales: ReadonlyMap<string, number>;
  #candidate: Promise<Candidate> | undefined;
  #written = 0;

  /** `scales`: amax / 127 by tensor, those that the plain candidate is built with. */
  constructor(job: EngineJob, own: ModelFacts, session: Pick<Session, "network">, scales: ReadonlyMap<string, number>) {
    this.#job = job;
    this.#own = own;
    this.#session = session;
    this.#scales = scales;
  }

  /** Writes the model of this choice; the recipe names it, so that it is what is shipped. */
  async recipe(keep: ReadonlySet<string>): Promise<Recipe> {
    this.#candidate ??= this.#insert();
    const candidate = await this.#candidate;
    const network = assign(candidate, keep);
    const modelPath = join(network.folder, `trt-gate-kept-${++this.#written}.onnx`);
    await this.#job.effects.files.writeBytes(modelPath, encodeNetwork(network));
    return {
      what: `Q/DQ engine with ${unitWords(keep.size)} in ${this.#job.keepPrecision}`,
      modelPath,
      typed: false,
      fp16: true,
      // With the flag and no Q/DQ left a build wants a calibrator.
      int8: hasQdq(network.nodes),
      marks: [],
      ...(this.#job.keepPrecision === "float32" ? { keep: await this.#raised(modelPath, candidate.units, keep) } : {}),
    };
  }

  async #insert(): Promise<Candidate> {
    const { files } = this.#job.effects;
    const model = await readModel(this.#job.modelPath, files, { shownAs: this.#job.sources?.model });
    const inserted = await insertQdq(model, this.#scales, files);
    return qdqCandidate(toNetwork(inserted.model), await foldBatchNorm(this.#own.network, files)).candidate;
  }

  /** Without Q/DQ a unit runs in FP16 wherever that is faster: FP32 has to be asked for. */
  async #raised(modelPath: string, units: readonly Unit[], keep: ReadonlySet<string>) {
    return keptLayers(keep, layersOfUnits(units, (await this.#session.network(modelPath, false)).layers), "float32");
  }
}
