/** A small model with what the classifier lacks: names that are wildcard patterns, and shape arithmetic that decides a reshape. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { markable } from "../src/lanes/tensorrt/layer-map.ts";
import type { ShapeRange } from "../src/model/job.ts";
import { int64Tensor, intAttr } from "../src/onnx/model.ts";
import { modelBytes, node, weight } from "../test/fakes/onnx-models.ts";
import type { Contract } from "./construction-contract.ts";
import { checkRestored, endsOf, line, tensorsOf } from "./construction-networks.ts";

const wildcards = ["conv[0]*", "relu?[a-z]", "(Unnamed Layer* 99) [Shuffle]_output"];
/** Tensors that only say how large another one is. */
const sizes = ["dims", "batch", "wanted"];
const dynamicShapes: ReadonlyMap<string, ShapeRange> = new Map([["x", { min: [1, 4, 8, 8], opt: [2, 4, 8, 8], max: [4, 4, 8, 8] }]]);

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

/** x (batch, 4, 8, 8) -> y (batch, 256), by a reshape to (batch, -1) with the batch read from x. Gives the file. */
function writeDynamicModel(folder: string): string {
  const [conv = "", relu = "", scaled = ""] = wildcards;
  const [dims = "", batch = "", wanted = ""] = sizes;
  const gather = node("Gather", [dims, "first"], [batch], "gather");
  const concat = node("Concat", [batch, "rest"], [wanted], "concat");
  concat.attribute.push(intAttr("axis", 0));
  const file = join(folder, "dynamic.onnx");
  writeFileSync(
    file,
    modelBytes({
      inputs: { x: ["n", 4, 8, 8] },
      outputs: ["y"],
      weights: [weight("w", [4, 4, 1, 1]), weight("half", [1]), int64Tensor("first", [0]), int64Tensor("rest", [-1])],
      nodes: [
        node("Conv", ["x", "w"], [conv], "conv"),
        node("Relu", [conv], [relu], "relu"),
        node("Mul", [relu, "half"], [scaled], "scale"),
        node("Shape", ["x"], [dims], "shape"),
        gather,
        concat,
        node("Reshape", [scaled, wanted], ["y"], "reshape"),
      ],
    }),
  );
  return file;
}
