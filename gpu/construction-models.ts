/** A small model that asks for what the classifier lacks: an open batch, names that are wildcard patterns, shape arithmetic. */
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { ShapeRange } from "../src/lanes/lane.ts";
import { int64Tensor, intAttr } from "../src/onnx/model.ts";
import { modelBytes, node, weight } from "../test/fakes/onnx-models.ts";

export const wildcards = ["conv[0]*", "relu?[a-z]", "(Unnamed Layer* 3) [Shuffle]_output"];
/** Tensors that only say how large another one is. */
export const sizes = ["dims", "batch", "wanted"];
export const dynamicShapes: ReadonlyMap<string, ShapeRange> = new Map([["x", { min: [1, 4, 8, 8], opt: [2, 4, 8, 8], max: [4, 4, 8, 8] }]]);

/** x (batch, 4, 8, 8) -> y (batch, 256), by a reshape to (batch, -1) with the batch read from x. Gives the file. */
export function writeDynamicModel(folder: string): string {
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
