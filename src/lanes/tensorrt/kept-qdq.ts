/**
 * Candidates of the implicit lane that keep units, as Q/DQ models with the lane's own scales: the kept units have none, everything else says INT8.
 * Layer precisions leave the rest to the builder, which put 3 to 54 further layers where it liked (measured on an H200); this form does what it says.
 */
import { join } from "node:path";
import type { EngineJob } from "../../model/job.ts";
import type { Placement } from "../../model/placement.ts";
import { plural } from "../../model/plural.ts";
import type { Unit } from "../../model/unit.ts";
import { encodeModel, insertQdq } from "../../onnx/edit.ts";
import { hasQdq } from "../../onnx/qdq-units.ts";
import { readModel } from "../../onnx/read.ts";
import { keptLayers, layersOfUnits } from "./layer-map.ts";
import type { ModelFacts } from "./model-facts.ts";
import type { Recipe } from "./recipe.ts";
import type { Session } from "./session.ts";

export class KeptQdq {
  readonly #job: EngineJob;
  readonly #own: ModelFacts;
  readonly #session: Pick<Session, "network">;
  readonly #scales: ReadonlyMap<string, number>;
  readonly #placement: Placement;
  #written = 0;

  /** `scales`: amax / 127 by tensor, those that the plain candidate is built with. */
  constructor(
    job: EngineJob,
    own: ModelFacts,
    session: Pick<Session, "network">,
    { scales, placement }: { readonly scales: ReadonlyMap<string, number>; readonly placement: Placement },
  ) {
    this.#job = job;
    this.#own = own;
    this.#session = session;
    this.#scales = scales;
    this.#placement = placement;
  }

  /** Writes the model of this choice; the recipe names it, so that it is what is shipped. */
  async recipe(keep: ReadonlySet<string>): Promise<Recipe> {
    const { files } = this.#job.effects;
    const model = await readModel(this.#job.modelPath, files, { shownAs: this.#job.sources?.model });
    const inserted = await insertQdq(model, this.#scales, files, { keep, placement: this.#placement });
    const modelPath = join(this.#own.network.folder, `trt-gate-kept-${++this.#written}.onnx`);
    await files.writeBytes(modelPath, encodeModel(inserted.model));
    return {
      what: `Q/DQ engine with ${plural(keep.size, "unit")} in ${this.#job.keepPrecision}`,
      modelPath,
      typed: false,
      fp16: true,
      // With the flag and no Q/DQ left a build wants a calibrator.
      int8: hasQdq(inserted.model.graph.node),
      marks: [],
      ...(this.#job.keepPrecision === "float32" ? { keep: await this.#raised(modelPath, inserted.placed.units, keep) } : {}),
    };
  }

  /** Without Q/DQ a unit runs in FP16 wherever that is faster: FP32 has to be asked for. */
  async #raised(modelPath: string, units: readonly Unit[], keep: ReadonlySet<string>) {
    return keptLayers(keep, layersOfUnits(units, (await this.#session.network(modelPath, false)).layers), "float32");
  }
}
